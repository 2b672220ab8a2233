import { crc32, deflateSync } from 'node:zlib';
import type { Drawing } from './drawing.ts';

/** How many pixels wide a dot is in the PNG and the TIFF. In the JPEG it is one block: eight. */
const SCALE = 4;

/** One bit a pixel, not compressed: the same bytes whatever zlib made them. https://www.w3.org/TR/png-3/ */
export function png(drawing: Drawing): Buffer {
  const { width, height, rows } = packed(drawing, 0xff);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const data = Buffer.concat(rows.flatMap((row) => [Buffer.from([0]), row]));
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(data, { level: 0 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type), data]);
  const bytes = Buffer.alloc(typed.length + 8);
  bytes.writeUInt32BE(data.length, 0);
  typed.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(typed), typed.length + 4);
  return bytes;
}

/** Bilevel, one strip, little-endian. TIFF 6.0, §3. */
export function tiff(drawing: Drawing): Buffer {
  const { width, height, rows } = packed(drawing, 0);
  const data = Buffer.concat(rows);
  const [SHORT, LONG, RATIONAL] = [3, 4, 5];
  const tags: readonly (readonly [tag: number, type: number, value: number])[] = [
    [256, LONG, width],
    [257, LONG, height],
    [258, SHORT, 1],
    [259, SHORT, 1],
    [262, SHORT, 0],
    [273, LONG, 0],
    [277, SHORT, 1],
    [278, LONG, height],
    [279, LONG, data.length],
    [282, RATIONAL, 0],
    [283, RATIONAL, 8],
    [296, SHORT, 2],
  ];
  const resolution = 8 + 2 + tags.length * 12 + 4;
  const strip = resolution + 16;
  const bytes = Buffer.alloc(strip + data.length);
  bytes.write('II*\0', 0, 'latin1');
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt16LE(tags.length, 8);
  tags.forEach(([tag, type, value], i) => {
    bytes.writeUInt16LE(tag, 10 + i * 12);
    bytes.writeUInt16LE(type, 12 + i * 12);
    bytes.writeUInt32LE(1, 14 + i * 12);
    bytes.writeUInt32LE(tag === 273 ? strip : type === RATIONAL ? resolution + value : value, 18 + i * 12);
  });
  bytes.set([150, 0, 0, 0, 1, 0, 0, 0, 150, 0, 0, 0, 1, 0, 0, 0], resolution);
  data.copy(bytes, strip);
  return bytes;
}

/** Eight pixels a byte, black as 1, then turned by `flip`. */
function packed(drawing: Drawing, flip: number): { width: number; height: number; rows: Buffer[] } {
  const width = (drawing[0]?.length ?? 0) * SCALE;
  const rows = drawing.flatMap((dots) => {
    const row = Buffer.alloc(Math.ceil(width / 8));
    for (let x = 0; x < width; x++)
      if (dots[Math.floor(x / SCALE)]) row[x >> 3] = (row[x >> 3] ?? 0) | (0x80 >> (x & 7));
    return Array.from({ length: SCALE }, () => Buffer.from(row.map((byte) => byte ^ flip)));
  });
  return { width, height: rows.length, rows };
}

/**
 * Baseline, in grey, each dot one flat block of 8 x 8: only its first coefficient (DC) differs from nothing, so that two
 * codes a block are all there is. ITU-T T.81.
 */
export function jpeg(drawing: Drawing): Buffer {
  const [width, height] = [(drawing[0]?.length ?? 0) * 8, drawing.length * 8];
  const size = [height >> 8, height & 255, width >> 8, width & 255];
  const segment = (marker: number, data: readonly number[]) => [
    0xff,
    marker,
    (data.length + 2) >> 8,
    (data.length + 2) & 255,
    ...data,
  ];
  const lengths = (counts: readonly number[]) => Array.from({ length: 16 }, (_, i) => counts[i] ?? 0);
  return Buffer.from([
    0xff,
    0xd8,
    ...segment(0xe0, [...Buffer.from('JFIF\0'), 1, 1, 1, 0, 72, 0, 72, 0, 0]),
    ...segment(0xdb, [0, ...Array.from({ length: 64 }, () => 8)]),
    ...segment(0xc0, [8, ...size, 1, 1, 0x11, 0]),
    // DC: `0` says "as the last block", `10` says "eight bits of difference follow". AC: `0` says "nothing more".
    ...segment(0xc4, [0x00, ...lengths([1, 1]), 0, 8]),
    ...segment(0xc4, [0x10, ...lengths([1]), 0]),
    ...segment(0xda, [1, 1, 0, 0, 63, 0]),
    ...scan(drawing),
    0xff,
    0xd9,
  ]);
}

/** From black to white: DC is 8 x the grey level (-120 to 120 here), divided by the quantiser's 8. */
const DIFFERENCE = 240;

function scan(drawing: Drawing): number[] {
  let bits = '';
  let last: boolean | undefined;
  for (const dot of drawing.flat()) {
    if (last === undefined) bits += dot ? minus(DIFFERENCE / 2 + 8) : plus(DIFFERENCE / 2 + 8);
    else bits += dot === last ? '0' : dot ? minus(DIFFERENCE) : plus(DIFFERENCE);
    bits += '0';
    last = dot;
  }
  const bytes = bits.match(/.{1,8}/g)?.map((byte) => Number.parseInt(byte.padEnd(8, '1'), 2)) ?? [];
  // A byte 0xff in the data is followed by a zero, so that no marker is seen in it.
  return bytes.flatMap((byte) => (byte === 0xff ? [byte, 0] : [byte]));
}

const plus = (value: number): string => `10${value.toString(2).padStart(8, '0')}`;
/** A negative number is written as its complement. */
const minus = (value: number): string => `10${(255 - value).toString(2).padStart(8, '0')}`;
