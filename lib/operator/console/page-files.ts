import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One file of the page, as it is served. */
export interface PageFile {
  readonly body: Buffer;
  readonly contentType: string;
}

const PAGE = join(import.meta.dirname, 'page');
const SCRIPTS = [
  'console',
  'asking',
  'batches',
  'drop-zone',
  'hour',
  'line',
  'parked',
  'search',
  'state',
  'story',
  'words',
];
/** What the page takes of lit-html; a file that is not named here is not served. */
const LIT = ['lit-html.js', 'directive.js', 'directive-helpers.js', 'directives/repeat.js'];

/** Path -> file. Read once; nothing that a request says becomes a path. */
export async function readPageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  // Node's own variant of it is for servers.
  const lit = join(dirname(fileURLToPath(import.meta.resolve('lit-html'))), '..');
  const entries = [
    ['/', join(PAGE, 'index.html'), 'text/html; charset=utf-8'],
    ['/console.css', join(PAGE, 'console.css'), 'text/css; charset=utf-8'],
    ['/icon.svg', join(PAGE, 'icon.svg'), 'image/svg+xml'],
    ...SCRIPTS.map((name) => [`/${name}.js`, join(PAGE, `${name}.js`), JAVASCRIPT]),
    ...LIT.map((name) => [`/lit/${name}`, join(lit, name), JAVASCRIPT]),
  ] as [string, string, string][];
  const read = async ([path, file, contentType]: [string, string, string]) =>
    [path, { body: await readFile(file), contentType }] as const;
  return new Map(await Promise.all(entries.map(read)));
}

const JAVASCRIPT = 'text/javascript; charset=utf-8';

/**
 * Nothing from elsewhere, nothing inline, nowhere in a frame; and no text can become HTML but lit's own templates.
 * https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
 */
const POLICY = [
  "default-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join('; ');

/** On every answer. */
export const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};
