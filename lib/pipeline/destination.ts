import type { DescribedDocument } from './document.ts';
import { UploaderError } from './failures.ts';
import { slotKey } from './identity.ts';
import type { Arrival, Pair, SlotKey } from './model.ts';
import { isOpaqueId, MAX_ID_LENGTH } from './opaque-id.ts';

/** Where a document goes: a batch that exists, one of its own, or the batch of a slot. */
export type Destination =
  | { readonly kind: 'named'; readonly pair: Pair }
  | { readonly kind: 'own'; readonly classificationId: string }
  | {
      readonly kind: 'slot';
      readonly classificationId: string;
      readonly slot: SlotKey;
      readonly maxFiles: number | undefined;
    };

/** The route's, overridden by the object's metadata where the route permits it. Throws `route.invalid-metadata`. */
export function destinationOf(document: DescribedDocument): Destination {
  const { route } = document;
  const override = (name: string) => (route.metadataOverrides ? metadataId(document, name) : undefined);
  const classificationId = override('extracta-classification-id') ?? route.classificationId;
  const batchId = override('extracta-batch-id') ?? ('id' in route.batch ? route.batch.id : undefined);
  if (
    !('extracta-batch-id' in document.metadata) &&
    'id' in route.batch &&
    classificationId !== route.classificationId
  ) {
    throw new UploaderError(
      'route.invalid-metadata',
      "The object's metadata names another classification than the route's batch is in: give x-amz-meta-extracta-batch-id too.",
    );
  }
  if (batchId !== undefined) return { kind: 'named', pair: { classificationId, batchId } };
  if ('id' in route.batch || route.batch.by === 'object') return { kind: 'own', classificationId };
  return {
    kind: 'slot',
    classificationId,
    slot: slotKey(classificationId, route.name, batchKeyOf(document.arrival, route.batch.by)),
    maxFiles: route.batch.maxFiles,
  };
}

/** A function of the event, never of the clock: a document that comes back tomorrow joins the batch of its day. */
function batchKeyOf(arrival: Arrival, by: 'folder' | 'day' | 'route'): string {
  if (by === 'folder') return arrival.key.slice(0, arrival.key.lastIndexOf('/') + 1);
  if (by === 'day') return new Date(arrival.eventTimeMs).toISOString().slice(0, 10);
  return '';
}

/** Ids are opaque: only what cannot be one is refused. */
function metadataId(document: DescribedDocument, name: string): string | undefined {
  const value = document.metadata[name];
  if (value === undefined) return undefined;
  if (isOpaqueId(value)) return value;
  throw new UploaderError(
    'route.invalid-metadata',
    `The object's metadata x-amz-meta-${name} is no id: 1 to ${MAX_ID_LENGTH} visible ASCII characters are.`,
  );
}
