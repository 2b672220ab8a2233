const INDENT = '    ';
/** A terminal narrower than this breaks lines by itself. */
const LEAST_ROOM = 20;

/** Broken between words into lines of at most `width`, every one of them indented. */
export function indented(text: string, width: number): string {
  const room = Math.max(LEAST_ROOM, width - INDENT.length);
  const lines = [''];
  for (const word of text.split(' ').flatMap((each) => cut(each, room))) {
    const line = lines.at(-1) ?? '';
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => INDENT + line).join('\n');
}

/** A word that has no room on a line, as an address has not. */
function cut(word: string, room: number): string[] {
  const letters = [...word];
  let most = Math.min(letters.length, room);
  while (most > 1 && widthOf(letters.slice(0, most).join('')) > room) most -= 1;
  const head = letters.slice(0, most).join('');
  return most === letters.length ? [head] : [head, ...cut(letters.slice(most).join(''), room)];
}

/** Near enough for choosing a column's width; the table itself measures what it cuts. */
export function widthOf(text: string): number {
  const wide =
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uff60]/u;
  return [...text].reduce((sum, letter) => sum + (wide.test(letter) ? 2 : 1), 0);
}
