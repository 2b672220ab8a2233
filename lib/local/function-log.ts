import { oneLine } from './bad-input.ts';
import { duration, inWords } from './words.ts';

/** A shorter one is a stand-in, and part of many words. */
const LEAST_SECRET = 8;

export interface Hearing {
  readonly secrets: readonly string[];
  /** How long a document whose answer was lost is looked for. */
  readonly quietMs: number;
}

/**
 * What a person should hear of the function's log, in a line: warnings and errors, and that a paused line goes on, the
 * code at the end; undefined for the rest.
 */
export function heard(line: string, { secrets, quietMs }: Hearing): string | undefined {
  const said = worthSaying(line, quietMs);
  if (said === undefined) return undefined;
  const real = secrets.filter((secret) => secret.length >= LEAST_SECRET);
  return real.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), oneLine(said));
}

type Entry = Readonly<Record<string, unknown>>;

function worthSaying(line: string, quietMs: number): string | undefined {
  const entry = parsed(line);
  if (entry === undefined) return line.trim() === '' ? undefined : line;
  const { event, level } = entry;
  if (event === 'breaker.opened') return paused(entry);
  if (event === 'breaker.closed') return 'Extracta works again: the line goes on.';
  if (event === 'outcome.lost') return lost(entry, quietMs);
  const isDefect = entry['code'] === 'internal.unexpected';
  if (level !== 'WARN' && level !== 'ERROR' && !isDefect) return undefined;
  // Parked documents are told of in the report, each with its reason.
  return event === 'document.parked' ? undefined : asLogged(entry);
}

function paused({ because, pausedUntilMs, timestamp }: Entry): string {
  const code = String(because);
  const waitMs = Number(pausedUntilMs) - Date.parse(String(timestamp));
  const next = Number.isNaN(waitMs) ? '' : `, next try in ${duration(waitMs)}`;
  return `${capital(inWords(code))}; the line is paused${next} (${code})`;
}

/** Which batch the first of it made, only the lost answer says. */
function lost({ object, code }: Entry, quietMs: number): string {
  const patience = duration(quietMs);
  return (
    `${object} may have arrived: ${inWords(String(code))}. It is looked for, for up to ${patience}, and sent again if it is ` +
    `not there; the first of a batch can't be looked for, and is sent again (${code})`
  );
}

const EVENTS: Partial<Record<string, string>> = {
  'claim.lost': 'taken over by another, as its time was up',
  'file.doubled': 'Extracta holds a second file of it',
  'look.given-up': 'whether a second file of it came late could not be told',
  'names.lost': 'Extracta does not keep the names that are sent: what arrived can’t be told by them',
  'receipt.queued': 'uploaded, and its answer waits to be written down',
  'slot.rejected': 'Extracta does not know the batch any more: a new one is opened',
  'token.suspected': 'the token may be of another account than the batch',
};

function asLogged({ event, object, message, code, because, error }: Entry): string {
  const name = String(event);
  const reason = [code, because].find(isText);
  const words = reason === undefined || inWords(reason) === reason ? undefined : inWords(reason);
  const cause =
    typeof error === 'object' && error !== null ? (error as { readonly message?: unknown }).message : error;
  const said = [object, EVENTS[name], words, message === event ? undefined : message, cause].filter(isText);
  const codes = [event, reason].filter(isText).join(', ');
  return said.length === 0 ? codes : `${said.join(': ')} (${codes})`;
}

const isText = (part: unknown): part is string => typeof part === 'string';

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function parsed(line: string): Entry | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null ? (entry as Entry) : undefined;
  } catch {
    return undefined;
  }
}
