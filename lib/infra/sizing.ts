import { Duration } from 'aws-cdk-lib';
import { DEFAULT_WAITS } from '../pipeline/settings.ts';

/** The numbers of the stack that hang together, each derived from the ones before it. */

/** The slowest way from S3 to Extracta that a timeout is made for: 80 Mbit/s. */
export const SLOWEST_BYTES_PER_SECOND = 10_000_000;

/** For people. */
export const inPace = (): string => `${SLOWEST_BYTES_PER_SECOND / 1_000_000} MB/s`;

/** 10 s that an invocation keeps for closing (lambdas/shell.ts), and 5 s that a send must have left to be begun. */
export const BESIDE_THE_BODY = Duration.seconds(15);

/** What the largest document needs: its body at the slowest pace, and what is beside it. */
export function timeoutFor(maxDocumentBytes: number): Duration {
  const body = Math.ceil(maxDocumentBytes / SLOWEST_BYTES_PER_SECOND);
  return Duration.seconds(body + BESIDE_THE_BODY.toSeconds());
}

/**
 * The default cap of 2 GiB needs 215 s + 15 s; the next whole number of minutes that leaves a fifth. A claim's lease is
 * what the invocation has left + 30 s for clocks that differ: at most 5.5 min, and it lapses before the message shows.
 */
export const FUNCTION_TIMEOUT = Duration.minutes(5);

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const LONGEST_TIMEOUT = Duration.minutes(15);

/** Records of one delivery; all of them are worked on at once. */
export const DELIVERY_SIZE = 10;

/** No waiting for a delivery to fill: a document should not wait for others. */
export const BATCH_WINDOW = Duration.seconds(0);

/**
 * Deliveries at once. On the mapping and not as reserved concurrency: that throttles the poller, which burns receives.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export const MAX_CONCURRENCY = 10;

/** What a mapping takes. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html#events-sqs-max-concurrency */
export const CONCURRENCY_LIMITS = { min: 2, max: 1000 };

/**
 * 120 MB for Node and the clients + 10 records x 70 MB, the most that one streaming upload was measured to add,
 * whatever its size = 820 MB. And the most that Lambda has.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
 */
export const MEMORY_LIMITS_MB = { min: 120 + DELIVERY_SIZE * 70, max: 10_240 };

/** The power of two after the least. It also buys 0.58 of a vCPU (1,769 MB are one). */
export const MEMORY_MB = 1024;

/**
 * 6 x function timeout + batch window, so that Lambda can retry a throttled delivery before the messages show again.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export const visibilityFor = (timeout: Duration): Duration =>
  Duration.seconds(6 * timeout.toSeconds() + BATCH_WINDOW.toSeconds());

export const VISIBILITY = visibilityFor(FUNCTION_TIMEOUT);

/** How often dead letters are looked through; the first of them is due an hour after it was parked. */
export const REDRIVE_EVERY = Duration.minutes(15);

/**
 * Letters are hidden while they are read, and hidden letters ring no alarm. Less than half of the alarm's 5 min, so that
 * one of its readings, a minute apart, always sees them. At ten a second it still sends a thousand back.
 */
export const REDRIVE_TIMEOUT = Duration.minutes(2);

/** Ten letters at a time, and the handles of those that were read. */
export const REDRIVE_MEMORY_MB = 256;

/**
 * The longest that SQS keeps a message. A message moved by SQS itself keeps its first enqueue time, so a shorter
 * retention of dead letters could drop one on arrival.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 */
export const RETENTION = Duration.days(14);

/** A letter that SQS itself moved keeps its age; so much of its retention is left for people, and for the schedule. */
const LETTER_SEEN_FOR = Duration.days(1);

/**
 * After so many receives SQS itself moves a message away: the backstop for what kills every invocation before it can write
 * anything down. Two bounds, both computed in test/infra/sizing.test.ts:
 * - Not too many. Such a message shows again only after `VISIBILITY`, and it must be moved before `RETENTION` drops it;
 *   also one that was deferred, rarely, until it would have been replaced by a copy, and only then begins to crash:
 *   (14 days - 1 day - 3 days) / 30 min = 480. What crashes from the first is moved after 10 days.
 * - Enough. Receives are not attempts: a deferral costs one, too. A copy begins anew after 3 days, and from the second hour on
 *   they are 20 min apart: 216 receives and those of the first hour, at most about 90 (told to come back at once, spread
 *   over 80 s). The settings can't make it more.
 */
export const MAX_RECEIVES = Math.floor(
  (RETENTION.toMilliseconds() - LETTER_SEEN_FOR.toMilliseconds() - DEFAULT_WAITS.replaceAfterMs) /
    VISIBILITY.toMilliseconds(),
);
