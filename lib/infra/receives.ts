import type { Duration } from 'aws-cdk-lib';
import type { Waits } from '../pipeline/settings.ts';
import { MAX_RECEIVES, VISIBILITY } from './sizing.ts';

/**
 * Fewer for a longer visibility: what kills every invocation shows again only when that has passed, and SQS must have
 * moved it away before `RETENTION` drops it.
 */
export function maxReceivesFor(visibility: Duration): number {
  const product = MAX_RECEIVES * VISIBILITY.toSeconds();
  return Math.min(MAX_RECEIVES, Math.floor(product / visibility.toSeconds()));
}

/** Those of a message's first hour: told to come back at once, within 80 s, it is received about 90 times. */
const RECEIVES_AT_FIRST = 90;

/** Receives that a message may need while all is well: long deferrals until a copy begins anew, and those at first. */
export function receivesNeeded(waits: Pick<Waits, 'replaceAfterMs' | 'longDeferralMs'>): number {
  return Math.ceil(waits.replaceAfterMs / waits.longDeferralMs) + RECEIVES_AT_FIRST;
}

/** The longest time until a copy for which so many receives are enough. */
export function longestReplaceAfterMs(receives: number, longDeferralMs: number): number {
  return (receives - RECEIVES_AT_FIRST) * longDeferralMs;
}
