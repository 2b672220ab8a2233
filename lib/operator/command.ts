import { Command, CommanderError, Option } from 'commander';
import { bareIds, verbAt } from './bare-ids.ts';
import { duration, extractaUrl, port, queueUrl, rate, since, whole } from './given-values.ts';
import { DEFAULT_STACK, type LineChoice } from './line-in-use.ts';
import { Refusal } from './refusal.ts';

export const VERBS = [
  'status',
  'find',
  'batch',
  'failed',
  'redrive',
  'backfill',
  'reupload',
  'doctor',
  'export',
  'console',
] as const;
export type Verb = (typeof VERBS)[number];

/** What every verb may be told, and what one verb is told: as commander names it. */
export interface Given extends LineChoice {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly log?: boolean;
  readonly limit?: number;
  readonly scan?: boolean;
  readonly key?: string;
  readonly file?: string;
  readonly batch?: string;
  readonly results?: boolean;
  readonly classificationId?: string;
  readonly count?: boolean;
  readonly reason?: string;
  readonly prefix?: string;
  readonly olderThan?: number;
  readonly dryRun?: boolean;
  readonly rate?: number;
  readonly again?: boolean;
  readonly resume?: boolean;
  readonly versionId?: string;
  readonly since?: number;
  readonly format?: 'csv' | 'jsonl';
  readonly exact?: boolean;
  readonly port?: number;
}

export interface Asked {
  readonly kind: 'run';
  readonly verb: Verb;
  readonly operand: string | undefined;
  readonly given: Given;
}

/** Help and version only print. */
export type Reading = Asked | { readonly kind: 'print'; readonly text: string };

