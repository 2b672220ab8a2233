import { describe, expect, it } from 'vitest';
import { destinationOf } from '../../../lib/pipeline/destination.ts';
import type { DescribedDocument } from '../../../lib/pipeline/document.ts';
import { slotKey } from '../../../lib/pipeline/identity.ts';
import type { Arrival, BatchPolicy, Route } from '../../../lib/pipeline/model.ts';
import { arrival } from './scene.ts';

const routeWith = (batch: BatchPolicy, metadataOverrides = false): Route => ({
  name: 'letters',
  prefix: '',
  classificationId: '-Oc',
  batch,
  metadataOverrides,
});
const goes = (route: Route, more: Partial<Arrival> = {}, metadata: DescribedDocument['metadata'] = {}) =>
  destinationOf({
    arrival: { ...arrival, ...more },
    route,
    sizeBytes: 1,
    extension: 'pdf',
    contentType: 'application/pdf',
    metadata,
  });
const slotOf = (batchKey: string, maxFiles?: number) => ({
  kind: 'slot',
  classificationId: '-Oc',
  slot: slotKey('-Oc', 'letters', batchKey),
  maxFiles,
});

describe('where a document goes', () => {
  it.each([
    ['letters/2026/a.pdf', 'letters/2026/'],
    ['letters/a.pdf', 'letters/'],
    ['a.pdf', ''],
    ['letters/', 'letters/'],
  ])('by folder: %s into the batch of %j', (key, folder) => {
    expect(goes(routeWith({ by: 'folder' }), { key })).toEqual(slotOf(folder));
  });

  it('by day: into the batch of the day, in UTC, on which it happened, whenever it comes', () => {
    const on = (eventTimeMs: number) => goes(routeWith({ by: 'day' }), { eventTimeMs });
    expect(on(Date.UTC(2026, 1, 28, 23, 59, 59, 999))).toEqual(slotOf('2026-02-28'));
    expect(on(Date.UTC(2026, 2, 1))).toEqual(slotOf('2026-03-01'));
  });

  it('by route: into the one batch of the route, rolling over where it says so', () => {
    expect(goes(routeWith({ by: 'route', maxFiles: 100 }))).toEqual(slotOf('', 100));
  });

  it('by object: into a batch of its own', () => {
    expect(goes(routeWith({ by: 'object' }))).toEqual({
      kind: 'own',
      classificationId: '-Oc',
    });
  });

  it('by id: into the batch that the route names', () => {
    expect(goes(routeWith({ id: '-Ofixed' }))).toEqual({
      kind: 'named',
      pair: { classificationId: '-Oc', batchId: '-Ofixed' },
    });
  });
});

describe("an object's metadata", () => {
  const both = { 'extracta-classification-id': '-Ometa', 'extracta-batch-id': '-Obatch', other: 'x y' };

  it.each<BatchPolicy>([{ by: 'folder' }, { by: 'object' }, { id: '-Ofixed' }])(
    'names classification and batch where the route permits it, whatever its own batches (%j)',
    (batch) => {
      expect(goes(routeWith(batch, true), {}, both)).toEqual({
        kind: 'named',
        pair: { classificationId: '-Ometa', batchId: '-Obatch' },
      });
    },
  );

  it('may name the classification alone: the batch is then one of that classification', () => {
    const metadata = { 'extracta-classification-id': '-Ometa' };
    expect(goes(routeWith({ by: 'folder' }, true), {}, metadata)).toEqual({
      kind: 'slot',
      classificationId: '-Ometa',
      slot: slotKey('-Ometa', 'letters', 'letters/'),
      maxFiles: undefined,
    });
  });

  it("must name the batch too where it leaves the classification that the route's own batch is in", () => {
    const route = routeWith({ id: '-Ofixed' }, true);
    expect(() => goes(route, {}, { 'extracta-classification-id': '-Ometa' })).toThrow(
      expect.objectContaining({
        code: 'route.invalid-metadata',
        message: expect.stringContaining('extracta-batch-id'),
      }),
    );
    const same = goes(route, {}, { 'extracta-classification-id': '-Oc' });
    expect(same).toEqual({ kind: 'named', pair: { classificationId: '-Oc', batchId: '-Ofixed' } });
  });

  it('is not looked at where the route does not permit it', () => {
    const metadata = { ...both, 'extracta-batch-id': 'not an id' };
    expect(goes(routeWith({ by: 'folder' }), {}, metadata)).toEqual(slotOf('letters/'));
  });

  it.each(['', ' ', 'a b', 'a\n', 'é', 'x'.repeat(129), '?'])('is refused where it is no id: %j', (value) => {
    for (const name of ['extracta-batch-id', 'extracta-classification-id']) {
      expect(() => goes(routeWith({ by: 'folder' }, true), {}, { [name]: value })).toThrow(
        expect.objectContaining({
          code: 'route.invalid-metadata',
          message: expect.stringContaining(`x-amz-meta-${name}`),
        }),
      );
    }
  });

  it.each(['-Oabc_DEF0123456789-', 'x'.repeat(128), '!'])(
    'is taken as it is else: ids are opaque (%s)',
    (value) => {
      expect(goes(routeWith({ by: 'day' }, true), {}, { 'extracta-batch-id': value })).toMatchObject({
        pair: { batchId: value },
      });
    },
  );
});
