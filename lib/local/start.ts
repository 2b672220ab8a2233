import type { RunningLine } from '../aws/running-line.ts';
import type { DocumentItem } from '../pipeline/model.ts';
import { type Terminal, write } from '../terminal/terminal.ts';
import { announce, runningLineOf } from './announcement.ts';
import { BadInput } from './bad-input.ts';
import { checkClassification } from './classification-check.ts';
import { readCommand, type StartCommand } from './command.ts';
import { heard } from './function-log.ts';
import { listInputs, listSamples } from './inputs.ts';
import { type LocalRun, leaseMarginMs, openRun, openStack, quietMs, type RunningStack } from './local-run.ts';
import { reportOf } from './report.ts';
import { createScreen, type Screen } from './screen.ts';
import type { Session } from './session.ts';
import { stayUp } from './stay-up.ts';
import { tellEnded, tellStopped } from './stopped.ts';
import { takeUp } from './take-up.ts';
import { uploadAll } from './upload-all.ts';

/** What `npm start` is given from outside. */
export interface StartHost {
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly version: string;
  /** EXTRACTA_API_TOKEN. */
  readonly apiToken: string | undefined;
  /** What the function's environment needs of a person's own, such as NODE_EXTRA_CA_CERTS. */
  readonly extraEnvironment: Readonly<Record<string, string>>;
  readonly samplesFolder: string;
  /** Where relative paths begin: where the person stands. */
  readonly directory: string;
  /** Builds a function; resolves with its file. */
  bundle(name: 'upload' | 'redrive'): Promise<string>;
  /** Serves the console of a run that stays up. `sentBytes`: how much of a document on its way has been read. */
  openConsole?(
    line: RunningLine,
    sentBytes: (document: DocumentItem) => number | undefined,
  ): Promise<AsyncDisposable & { readonly url: string }>;
  /** Aborts on Ctrl-C. */
  readonly interrupted: AbortSignal;
}

/** 0: all uploaded or skipped; 1: something was parked; 2: bad input, said in one line; 130: interrupted before all had settled. */
export type ExitCode = 0 | 1 | 2 | 130;

/** The whole of `npm start`. Rejects only at a defect of ours. */
export async function start(argv: readonly string[], host: StartHost): Promise<ExitCode> {
  try {
    const reading = readCommand(argv, host.version);
    if (reading.kind === 'start') return await run(reading.command, host);
    await write(host.stdout, reading.text);
    return 0;
  } catch (error) {
    if (error instanceof BadInput) return await refuse(error, host);
    // Whatever an interruption broke off is no failure.
    if (!host.interrupted.aborted) throw error;
    await write(host.stderr, 'Stopped before anything was uploaded.\n');
    return 130;
  }
}

async function refuse({ message }: BadInput, { stderr }: StartHost): Promise<2> {
  await write(stderr, `${message}\n`);
  return 2;
}

async function run(command: StartCommand, host: StartHost): Promise<ExitCode> {
  const startedMs = performance.now();
  const named = command.paths.length === 0 ? undefined : await listInputs(command.paths, host.directory);
  const screen = createScreen({ ...host, json: command.json });
  await using opened = await openRun(command, host.apiToken, host.directory);
  await greet(command, opened, host, screen);
  await using running = await openFunction(command, opened, host, screen);
  const line = runningLineOf(running.stack, opened.extracta);
  await using _announced = await announce(line, screen);
  await using console = command.once ? undefined : await host.openConsole?.(line, opened.extracta.readBytes);
  const { url: consoleUrl } = console ?? {};
  if (consoleUrl !== undefined) screen.say(`Watch it: ${consoleUrl}`);
  const session: Session = { interrupted: host.interrupted, screen, opened, running, consoleUrl };
  const { before, expected } = await takeUp(session, leaseMarginMs(command));
  const inputs = named ?? (before.size + expected.size > 0 ? [] : await listSamples(host.samplesFolder));
  const documents = await uploadAll(session, inputs, expected);
  const tookMs = performance.now() - startedMs;
  if (documents === undefined) {
    await tellStopped(session, command, expected, tookMs);
    return 130;
  }
  const report = reportOf([...documents.values()], tookMs);
  await screen.report(report);
  if (command.once) return report.summary.parked > 0 ? 1 : 0;
  await stayUp(session, documents);
  // Awaited here: with the return the ledger is closed.
  return await tellEnded(session);
}

/** Asks for the classification, and says what a person should know before anything is sent. */
async function greet(
  command: StartCommand,
  opened: LocalRun,
  host: StartHost,
  screen: Screen,
): Promise<void> {
  const { extracta } = opened;
  const said = await checkClassification(extracta, extracta.classificationId, host.interrupted);
  if (said !== undefined) screen.say(said);
  if (!extracta.isEmbedded && command.data === undefined)
    screen.say(
      'Without --data this run forgets what it sent: the same documents, given again, are sent and paid for again.',
    );
}

async function openFunction(
  command: StartCommand,
  opened: LocalRun,
  host: StartHost,
  screen: Screen,
): Promise<RunningStack> {
  const [bundleFile, redriveBundleFile] = await Promise.all([
    host.bundle('upload'),
    command.once ? undefined : host.bundle('redrive'),
  ]);
  const given = { bundleFile, redriveBundleFile, extraEnvironment: host.extraEnvironment };
  host.interrupted.throwIfAborted();
  const hearing = { secrets: [opened.extracta.token], quietMs: quietMs(command, opened.extracta) };
  return openStack(command, opened, given, (line) => {
    const said = heard(line, hearing);
    if (said !== undefined) screen.say(said);
  });
}