/** Throws `Refusal`. `nowMs`: what `--since 7d` counts from. */
export function readCommand(argv: readonly string[], version: string, nowMs: number): Reading {
  let text = '';
  let asked: Asked | undefined;
  const program = describe(version, nowMs, (verb, operand, given) => {
    asked = { kind: 'run', verb, operand, given };
  });
  const collect = (piece: string) => {
    text += piece;
  };
  const output = { writeOut: collect, writeErr: collect };
  for (const command of [program, ...program.commands]) command.configureOutput(output).exitOverride();
  try {
    program.parse(bareIds(argv, program), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Without a verb the help is all that there is to say.
    if (error.exitCode === 0 || error.code === 'commander.help') return { kind: 'print', text };
    throw new Refusal(sentence(error, program, argv));
  }
  return asked ?? { kind: 'print', text: program.helpInformation() };
}

function sentence({ message }: CommanderError, program: Command, argv: readonly string[]): string {
  const text = message.replace(/^error: /, '').replace(/\/\/[^/\s]*@/, '//…@');
  const verb = VERBS.find((each) => each === argv[verbAt(argv, program)]);
  const command = verb === undefined ? program.name() : `${program.name()} ${verb}`;
  return `${/[.!?)]$/.test(text) ? text : `${text}.`} See \`${command} --help\`.`;
}

type Take = (verb: Verb, operand: string | undefined, given: Given) => void;

const EPILOGUE = `
Exit codes: 0 fine; 1 something needs a person, or failed; 2 the command can't be carried out as given; 130 interrupted.
AWS is reached as by its own command line: AWS_PROFILE, AWS_REGION. Extracta is asked with EXTRACTA_API_TOKEN, else with the
line's own secret. An id that begins with "-" may stand bare, after "--", or as in --batch=-Oabc.`;

function describe(version: string, nowMs: number, take: Take): Command {
  const program = new Command('extracta-uploader')
    .description('What happened to a document on its way from S3 to Extracta, and what to do about it.')
    .version(version, '-V, --version')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', EPILOGUE)
    .option('--local', 'the line that `npm start` runs on this machine')
    .option('--run <pid>', 'which run on this machine, where there are several: its process id', whole)
    .option('--stack <name>', `the deployed stack (default: ${DEFAULT_STACK})`)
    .option('--bucket <name>', 'instead of the stack’s')
    .option('--queue-url <url>', 'instead of the stack’s', queueUrl)
    .option('--dead-letter-queue-url <url>', 'instead of the stack’s', queueUrl)
    .option('--table <name>', 'the ledger, instead of the stack’s')
    .option('--secret-id <id>', 'of Extracta’s API token, instead of the stack’s')
    .option('--extracta-url <url>', 'another Extracta', extractaUrl)
    .option('--config <file>', 'the uploader.config.json that was deployed: routes, waits, policy')
    .option('--json', 'the report as JSON on standard output');
  const verb = (name: Verb, what: string) => {
    const command = program.command(name).description(what).configureHelp({ showGlobalOptions: true });
    return command.action((...words: unknown[]) => {
      const operand = command.registeredArguments.length > 0 ? (words[0] as string | undefined) : undefined;
      take(name, operand, command.optsWithGlobals<Given>());
    });
  };
  describeQuestions(verb);
  describeActions(verb);
  verb('doctor', 'is everything right? each finding with its remedy').option(
    '--classification-id <id>',
    'to be checked, where no configuration names it',
  );
  verb('export', 'the mappings, on standard output')
    .addOption(new Option('--format <what>').choices(['csv', 'jsonl']).default('jsonl'))
    .option('--since <when>', 'uploaded since then: 2026-01-31, a time with zone, or 12h, 7d', since(nowMs))
    .option(
      '--exact',
      'CSV without the apostrophe that keeps a spreadsheet from taking a cell for a formula',
    );
  verb('console', 'a page on 127.0.0.1 that shows the line as it moves, until Ctrl-C')
    .option('--port <number>', 'where it is served (default: any free port)', port)
    .option('--count', 'read the whole ledger for what was uploaded, again and again');
  return program;
}

type Describe = (name: Verb, what: string) => Command;

function describeQuestions(verb: Describe): void {
  verb('status', 'the line at a glance').option('--count', 'count what was uploaded today in the ledger');
  verb('find', 'a document’s whole story')
    .argument('[what]', 's3:// URI, key, prefix, fileId or batchId')
    .option('--key <key>', 'the same, if it is a key or a prefix')
    .option('--file <id>', 'the same, if it is a fileId')
    .option('--batch <id>', 'the same, if it is a batchId')
    .option('--log', 'each attempt, out of the function’s log (deployed stacks)')
    .option('--no-scan', 'do not read the whole ledger where no index tells')
    .option('--limit <count>', 'documents that are shown', whole, 50);
  verb('batch', 'a batch’s documents')
    .argument('[batch]', 'its id')
    .option('--batch <id>', 'the same')
    .option('--results', 'ask Extracta what it says of each now')
    .option('--classification-id <id>', 'where the ledger does not tell it');
  filtered(verb('failed', 'what is parked, and why; from ledger and queue, and where they disagree'));
}

function describeActions(verb: Describe): void {
  filtered(verb('redrive', 'send parked documents back to the queue'))
    .option('--dry-run', 'only say what would be done')
    .option('--rate <n/s>', 'at most so many a second', rate, 10)
    .option('--again', 'also what was sent back already and is still parked')
    .option('--yes', 'do not ask');
  verb('backfill', 'queue objects that the ledger does not know')
    .argument('<uri>', 's3://bucket/prefix')
    .option('--dry-run', 'only say what would be done')
    .option('--rate <n/s>', 'at most so many a second', rate, 100)
    .option('--resume', 'go on where the last one ended early')
    .option('--yes', 'do not ask');
  verb('reupload', 'a further file of a settled document, on purpose: it costs credits again')
    .argument('[what]', 's3:// URI, key or fileId')
    .option('--file <id>', 'the same, if it is a fileId')
    .option('--version-id <id>', 'which version, where there are several')
    .option('--reason <text>', 'why, without which it is not done: kept in the ledger')
    .option('--dry-run', 'only say what would be done')
    .option('--yes', 'do not ask');
}

function filtered(command: Command): Command {
  return command
    .option('--reason <code>', 'only with this reason, such as extracta.rejected or extracta.*')
    .option('--prefix <prefix>', 'only keys that begin so')
    .option('--older-than <time>', 'only what was parked so long ago: 90s, 15m, 6h, 14d', duration);
}
