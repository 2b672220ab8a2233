import { once } from 'node:events';
import { jsonOf, oneLine } from '../terminal/printable.ts';
import { createProgress, type Pace } from '../terminal/progress.ts';
import { paintFor, write } from '../terminal/terminal.ts';
import { batchRequest, filtersIn, findRequest, theOne, withGiven } from './asked-for.ts';
import { backfill } from './backfill.ts';
import { batch } from './batch.ts';
import { type Asked, type Given, readCommand } from './command.ts';
import { serveConsole } from './console/console.ts';
import { doctor } from './doctor.ts';
import { exitCodeOf } from './exit-code.ts';
import { exportMappings } from './export.ts';
import { failed } from './failed.ts';
import { find } from './find.ts';
import type { ExitCode, OperatorHost } from './host.ts';
import { findLine } from './line-in-use.ts';
import { type OpenLine, openLine } from './open-line.ts';
import { redrive } from './redrive.ts';
import { planRedrive } from './redrive-plan.ts';
import { Refusal } from './refusal.ts';
import { type Report, render } from './render/render.ts';
import { planReupload, reupload } from './reupload.ts';
import { saidBy } from './said-by.ts';
import { status } from './status.ts';

/** Where there is no terminal, only what stays is said. */
const PACE: Pace = { liveMs: 100, plainMs: Number.POSITIVE_INFINITY };

/** The whole of the operator's command. Rejects only at a defect of ours. */
export async function runOperator(argv: readonly string[], host: OperatorHost): Promise<ExitCode> {
  try {
    const reading = readCommand(argv, host.version, host.clock.nowMs());
    if (reading.kind === 'run') return await run(reading, host);
    await write(host.stdout, reading.text);
    return 0;
  } catch (error) {
    if (error instanceof Refusal) return await refuse(error.message, host, 2);
    if (host.interrupted.aborted) return 130;
    const said = saidBy(error);
    if (said === undefined) throw error;
    return await refuse(said.message, host, said.exitCode);
  }
}

async function refuse<C extends ExitCode>(
  message: string,
  { stderr }: OperatorHost,
  exitCode: C,
): Promise<C> {
  await write(stderr, `${oneLine(message)}\n`);
  return exitCode;
}

async function run(asked: Asked, host: OperatorHost): Promise<ExitCode> {
  const { given } = asked;
  requireAssent(asked, host);
  const progress = createProgress(host.stderr, host.clock.nowMs, PACE);
  if (asked.verb === 'doctor') return shown(await doctor(given, host, progress), given, host);
  const line = await findLine(given, { runningFolder: host.runningFolder, acts: isActing(asked) });
  using open = openLine(line, host, progress);
  if (asked.verb === 'console') return consoleServed(given, open);
  const report = await reportOf(asked, open);
  return report === undefined ? 1 : shown(report, given, host);
}

/** Until Ctrl-C, which is how it is meant to end. */
async function consoleServed({ port = 0, count = false, json }: Given, open: OpenLine): Promise<ExitCode> {
  const { host, line } = open;
  await using console = await serveConsole(open, { port, counts: count });
  const report = { verb: 'console', line: line.title, url: console.url };
  await write(
    host.stdout,
    json === true
      ? `${jsonOf(report)}\n`
      : `${line.title}: open this in a browser on this machine; Ctrl-C ends it.\n\n  ${console.url}\n`,
  );
  if (!host.interrupted.aborted) await once(host.interrupted, 'abort');
  return 0;
}

/** The console redrives, too. */
const isActing = ({ verb, given }: Asked) =>
  verb === 'console' || (ASKING.has(verb) && given.dryRun !== true);

const ASKING = new Set(['redrive', 'backfill', 'reupload']);

/** Before anything is looked up: a script must not find out after an hour that it should have said yes. */
function requireAssent({ verb, given }: Asked, { ask }: OperatorHost): void {
  if (!ASKING.has(verb) || given.yes === true || given.dryRun === true || ask !== undefined) return;
  throw new Refusal(`${verb} asks before it acts, and nobody is there to be asked: add --yes, or --dry-run.`);
}

