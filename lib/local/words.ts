import type { FailureCode } from '../pipeline/failures.ts';

/** What went wrong, for people who watch: what is about the line to Extracta, and what keeps a document waiting. */
const WORDS: Partial<Record<FailureCode, string>> = {
  'batch.opening': 'another document opens the batch',
  'batch.unknown': 'Extracta does not know the batch any more',
  'line.paused': 'the line is paused',
  'extracta.throttled': 'Extracta asks to slow down',
  'extracta.unauthorized': 'Extracta refuses the token',
  'extracta.forbidden': 'Extracta forbids it',
  'extracta.token-rotated': 'the token was replaced',
  'extracta.out-of-credits': 'the account has no credits left',
  'extracta.unreachable': 'Extracta can’t be reached',
  'extracta.unavailable': 'Extracta answers with 5xx errors',
  'extracta.reply-lost': 'the answer was lost',
  'extracta.reply-unreadable': 'the answer is not one of Extracta’s',
  'upload.out-of-time': 'the upload took too long',
  'upload.unverified': 'too early to say that it is not there',
  'results.paced': 'Extracta may be asked only so often',
  'results.inconclusive': 'Extracta is still at work on the batch',
  'secret.unavailable': 'the token can’t be read',
};

export function inWords(code: string): string {
  return (WORDS as Partial<Record<string, string>>)[code] ?? code;
}

/** About so long: `30 s`, `15 min`, `2 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
