import { randomInt } from 'node:crypto';

/** In the order of ASCII, so that ids sort by the time they were made. */
const ALPHABET = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';

/**
 * An id of the form that Extracta's have: 20 characters, eight of them the time, so that today's begin with `-`.
 * Form: https://firebase.blog/posts/2015/02/the-2120-ways-to-ensure-unique_68
 */
export function newPushId(nowMs: number): string {
  let time = '';
  for (let left = Math.floor(nowMs), i = 0; i < 8; i++, left = Math.floor(left / 64))
    time = ALPHABET.charAt(left % 64) + time;
  const chance = Array.from({ length: 12 }, () => ALPHABET.charAt(randomInt(64))).join('');
  return time + chance;
}
