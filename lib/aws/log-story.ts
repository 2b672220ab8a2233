import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';

/** One line that the function wrote of a document. */
export interface LogEvent {
  readonly at: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Powertools' own, that say nothing of the document. */
const PLUMBING = new Set([
  'level',
  'timestamp',
  'service',
  'cold_start',
  'function_arn',
  'function_memory_size',
  'function_name',
  'function_request_id',
  'sampling_rate',
  'xray_trace_id',
  'object',
  'event',
]);
const MOST_EVENTS = 500;

/** What was logged of one object (`bucket/key`), oldest first. Rejects with the SDK's own errors. */
export async function logStory(
  logGroups: readonly string[],
  object: string,
  sinceMs: number,
  signal: AbortSignal,
): Promise<readonly LogEvent[]> {
  const client = new CloudWatchLogsClient({ maxAttempts: 3 });
  try {
    const found = await Promise.all(
      logGroups.map((group) => inGroup(client, group, object, sinceMs, signal)),
    );
    return found.flat().sort((one, other) => (one.at < other.at ? -1 : 1));
  } finally {
    client.destroy();
  }
}

async function inGroup(
  client: CloudWatchLogsClient,
  logGroupName: string,
  object: string,
  startTime: number,
  abortSignal: AbortSignal,
): Promise<readonly LogEvent[]> {
  // A JSON string is a filter's string, too.
  const filterPattern = `{ $.object = ${JSON.stringify(object)} }`;
  const found: LogEvent[] = [];
  let nextToken: string | undefined;
  do {
    const command: FilterLogEventsCommand = new FilterLogEventsCommand({
      logGroupName,
      filterPattern,
      startTime,
      nextToken,
    });
    const page = await client.send(command, { abortSignal });
    found.push(...(page.events ?? []).flatMap(({ timestamp, message }) => told(timestamp, message)));
    nextToken = page.nextToken;
  } while (nextToken !== undefined && found.length < MOST_EVENTS);
  return found;
}

function told(timestamp = 0, message = ''): readonly LogEvent[] {
  try {
    const line = JSON.parse(message) as Record<string, unknown>;
    const fields = Object.fromEntries(Object.entries(line).filter(([name]) => !PLUMBING.has(name)));
    return [{ at: new Date(timestamp).toISOString(), event: String(line['event']), fields }];
  } catch {
    return [];
  }
}
