import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';

export interface BenchCommand {
  readonly quick: boolean;
  readonly json: boolean;
  /** A section's name; undefined: all of them. */
  readonly only: string | undefined;
  /** Where benchmarks.md and benchmarks.svg are written; undefined: nowhere. */
  readonly folder: string | undefined;
}

export type Reading =
  | { readonly kind: 'run'; readonly command: BenchCommand }
  /** Help, or what is wrong with what was given. */
  | { readonly kind: 'print'; readonly text: string; readonly exitCode: 0 | 2 };

const EXIT_CODES = `
A full run writes benchmarks.md and benchmarks.svg to docs/. One of a part, or a quick one, writes only where --out says so.

Exit codes: 0 everything was measured, whatever came of it; 1 a section could not be measured; 2 the command can't be
carried out as given; 130 interrupted (Ctrl-C).`;

/** `docsFolder` is where a full run writes. */
export function readCommand(
  argv: readonly string[],
  sections: readonly string[],
  docsFolder: string,
): Reading {
  let text = '';
  const keep = (piece: string) => {
    text += piece;
  };
  const program = described(sections).configureOutput({ writeOut: keep, writeErr: keep });
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: 'print', text, exitCode: error.exitCode === 0 ? 0 : 2 };
  }
  const { quick = false, json = false, only, out } = program.opts<Options>();
  const folder = out === undefined ? (quick || only !== undefined ? undefined : docsFolder) : resolve(out);
  return { kind: 'run', command: { quick, json, only, folder } };
}

interface Options {
  readonly quick?: boolean;
  readonly json?: boolean;
  readonly only?: string;
  readonly out?: string;
}

function described(sections: readonly string[]): Command {
  return new Command('npm run bench --')
    .description('Measures the uploader against what people would use instead, on this machine.')
    .option(
      '--quick',
      'fewer runs and smaller loads, every row all the same; at most four minutes on two cores',
    )
    .option('--json', 'the same as data on standard output; progress stays on standard error')
    .addOption(new Option('--only <section>', 'this section alone').choices(sections))
    .option('--out <folder>', 'where benchmarks.md and benchmarks.svg are written')
    .addHelpText('after', EXIT_CODES)
    .exitOverride();
}
