/** A picture in black (true) and white: rows of dots, all of one length. */
export type Drawing = readonly (readonly boolean[])[];

/** Five dots wide, seven high; a row of five dots is one digit to the base 32. */
const GLYPHS: Readonly<Record<string, string>> = {
  A: 'ehhvhhh',
  C: 'ehggghe',
  D: 'uhhhhhu',
  E: 'vgguggv',
  G: 'ehgnhhf',
  I: 'e44444e',
  N: 'hpljhhh',
  O: 'ehhhhhe',
  P: 'uhhuggg',
  R: 'uhhukih',
  S: 'fgge11u',
  T: 'v444444',
  U: 'hhhhhhe',
  V: 'hhhhha4',
  X: 'hha4ahh',
  Y: 'hha4444',
  0: 'ehjlphe',
  1: '4c4444e',
  2: 'eh168gv',
  4: '26aiv22',
  5: 'vgu11he',
  6: 'eggughe',
  8: 'ehhehhe',
  '.': '00000cc',
  ' ': '0000000',
};

const MARGIN = 3;

/** Lines of writing, one dot to a pixel. Throws at a letter that has no glyph. */
export function drawn(lines: readonly string[]): Drawing {
  const width = Math.max(...lines.map((line) => line.length)) * 6 + 2 * MARGIN;
  const blank = (count: number) =>
    Array.from({ length: count }, () => Array.from({ length: width }, () => false));
  const rows = lines.flatMap((line) => [
    ...Array.from({ length: 7 }, (_, y) => rowOf(line, y, width)),
    ...blank(2),
  ]);
  return [...blank(MARGIN), ...rows, ...blank(MARGIN)];
}

function rowOf(line: string, y: number, width: number): boolean[] {
  const dots = [...line].flatMap((letter) => {
    const glyph = GLYPHS[letter];
    if (glyph === undefined) throw new Error(`No glyph for ${JSON.stringify(letter)}.`);
    const bits = Number.parseInt(glyph.charAt(y), 32);
    return [16, 8, 4, 2, 1, 0].map((bit) => (bits & bit) !== 0);
  });
  return Array.from({ length: width }, (_, x) => dots[x - MARGIN] ?? false);
}