/** Undefined: the person said no. */
async function reportOf(asked: Asked, open: OpenLine): Promise<Report | undefined> {
  const { verb, given } = asked;
  switch (verb) {
    case 'status':
      return status(open, { counts: given.count === true });
    case 'find':
      return find(open, findRequest(asked));
    case 'batch':
      return batch(open, batchRequest(asked));
    case 'failed':
      return failed(open, filtersIn(given));
    case 'redrive':
      return redriven(given, open);
    case 'backfill':
      return backfilled(asked, open);
    case 'reupload':
      return reuploaded(asked, open);
    case 'export':
      return exported(given, open);
    case 'console':
    case 'doctor':
      throw new Refusal(`${verb} makes no such report.`);
  }
}

async function assented(question: string, given: Given, open: OpenLine): Promise<boolean> {
  if (given.yes === true) return true;
  if (await open.host.ask?.(question)) return true;
  open.progress.say('Nothing was done.');
  return false;
}

async function redriven(given: Given, open: OpenLine): Promise<Report | undefined> {
  const filters = { ...filtersIn(given), ...withGiven({ again: given.again }) };
  if (given.dryRun === true) return planRedrive(open, filters);
  const order = { ...filters, rate: given.rate ?? 10 };
  if (given.yes !== true) {
    const plan = await planRedrive(open, filters);
    open.progress.say(render(plan, paintFor(open.host.stderr)).trimEnd());
    if (plan.wouldSend + plan.wouldRemove === 0) return plan;
    if (!(await assented(`Send ${plan.wouldSend} back?`, given, open))) return undefined;
  }
  return redrive(open, order);
}

/** Enough to see what it is about. */
const FIRST_LOOK = 10_000;

async function backfilled({ operand, given }: Asked, open: OpenLine): Promise<Report | undefined> {
  const { rate = 100, resume = false, dryRun = false } = given;
  const request = { uri: theOne('backfill', operand), rate, resume };
  if (dryRun) return backfill(open, { ...request, dryRun });
  if (given.yes !== true) {
    const plan = await backfill(open, { ...request, dryRun: true, atMost: FIRST_LOOK });
    open.progress.say(render(plan, paintFor(open.host.stderr)).trimEnd());
    if (plan.isWhole && plan.queued === 0) return plan;
    const count = plan.isWhole
      ? `${plan.queued}`
      : `${plan.queued} of the first ${plan.listed}, and what follows,`;
    if (!(await assented(`Queue ${count} for upload?`, given, open))) return undefined;
  }
  return backfill(open, { ...request, dryRun: false });
}

async function reuploaded({ operand, given }: Asked, open: OpenLine): Promise<Report | undefined> {
  const what = theOne('reupload', operand, given.file);
  const reason = given.reason?.trim() ?? '';
  if (reason === '' && given.dryRun !== true)
    throw new Refusal('Say why with --reason: it is kept in the ledger.');
  const request = { what, reason, ...withGiven({ versionId: given.versionId }) };
  if (given.dryRun === true) return planReupload(open, request);
  if (given.yes !== true) {
    const plan = await planReupload(open, request);
    open.progress.say(render(plan, paintFor(open.host.stderr)).trimEnd());
    if (plan.standing.kind === 'refused') return plan;
    if (!(await assented('Upload it once more?', given, open))) return undefined;
  }
  return reupload(open, request);
}

function exported({ format = 'jsonl', since, exact = false }: Given, open: OpenLine): Promise<Report> {
  return exportMappings(open, { format, isExact: exact, ...withGiven({ sinceMs: since }) }, open.host.stdout);
}

async function shown(report: Report, { json }: Given, host: OperatorHost): Promise<ExitCode> {
  if (report.verb === 'export') await write(host.stderr, render(report, paintFor(host.stderr)));
  else if (json === true) await write(host.stdout, `${jsonOf(report, 2)}\n`);
  else await write(host.stdout, render(report, paintFor(host.stdout), host.stdout.columns));
  return host.interrupted.aborted ? 130 : exitCodeOf(report);
}
