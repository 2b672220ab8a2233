import { type Bearer, documentRules } from './document-rules.ts';
import type { DocumentItem, Mapping } from './model.ts';

/** What the ledger says of a document, for the message at hand. */
export type Standing =
  | { readonly kind: 'uploaded'; readonly item: DocumentItem; readonly mapping: Mapping }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'parked'; readonly reason: string }
  /** Another message carries the decision to send it again. */
  | { readonly kind: 'carried-by-another' }
  /** Another invocation may be sending it, until then. */
  | { readonly kind: 'held'; readonly untilMs: number }
  /** Free to claim, and certainly not at Extracta. */
  | { readonly kind: 'unsent'; readonly item: DocumentItem | undefined }
  /** Free to claim, but an earlier attempt may have got through: look before any send. */
  | { readonly kind: 'may-be-sent'; readonly item: DocumentItem };

/** Decides from the item alone, whatever today's route says. */
export function standingOf(item: DocumentItem | undefined, bearer: Bearer, nowMs: number): Standing {
  if (item === undefined) return { kind: 'unsent', item };
  if (item.mapping !== undefined) return { kind: 'uploaded', item, mapping: item.mapping };
  if (item.state === 'skipped' && !documentRules.isLaterArrival(item, bearer)) {
    return { kind: 'skipped', reason: item.skippedBecause ?? 'skipped' };
  }
  if (item.state === 'parked' && !documentRules.mayWake(item, bearer)) {
    return { kind: 'parked', reason: item.lastFailure?.code ?? 'parked' };
  }
  if (documentRules.decidedForAnother(item, bearer)) return { kind: 'carried-by-another' };
  if (item.state === 'uploading' && !documentRules.leaseLapsed(item, nowMs)) {
    return { kind: 'held', untilMs: documentRules.leaseEndMs(item) };
  }
  return item.sentTo.length === 0 ? { kind: 'unsent', item } : { kind: 'may-be-sent', item };
}
