import { parseArgs } from 'node:util';
import { FAULT_NAMES, type Fault } from './faults.ts';
import { RULES } from './rules.ts';
import type { Without } from './without.ts';

export type SimOptions =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly why: string }
  | ({ readonly kind: 'runs'; readonly runs: number; readonly asJson: boolean } & Scope)
  /** One seed, played again; shrunk first unless the whole of it is asked for. */
  | ({ readonly kind: 'trace'; readonly isWhole: boolean } & Scope)
  | { readonly kind: 'bite'; readonly seeds: number; readonly rule: string | undefined };

export interface Scope {
  readonly seed: number;
  readonly without: Without | undefined;
  /** Exactly these faults; undefined: drawn ones. */
  readonly only: readonly Fault[] | undefined;
}

export const USAGE =
  `Plays the real pipeline against faults, on a virtual clock. The same seed plays the same run.

  npm run sim -- [--runs N] [--seed S] [--json]      N runs from seed S on (2000, 1); exits 1 if a promise breaks
  npm run sim -- --seed S --trace [--whole]          one run, its trace; a failing one is shrunk unless --whole
  npm run sim -- --bite [--seeds N] [--rule RULE]    how soon each missing rule is found; all of them with 20 seeds
                                                     or more: writes docs/proof.md
  --without RULE        with this rule switched off: ${'RULES'}
  --faults A,B          with exactly these faults instead of drawn ones: ${'FAULTS'}
  --help
`
    .replace('RULES', listed(RULES.map(({ rule }) => rule)))
    .replace('FAULTS', listed(FAULT_NAMES));

/** Never throws: what can't be read is `wrong`, in one line. */
export function readOptions(args: readonly string[]): SimOptions {
  try {
    return optionsOf(args);
  } catch (error) {
    return {
      kind: 'wrong',
      why: error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error),
    };
  }
}

function optionsOf(args: readonly string[]): SimOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
      seeds: { type: 'string', default: '20' },
      trace: { type: 'boolean', default: false },
      whole: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      bite: { type: 'boolean', default: false },
      without: { type: 'string' },
      rule: { type: 'string' },
      faults: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { kind: 'help' };
  if (values.bite)
    return {
      kind: 'bite',
      seeds: count('--seeds', values.seeds),
      rule: ruleNamed('--rule', values.rule)?.rule,
    };
  const seed = count('--seed', values.seed);
  const without = ruleNamed('--without', values.without);
  const scope = { seed, without, only: values.faults?.split(',').map(faultNamed) };
  if (values.trace) return { kind: 'trace', isWhole: values.whole, ...scope };
  return { kind: 'runs', runs: count('--runs', values.runs), asJson: values.json, ...scope };
}

function count(option: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Error(`${option} takes a whole number from 1 on, not "${text}".`);
}

function ruleNamed(option: string, name: string | undefined): Without | undefined {
  const found = RULES.find(({ rule }) => rule === name);
  if (name !== undefined && found === undefined)
    throw new Error(`${option}: there is no rule "${name}" (see --help).`);
  return found;
}

function faultNamed(name: string): Fault {
  const found = FAULT_NAMES.find((fault) => fault === name);
  if (found === undefined) throw new Error(`--faults: there is no fault "${name}" (see --help).`);
  return found;
}

function listed(names: readonly string[]): string {
  const lines: string[] = [];
  for (let at = 0; at < names.length; at += 5) lines.push(names.slice(at, at + 5).join(', '));
  return `\n${lines.map((line) => `      ${line}`).join('\n')}`;
}
