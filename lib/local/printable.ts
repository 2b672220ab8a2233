/** Line ends, controls, and what turns the direction of writing: names may hold any, and a terminal would obey some. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const SHORT: Readonly<Record<string, string>> = {
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
};

/** On one line, each of those written out, as `\n` or `\u001b`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (letter) => SHORT[letter] ?? `\\u${hex(letter)}`);
}

const hex = (letter: string): string => letter.charCodeAt(0).toString(16).padStart(4, '0');
