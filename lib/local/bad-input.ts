import { printable } from '../terminal/printable.ts';

/** What a person gave can't be used. The message is one line: what was given, and what to change. Exit code 2. */
export class BadInput extends Error {
  override readonly name = 'BadInput';

  constructor(message: string) {
    super(oneLine(message));
  }
}

/** Control characters of names and foreign messages must not reach a terminal. */
export function oneLine(text: string): string {
  return printable(text.replace(/\s*[\r\n]+\s*/g, ' ')).trim();
}
