import type { Command } from 'commander';

/** Extracta's ids may begin with `-`: where a verb takes one, what is no option is an id. */
export function bareIds(argv: readonly string[], program: Command): string[] {
  const at = verbAt(argv, program);
  const command = program.commands.find((each) => each.name() === argv[at]);
  if (command === undefined || command.registeredArguments.length === 0) return [...argv];
  const options = [...program.options, ...command.options];
  const optionIn = (word: string) =>
    options.find(({ short, long }) => word === short || word === long || word.startsWith(`${long}=`));
  const [kept, ids]: [string[], string[]] = [argv.slice(0, at + 1), []];
  let rest = argv.slice(at + 1);
  while (rest.length > 0) {
    const [word = '', ...more] = rest;
    if (word === '--') return [...kept, '--', ...ids, ...more];
    const option = optionIn(word);
    const takesNext = option?.required === true && !word.includes('=');
    const isId = option === undefined && /^-[^-]/.test(word) && word !== '-h';
    (isId ? ids : kept).push(word);
    if (takesNext) kept.push(...more.slice(0, 1));
    rest = takesNext ? more.slice(1) : more;
  }
  return ids.length === 0 ? kept : [...kept, '--', ...ids];
}

/** Where the first word stands that is neither an option nor its value. */
export function verbAt(argv: readonly string[], { options }: Command): number {
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (!word.startsWith('-')) return at;
    if (options.find(({ long }) => long === word)?.required === true) at += 1;
  }
  return -1;
}
