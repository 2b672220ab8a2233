import { createHash } from 'node:crypto';
import { baseName, extensionOf } from './file-type.ts';
import { versionOrEtag } from './identity.ts';
import type { Arrival } from './model.ts';

/** What servers' file systems take, counted as the name stands in the form's header: escaped, in UTF-8. */
const MAX_NAME_BYTES = 255;
/** Characters of an answered name that are kept. A DynamoDB item has room for 400 KB; the tag is at the name's end. */
export const LONGEST_ANSWERED_NAME = 1024;
const TAG_LENGTH = 13;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
/** The last `~…` before the last extension. */
const TAG_AT_END = /~([a-z2-7]{13})(?:\.[^.~/]*)?$/;

/**
 * 65 bits of SHA-256 over the document's identity and edition: the mark by which a lost answer is found again. Two
 * files with one tag are the same bytes. [V2]
 */
export function tagFor(arrival: Arrival, edition: number): string {
  const identity = JSON.stringify([arrival.bucket, arrival.key, versionOrEtag(arrival), edition]);
  const bits = [...createHash('sha256').update(identity).digest().subarray(0, 9)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  return Array.from(
    { length: TAG_LENGTH },
    (_, at) => BASE32[Number.parseInt(bits.slice(at * 5, at * 5 + 5), 2)],
  ).join('');
}

export function tagIn(fileName: string): string | undefined {
  return TAG_AT_END.exec(fileName.normalize('NFC'))?.[1];
}

/** `invoice.pdf` -> `invoice~<tag>.pdf`; without a tag where names are sent as they are. */
export function sentName(key: string, extension: string, tag: string | undefined): string {
  const name = sendable(baseName(key));
  const dot = extensionOf(key) === undefined ? name.length : name.lastIndexOf('.');
  const ending = dot === name.length ? `.${extension}` : name.slice(dot);
  const tail = tag === undefined ? ending : `~${tag}${ending}`;
  return `${cut(name.slice(0, dot), MAX_NAME_BYTES - escapedBytes(tail))}${tail}`;
}

/** Whether an answered name is the one that was sent; some servers keep it as WHATWG's multipart rules escape it. */
export function isSpelled(answered: string, sent: string): boolean {
  const escaped = sent.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  return [sent, escaped].some((name) => name.normalize('NFC') === answered.normalize('NFC'));
}

/** Of the control characters only tab, CR and LF may stand in a MIME header's value, escaped; half a surrogate pair not in UTF-8. */
function sendable(name: string): string {
  const isRefused = (character: string) =>
    character < ' ' ? !'\t\r\n'.includes(character) : character === '\u007f';
  return [...name.toWellFormed()].map((character) => (isRefused(character) ? '_' : character)).join('');
}

function cut(stem: string, maxBytes: number): string {
  let used = 0;
  let kept = '';
  for (const character of stem) {
    used += escapedBytes(character);
    if (used > maxBytes) return kept;
    kept += character;
  }
  return kept;
}

/** WHATWG's multipart escapes quote, CR and LF as three characters each. */
function escapedBytes(text: string): number {
  return Buffer.byteLength(text) + 2 * (text.match(/["\r\n]/g)?.length ?? 0);
}
