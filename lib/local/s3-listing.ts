/** What a client asks of ListObjects or ListObjectsV2. Keys stand in the order of their UTF-8 bytes. */
export interface ListingRequest {
  readonly prefix: string;
  readonly delimiter: string;
  /** Only what comes after this: `start-after`, `marker`, or where the page before ended. */
  readonly after: string;
  readonly maxKeys: number;
}

export interface ListingPage {
  readonly keys: readonly string[];
  readonly commonPrefixes: readonly string[];
  /** The last key or common prefix of a page that is not the last. */
  readonly next?: string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export function listingPage(allKeys: Iterable<string>, request: ListingRequest): ListingPage {
  const entries = new Map<string, 'key' | 'prefix'>();
  const rest = inByteOrder(allKeys);
  let last: string | undefined;
  for (const key of rest) {
    const entry = entryOf(key, request);
    if (entry === undefined || entries.has(entry.name)) continue;
    if (entries.size === request.maxKeys) return page(entries, last);
    entries.set(entry.name, entry.kind);
    last = entry.name;
  }
  return page(entries, undefined);
}

function entryOf(key: string, { prefix, delimiter, after }: ListingRequest) {
  if (!key.startsWith(prefix)) return undefined;
  const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  const name = end === -1 ? key : key.slice(0, end + delimiter.length);
  if (after !== '' && byteOrder(name, after) <= 0) return undefined;
  return { name, kind: end === -1 ? ('key' as const) : ('prefix' as const) };
}

function page(entries: ReadonlyMap<string, 'key' | 'prefix'>, next: string | undefined): ListingPage {
  const named = (wanted: 'key' | 'prefix') =>
    [...entries].flatMap(([name, kind]) => (kind === wanted ? [name] : []));
  const found = { keys: named('key'), commonPrefixes: named('prefix') };
  return next === undefined ? found : { ...found, next };
}

function inByteOrder(keys: Iterable<string>): string[] {
  const withBytes = Array.from(keys, (key) => ({ key, bytes: Buffer.from(key) }));
  return withBytes.sort((one, other) => Buffer.compare(one.bytes, other.bytes)).map(({ key }) => key);
}

/** JavaScript compares UTF-16 units, which puts characters beyond U+FFFF too early. */
function byteOrder(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** Opaque to clients: where the page before ended. */
export function continuationToken(next: string): string {
  return Buffer.from(`after ${next}`).toString('base64url');
}

/** Undefined: not one of ours. */
export function continuesAfter(token: string): string | undefined {
  const text = Buffer.from(token, 'base64url').toString();
  return text.startsWith('after ') ? text.slice('after '.length) : undefined;
}
