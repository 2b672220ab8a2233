import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { withoutLastSlashes, wrongInExtractaUrl } from '../config/extracta-url.ts';
import { BadInput } from './bad-input.ts';

export const BATCH_BY = ['folder', 'day', 'route', 'object'] as const;

/** What `npm start` was asked for. */
export interface StartCommand {
  readonly paths: readonly string[];
  readonly once: boolean;
  readonly json: boolean;
  readonly extractaUrl?: string;
  readonly classificationId?: string;
  /** 0: any free one. */
  readonly port: number;
  readonly batchBy: (typeof BATCH_BY)[number];
  readonly impatient: boolean;
  readonly data?: string;
}

/** Help and version only print. */
export type Reading =
  | { readonly kind: 'start'; readonly command: StartCommand }
  | { readonly kind: 'print'; readonly text: string };

/** Throws `BadInput`. */
export function readCommand(argv: readonly string[], version: string): Reading {
  let text = '';
  const program = describe(version).configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
    writeErr: () => {},
  });
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'print', text };
    throw new BadInput(`${sentence(error)} See \`npm start -- --help\`.`);
  }
  return {
    kind: 'start',
    command: checked({ ...UNLESS_GIVEN, ...program.opts<Partial<Options>>(), paths: program.args }),
  };
}

const UNLESS_GIVEN = { once: false, json: false, impatient: false, port: 0, batchBy: 'folder' } as const;

/** Commander quotes what was given: a URL may carry a password. */
function sentence({ message }: CommanderError): string {
  const text = message.replace(/^error: /, '').replace(/\/\/[^/\s]*@/, '//…@');
  return /[.!?)]$/.test(text) ? text : `${text}.`;
}

type Options = Omit<StartCommand, 'paths'>;

const EXIT_CODES = `
Exit codes: 0 all is well, 1 something was parked, 2 the command can't be carried out as given, 130 interrupted (Ctrl-C)
before all had settled.`;

function describe(version: string): Command {
  return new Command('npm start --')
    .description(
      'Uploads documents to Extracta through an S3, a queue and a ledger on this machine, and shows what became of each.',
    )
    .argument('[paths...]', 'files and folders; a folder’s name is the S3 folder (default: samples/)')
    .option(
      '--once',
      'exit when all has settled: 0 if everything is uploaded or skipped, 1 if anything was parked',
    )
    .option('--json', 'the report as JSON on standard output, progress on standard error')
    .option(
      '--extracta-url <url>',
      'another Extracta than the embedded one; its token in EXTRACTA_API_TOKEN',
      url,
    )
    .option(
      '--classification-id <id>',
      'the document classification at --extracta-url, and needed with it (the embedded Extracta has its own); ' +
        'write --classification-id=ID',
      id,
    )
    .option('--port <number>', 'where the local S3 listens (default: any free port)', port)
    .addOption(
      new Option('--batch-by <what>', 'what makes an Extracta batch (default: folder)').choices(BATCH_BY),
    )
    .option('--impatient', 'divide our own waits by 100, for demonstrations')
    .option(
      '--data <folder>',
      'where objects and ledger are kept, so that the next run goes on where this one ended (default: a temporary ' +
        'folder, removed on exit)',
    )
    .version(version)
    .addHelpText('after', EXIT_CODES)
    .exitOverride();
}

function checked(command: StartCommand): StartCommand {
  if (command.extractaUrl !== undefined && command.classificationId === undefined)
    throw new BadInput(
      '--extracta-url needs --classification-id=ID: the id of the document classification to upload to.',
    );
  if (command.data === '') throw new BadInput('--data is empty: name a folder, or leave it out.');
  return command;
}

function url(given: string): string {
  const wrong = wrongInExtractaUrl(given);
  if (wrong !== undefined) throw new InvalidArgumentError(wrong);
  return withoutLastSlashes(given);
}

function id(given: string): string {
  if (given === '' || /\s/.test(given))
    throw new InvalidArgumentError('Paste the id as Extracta shows it, as in --classification-id=-Oabc.');
  return given;
}

function port(given: string): number {
  const number = Number(given);
  if (/^\d+$/.test(given) && number <= 65_535) return number;
  throw new InvalidArgumentError('Give a port from 1 to 65535, or leave it out.');
}
