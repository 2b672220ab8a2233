import type {
  Arrival,
  BreakerItem,
  DocumentKey,
  GateItem,
  ItemKey,
  Pair,
  SlotItem,
  SlotKey,
} from './model.ts';

/** S3 answers ETags quoted and events carry them bare: here they are always bare. */
export function unquotedETag(eTag: string): string {
  return eTag.replace(/^(?:W\/)?"(.*)"$/, '$1');
}

/** The version that counts: an unversioned bucket may say the literal `null`. */
export function realVersionId(versionId: string | undefined): string | undefined {
  return versionId === undefined || versionId === '' || versionId === 'null' ? undefined : versionId;
}

/** What makes one object version this one and no other. */
export function versionOrEtag(arrival: Arrival): string {
  return arrival.versionId ?? arrival.eTag;
}

/** The one way to a document's item: events, re-arrivals and every command build it here. */
export function documentKey(arrival: Arrival): DocumentKey {
  return {
    kind: 'document',
    partition: `${arrival.bucket}/${arrival.key}`,
    sort: versionOrEtag(arrival),
  };
}

/** `#` never occurs in a bucket's name, so these partitions meet no document's; ids and routes hold no blanks. */
export function slotKey(classificationId: string, route: string, batchKey: string): ItemKey<SlotItem> {
  return {
    kind: 'slot',
    partition: `#slot ${classificationId} ${route}`,
    sort: batchKey === '' ? '=' : batchKey,
  };
}

export const BREAKER_KEY: ItemKey<BreakerItem> = { kind: 'breaker', partition: '#line', sort: 'breaker' };
export const GATE_KEY: ItemKey<GateItem> = { kind: 'gate', partition: '#line', sort: 'results-gate' };

export function samePair(a: Pair, b: Pair): boolean {
  return a.classificationId === b.classificationId && a.batchId === b.batchId;
}

export function withPair(pairs: readonly Pair[], pair: Pair): readonly Pair[] {
  return pairs.some((each) => samePair(each, pair)) ? pairs : [...pairs, pair];
}

export function withoutPairs(pairs: readonly Pair[], gone: readonly Pair[]): readonly Pair[] {
  return pairs.filter((pair) => !gone.some((each) => samePair(each, pair)));
}

/** Ids hold no blanks, so no two pairs have one name. */
export function pairName(pair: Pair): string {
  return `${pair.classificationId} ${pair.batchId}`;
}

export function slotName(key: SlotKey): string {
  return `${key.partition} ${key.sort}`;
}
