import type { Telemetry } from '../lib/aws/journal.ts';
import { countUnsettled } from '../lib/pipeline/count-unsettled.ts';
import { redriveDeadLetters } from '../lib/pipeline/redrive-dead-letters.ts';
import type { RedriveTally } from '../lib/pipeline/redrive-run.ts';
import { composeRedrive, type RedriveComposition } from './compose-redrive.ts';
import { readRedriveSettings } from './settings.ts';
import { closingMs, composedOf, type Handler, shell } from './shell.ts';

export type ComposeRedrive = (telemetry: Telemetry) => Promise<RedriveComposition>;

/** The schedule's handler: what the event says is of no matter. Answers with what it did. */
export function createRedriveHandler(compose: ComposeRedrive): Handler<unknown, RedriveTally> {
  return shell(compose, async (_event, { ports, settings, onlyCounts }, remainingMs) => {
    const deadlineMs = ports.clock.nowMs() + remainingMs;
    const signal = AbortSignal.timeout(Math.floor(remainingMs - closingMs(remainingMs)));
    const visit = { ports, settings, deadlineMs, signal };
    return onlyCounts ? countUnsettled(visit) : redriveDeadLetters(visit);
  });
}

export const handler = createRedriveHandler(composedOf(() => readRedriveSettings(), composeRedrive));
