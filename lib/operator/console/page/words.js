import { html } from '/lit/lit-html.js';

/** Names, times and sizes as people read them. */

// What would be obeyed instead of shown: controls, line separators, and what turns the direction of writing.
const HIDDEN = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Every character of a name can be seen, and none takes effect. */
export function seen(name) {
  return name.replace(HIDDEN, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Kept apart from what is written around it, whatever its direction. */
export const name = (text) => html`<bdi>${seen(text)}</bdi>`;

/** `s3://bucket/folder/name` -> bucket, folder, name. */
export function parts(object) {
  const [, bucket = '', key = object] = /^s3:\/\/([^/]*)\/(.*)$/s.exec(object) ?? [];
  const cut = key.lastIndexOf('/') + 1;
  return { bucket, key, folder: key.slice(0, cut), base: key.slice(cut) };
}

export function counted(count, one, many = `${one}s`) {
  return `${figure(count)} ${count === 1 ? one : many}`;
}

export const figure = (number) => number.toLocaleString('en-GB');

const SIZES = ['B', 'kB', 'MB', 'GB'];

export function size(bytes) {
  if (bytes === null) return '';
  const at = Math.min(SIZES.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** at;
  return `${at === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${SIZES[at]}`;
}

/** `0.8 s`, `12 s`, `3 min`, `5 h`, `2 d`. */
export function lasting(ms) {
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

export const since = (iso) => Date.now() - Date.parse(iso);

/** `4 s ago`; never finer than a second. */
export function ago(iso) {
  const ms = since(iso);
  return ms < 1000 ? 'just now' : `${lasting(Math.max(ms, 1000)).replace(/\.\d/, '')} ago`;
}

export function until(iso) {
  const ms = -since(iso);
  return ms <= 0 ? 'now' : `in ${lasting(ms).replace(/\.\d/, '')}`;
}

/** @type {Intl.DateTimeFormatOptions} */
const CLOCK = { hour: '2-digit', minute: '2-digit' };
export const clock = (iso) => new Date(iso).toLocaleTimeString('en-GB', CLOCK);

/** The moment as it stands in logs. */
export const moment = (iso) =>
  html`<time datetime=${iso}>${iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z')}</time>`;
