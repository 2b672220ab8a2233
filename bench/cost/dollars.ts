import { costOf, PRICES } from './prices.ts';

/** What one document asked for, on average. */
export interface DocumentCounts {
  readonly sizeBytes: number;
  readonly gets: number;
  /** Its own message: sent by S3, received, deleted, and whatever the function asks beside that. */
  readonly queueRequests: number;
  readonly invocations: number;
  readonly billedMs: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly logBytes: number;
}

export interface Dollars {
  /** Each part of the sum, in dollars. */
  readonly parts: Readonly<Record<string, number>>;
  readonly sum: number;
}

/** Of a GB; AWS bills memory by 1,024 MB, and data and logs by 10^9 bytes. */
const GB = 1e9;
/** What the function has unless `memorySize` says otherwise. */
export const FUNCTION_MEMORY_GB = 1;
/** How long Extracta takes to answer is not ours, and not measured here: a delivery waits for its slowest. */
export const EXTRACTA_SECONDS = 2;

/**
 * dollars = documents × Σ (count a document × price of one); GB-seconds = billed ms / 1000 × memory in GB; and Extracta's
 * time once for each invocation.
 */
export function dollarsFor(documents: number, counts: DocumentCounts): Dollars {
  const parts = {
    'S3 GetObject': costOf(PRICES.s3Get, counts.gets),
    'SQS: sent by S3, received, deleted': costOf(PRICES.sqs, counts.queueRequests),
    'Lambda invocations': costOf(PRICES.invocation, counts.invocations),
    'Lambda, GB-seconds measured': costOf(PRICES.gbSecond, (counts.billedMs / 1000) * FUNCTION_MEMORY_GB),
    'Lambda, GB-seconds of Extracta’s time': costOf(
      PRICES.gbSecond,
      counts.invocations * EXTRACTA_SECONDS * FUNCTION_MEMORY_GB,
    ),
    'DynamoDB write units': costOf(PRICES.writeUnit, counts.writeUnits),
    'DynamoDB read units': costOf(PRICES.readUnit, counts.readUnits),
    log: costOf(PRICES.logGb, counts.logBytes / GB),
    'data that leaves AWS': costOf(PRICES.outGb, counts.sizeBytes / GB),
  };
  const scaled = Object.fromEntries(Object.entries(parts).map(([name, each]) => [name, each * documents]));
  return { parts: scaled, sum: Object.values(scaled).reduce((sum, each) => sum + each, 0) };
}
