import { DEFAULT_WAITS } from '../pipeline/settings.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** SQS hides a message for no longer. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html */
const LONGEST_VISIBILITY_MS = 12 * HOUR_MS;
/** `MAX_RECEIVES` of lib/infra/sizing.ts, which no setting may exhaust. */
const RECEIVES = 'a message has 480 receives';
const HIDDEN = `${RECEIVES}, and SQS hides it for 12 h at most`;

/** What belongs at each path of the configuration, as an instruction. Also the list of the settings that exist. */
export const ADVICE: Readonly<Record<string, string>> = {
  '': 'give an object such as {"routes":[{"prefix":"invoices/","classificationId":"…"}]}',
  $schema: 'give the URL or path of a JSON schema as text, or leave it out',
  extractaUrl: 'give a URL as text, or leave it out for Extracta itself',
  routes: 'give a list such as [{"prefix":"invoices/","classificationId":"…"}]',
  'routes[]': 'give an object such as {"prefix":"invoices/","classificationId":"…"}',
  'routes[].name': 'give a short name as text, or leave it out',
  'routes[].prefix': 'give the folder in the bucket, such as "invoices/"; "" is the whole bucket',
  'routes[].suffixes': 'give a list of endings such as [".pdf"], or leave it out',
  'routes[].suffixes[]': 'give an ending such as ".pdf"',
  'routes[].classificationId': 'give the id of the document classification in Extracta, as text',
  'routes[].batch': 'give {"by":"folder"}, {"by":"day"}, {"by":"route"}, {"by":"object"} or {"id":"…"}',
  'routes[].batch.by': 'give "folder", "day", "route" or "object"',
  'routes[].batch.maxFiles': 'give a whole number of at least 1, or leave it out',
  'routes[].batch.id': 'give the id of an existing batch in Extracta, as text',
  'routes[].metadataOverrides': 'give true or false',
  onUnknownOutcome: 'give "send-again" (at least once) or "park" (at most once)',
  fileNames: 'give "tagged" or "as-is"',
  fileTypes: 'give a list of extensions such as ["pdf","tiff"], or leave it out',
  'fileTypes[]': 'give an extension such as "pdf"',
  maxDocumentBytes: 'give a number of bytes',
  maxAttempts: 'give a number of attempts',
  waits: 'give an object of milliseconds such as {"quietMs":900000}',
  ...Object.fromEntries(Object.keys(DEFAULT_WAITS).map((name) => [`waits.${name}`, 'give milliseconds'])),
};

/** Settings whose neighbours forbid them, although they exist elsewhere. */
const FORBIDDEN_TOGETHER: Readonly<Record<string, string>> = {
  'routes[].batch.maxFiles':
    'remove maxFiles: it needs documents that share a batch of ours (by "folder", "day" or "route")',
  'routes[].batch.by': 'remove by or id: a batch that is named by its id is the only one of its route',
};

/** What to do about a setting that is not allowed where it stands. `path` is generic: `routes[].batch`. */
export function adviceOnUnknown(path: string): string {
  const together = FORBIDDEN_TOGETHER[path];
  if (together !== undefined) return together;
  const parent = path.slice(0, Math.max(0, path.lastIndexOf('.')));
  return `remove it, or use one of ${settingsUnder(parent).join(', ')}`;
}

function settingsUnder(parent: string): readonly string[] {
  const start = parent === '' ? '' : `${parent}.`;
  return Object.keys(ADVICE)
    .filter((path) => path !== '' && path.startsWith(start))
    .map((path) => path.slice(start.length))
    .filter((rest) => !/[.[]/.test(rest));
}

interface WaitLimits {
  readonly min: number;
  readonly max: number;
  readonly advice: string;
}

/** The waits that are not ours alone to choose; all others may be any whole number of milliseconds. */
const LIMITED_WAITS: Readonly<Record<string, WaitLimits>> = {
  /** Extracta documents at least 2 s between calls of getResults; sooner ones are refused. */
  resultsGateMs: {
    min: 2000,
    max: DAY_MS,
    advice: 'give at least 2000: Extracta refuses results asked for more often',
  },
  backoffFirstMs: {
    min: 2000,
    max: LONGEST_VISIBILITY_MS,
    advice: `give 2000 to 43200000 (12 h): ${HIDDEN}`,
  },
  backoffCapMs: {
    min: MINUTE_MS,
    max: LONGEST_VISIBILITY_MS,
    advice: `give 60000 to 43200000 (12 h): ${HIDDEN}`,
  },
  longDeferralAfterMs: {
    min: 0,
    max: HOUR_MS,
    advice: `give at most 3600000 (1 h): ${RECEIVES}`,
  },
  longDeferralMs: {
    min: 20 * MINUTE_MS,
    max: LONGEST_VISIBILITY_MS,
    advice: `give 1200000 (20 min) to 43200000 (12 h): ${HIDDEN}`,
  },
  /** What one run sent back and is parked again is due in a later run: `REDRIVE_TIMEOUT`. SQS keeps a dead letter for at most 14 days. */
  redriveGapsMs: {
    min: 2 * MINUTE_MS,
    max: 13 * DAY_MS,
    advice:
      'give 120000 (2 min: as long as one run of the schedule) to 1123200000 (13 days): SQS drops a dead letter after 14',
  },
  replaceAfterMs: {
    min: MINUTE_MS,
    max: 3 * DAY_MS,
    advice: `give 60000 to 259200000 (3 days): ${RECEIVES}, and SQS drops it after 14 days`,
  },
};

/** What a wait may be, by its name. */
export function waitLimits(name: string): WaitLimits {
  const advice = 'give a whole number of milliseconds, 0 or more';
  return LIMITED_WAITS[name] ?? { min: 0, max: Number.MAX_SAFE_INTEGER, advice };
}
