import { breakerRules, type LineState } from '../../lib/pipeline/breaker.ts';
import { documentRules } from '../../lib/pipeline/document-rules.ts';
import { tagFor } from '../../lib/pipeline/file-name.ts';
import type { Arrival, BreakerItem, DocumentItem, LedgerItem } from '../../lib/pipeline/model.ts';
import { redriveRules } from '../../lib/pipeline/redrive-rules.ts';
import { slotRules } from '../../lib/pipeline/slot-writes.ts';
import { handleBatchFirst } from './batch-first.ts';
import type { Without } from './without.ts';

/** Every rule that may be switched off, by the name that `--without` takes. */
export const RULES: readonly Without[] = [
  { rule: 'claim-condition', unconditional: (item) => item.kind === 'document' },
  { rule: 'lease', apply: () => replaced(documentRules, { leaseLapsed: () => true }) },
  { rule: 'boundary-held-back-by-lease', boundary: false },
  { rule: 'own-token-success', ownToken: false },
  { rule: 'settle-on-no-file-yet', apply: () => replaced(documentRules, { noFileYet: () => true }) },
  { rule: 'sent-to-added', apply: () => replaced(documentRules, { added: (_sentTo, pair) => [pair] }) },
  {
    rule: 'sent-to-restored',
    apply: () => replaced(documentRules, { restored: () => [] }),
  },
  {
    rule: 'sent-to-in-pairs',
    askedPair: (pair, world) => {
      const settings = world.routesChanged ? world.run.changed : undefined;
      return { ...pair, classificationId: settings?.routes[0]?.classificationId ?? pair.classificationId };
    },
  },
  {
    rule: 'tag-match',
    // A file is known by its bare name, wherever it came from and whatever version it is.
    apply: () =>
      replaced(documentRules, { fileTag: ({ key }) => tagFor({ ...NOBODY, key: bareName(key) }, 1) }),
  },
  { rule: 'quiet-time', apply: () => replaced(documentRules, { absenceCounts: () => true }) },
  {
    rule: 'asked-after-the-last-claim',
    apply: () =>
      replaced(documentRules, {
        absenceCounts: (item, askedAtMs, quietMs) => askedAtMs >= (item.lostAtMs ?? 0) + quietMs,
      }),
  },
  {
    rule: 'generation',
    apply: () =>
      replaced(slotRules, {
        mayOpen: (slot): slot is NonNullable<typeof slot> => slot?.state === 'opening',
        openedBy: (_slot, opener) => (opener?.state === 'uploaded' ? opener.mapping?.batchId : undefined),
      }),
  },
  { rule: 'own-answer-opens', write: keepsOpenedGeneration },
  {
    rule: 'slot-let-go-by-its-taker',
    apply: () =>
      replaced(slotRules, {
        isTheirs: (slot): slot is NonNullable<typeof slot> => slot?.state === 'opening',
      }),
  },
  { rule: 'read-before-slot', handle: handleBatchFirst },
  { rule: 'letter-before-parked', letterFirst: false },
  { rule: 'park-id', apply: () => replaced(documentRules, { mayWake: () => true }) },
  { rule: 'decision', apply: () => replaced(documentRules, { decidedForAnother: () => false }) },
  { rule: 'decision-used-up', write: keepsDecision },
  {
    rule: 'holder-only-while-uploading',
    apply: () => replaced(documentRules, { holds: (item): item is DocumentItem => item !== undefined }),
  },
  { rule: 'skip-after-verify', apply: () => replaced(documentRules, { mayBeSkipped: () => true }) },
  {
    rule: 'later-arrival-wakes-skipped',
    apply: () => replaced(documentRules, { isLaterArrival: () => false }),
  },
  { rule: 'waiting-only-if-absent', apply: () => replaced(documentRules, { leavesTrace: () => true }) },
  { rule: 'breaker', apply: () => replaced(breakerRules, { lineState: () => ({ kind: 'open' }) }) },
  {
    rule: 'probe-lease',
    apply: () => replaced(breakerRules, { lineState: (item, nowMs) => probedLine(item, nowMs, true) }),
  },
  {
    rule: 'one-probe',
    apply: () => replaced(breakerRules, { lineState: (item, nowMs) => probedLine(item, nowMs, false) }),
  },
  { rule: 'confirm-before-delete', apply: () => replaced(redriveRules, { isBack: () => true }) },
  { rule: 'letter-stays-while-parking', apply: () => replaced(redriveRules, { isBeingParked: () => false }) },
];

const NOBODY: Arrival = { bucket: '', key: '', eTag: '', eventTimeMs: 0 };

function bareName(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** A probe that holds the line for ever, or not at all. */
function probedLine(item: BreakerItem | undefined, nowMs: number, forEver: boolean): LineState {
  if (item === undefined || item.state === 'closed') return { kind: 'open' };
  const { pausedUntilMs = 0 } = item;
  if (pausedUntilMs > nowMs) return { kind: 'paused', untilMs: pausedUntilMs };
  return forEver && item.probeToken !== undefined
    ? { kind: 'paused', untilMs: nowMs + 60_000 }
    : { kind: 'probe' };
}

function replaced<T extends object>(rules: T, methods: Partial<T>): () => void {
  const before = { ...rules };
  Object.assign(rules, methods);
  return () => void Object.assign(rules, before);
}

/** A settle that is not the opener's own answer leaves the generation standing. [V15] */
function keepsOpenedGeneration<T extends LedgerItem>(item: T, before: T | undefined): T {
  if (item.kind !== 'document' || before?.kind !== 'document') return item;
  if (item.state !== 'uploaded' || before.state === 'uploaded' || before.openedGeneration === undefined)
    return item;
  return { ...item, openedGeneration: before.openedGeneration };
}

/** A send leaves the decision standing. [V17] */
function keepsDecision<T extends LedgerItem>(item: T, before: T | undefined): T {
  if (item.kind !== 'document' || before?.kind !== 'document' || item.state !== 'uploading') return item;
  const decision = before.decision ?? (before.state === 'parked' ? before.parkId : undefined);
  return decision === undefined ? item : { ...item, decision };
}
