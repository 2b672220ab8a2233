import type { FaultRun } from './run.ts';

const MANY_TIMEOUTS = 10;
/** For each promise; the others are only named. */
const MOST_TRACES = 3;

/** The run's figures for a person, and what broke. */
export function rendered({ figures, broken }: FaultRun): string {
  const { uploads, s3, dynamodb, parked } = figures;
  const kept = uploads['cut, kept'] ?? 0;
  const notKept = uploads['cut, not kept'] ?? 0;
  const parkedCount = Object.values(parked).reduce((sum, count) => sum + count, 0);
  const reasons = Object.entries(parked).map(([code, count]) => ` ${code} ${count}`);
  const share = (failed: number, requests: number) =>
    `${((100 * failed) / Math.max(1, requests)).toFixed(1)} %`;
  const rows = [
    [
      'documents',
      `${figures.documents}, ${figures.putTwice} of them put twice: ${figures.uploaded} uploaded, ${parkedCount} parked${reasons.join()}`,
    ],
    ['kills', `${figures.kills}, ${figures.killsWithARequestOpen} of them with a request open at Extracta`],
    [
      'uploads',
      Object.entries(uploads)
        .map(([what, count]) => `${count} ${what}`)
        .join(' · '),
    ],
    ['cuts', `${kept + notKept}: ${kept} kept, ${notKept} not kept`],
    ['5xx of S3', `${s3.failed} of ${s3.requests} (${share(s3.failed, s3.requests)})`],
    [
      '5xx of DynamoDB',
      `${dynamodb.failed} of ${dynamodb.requests} (${share(dynamodb.failed, dynamodb.requests)}), ${dynamodb.failedAfter} after it was done, ${dynamodb.doomedCalls} calls at every try`,
    ],
    ['files at Extracta', `${figures.filesAtExtracta}; ${figures.heldAsOneFile} documents are exactly one`],
    ['doubles', `${figures.doubles}`],
    ['lost', `${figures.lost}`],
    ["openers' doubles", `${figures.openersDoubles}`],
    ['most attempts', `${figures.mostAttempts}`],
    ['timeouts', `${figures.timeouts}${figures.timeouts > MANY_TIMEOUTS ? ': is the machine busy?' : ''}`],
    ['seconds', `${figures.seconds}`],
  ];
  const width = Math.max(...rows.map(([name = '']) => name.length));
  const table = rows.map(([name = '', value]) => `${name.padEnd(width)}  ${value}`);
  const breaches = Object.values(Object.groupBy(broken, ({ promise }) => promise)).flatMap((all = []) =>
    all.flatMap((each, at) => described(each, at < MOST_TRACES)),
  );
  return [
    ...table,
    ...breaches,
    '',
    broken.length === 0 ? 'Every promise held.' : `${broken.length} broken.`,
  ].join('\n');
}

function described({ promise, object, what, trace }: FaultRun['broken'][number], isTraced: boolean) {
  const title = `✗ ${promise}: ${what}${object === undefined ? '' : ` (${object})`}`;
  return isTraced ? ['', title, ...trace.map((line) => `  ${line}`)] : [title];
}
