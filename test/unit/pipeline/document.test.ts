import { describe, expect, it } from 'vitest';
import { describedDocument, needsFacts } from '../../../lib/pipeline/document.ts';
import type { Arrival, Route } from '../../../lib/pipeline/model.ts';
import type { ObjectFacts } from '../../../lib/pipeline/ports.ts';
import { DEFAULT_FILE_TYPES, DEFAULT_WAITS, type PipelineSettings } from '../../../lib/pipeline/settings.ts';
import { arrival } from './scene.ts';

const route: Route = {
  name: 'letters',
  prefix: '',
  classificationId: '-Oc',
  batch: { by: 'folder' },
  metadataOverrides: false,
};
const settings: PipelineSettings = {
  routes: [route],
  onUnknownOutcome: 'send-again',
  fileNames: 'tagged',
  fileTypes: DEFAULT_FILE_TYPES,
  maxDocumentBytes: 2000,
  maxAttempts: 8,
  waits: DEFAULT_WAITS,
};
const facts = (more: Partial<ObjectFacts> = {}): ObjectFacts => ({ sizeBytes: 5, metadata: {}, ...more });
const described = (more: Partial<Arrival>, known?: ObjectFacts) =>
  describedDocument({ ...arrival, ...more }, route, known, settings);
const refusal = (code: string, says: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(says) });

describe('S3 is asked of a document', () => {
  it('only where its event does not say what is needed', () => {
    const { sizeBytes: _, ...withoutSize } = arrival;
    expect(needsFacts(arrival, route)).toBe(false);
    expect(needsFacts(withoutSize, route)).toBe(true);
    expect(needsFacts({ ...arrival, key: 'letters/a' }, route)).toBe(true);
    expect(needsFacts(arrival, { ...route, metadataOverrides: true })).toBe(true);
    expect(needsFacts({ ...arrival, sizeBytes: 0 }, route)).toBe(false);
  });
});

describe('a document', () => {
  it('is described by its event alone where that says enough', () => {
    expect(described({})).toEqual({
      arrival,
      route,
      sizeBytes: 1024,
      extension: 'pdf',
      contentType: 'application/pdf',
      metadata: {},
    });
  });

  it('is described by what S3 says where S3 was asked', () => {
    const metadata = { 'extracta-batch-id': '-Ob' };
    expect(described({ sizeBytes: 7 }, facts({ metadata }))).toMatchObject({ sizeBytes: 5, metadata });
  });

  it("has the type of its key's extension, whatever its Content-Type says", () => {
    const document = described({ key: 'a.PNG' }, facts({ contentType: 'application/pdf' }));
    expect(document).toMatchObject({ extension: 'png', contentType: 'image/png' });
  });

  it('has the type of its Content-Type where its key has no extension', () => {
    const document = described({ key: 'scans/a' }, facts({ contentType: 'image/jpeg; q=1' }));
    expect(document).toMatchObject({ extension: 'jpg', contentType: 'image/jpeg' });
  });

  it('of a type that is not allowed is refused: it says which, and which are', () => {
    expect(() => described({ key: 'a.exe' })).toThrow(
      refusal(
        'document.unsupported-type',
        /The type "exe" is not allowed: allowed are pdf, doc, .*fileTypes/,
      ),
    );
  });

  it.each([undefined, 'binary/octet-stream'])(
    'of no type that can be told (%s) is refused',
    (contentType) => {
      const known = facts(contentType === undefined ? {} : { contentType });
      expect(() => described({ key: 'scans/a' }, known)).toThrow(
        refusal('document.unsupported-type', /No file type can be told/),
      );
    },
  );

  it.each<[string, Partial<Arrival>, ObjectFacts | undefined]>([
    ['by its event', { sizeBytes: 0 }, undefined],
    ['by what S3 says', {}, facts({ sizeBytes: 0 })],
    ['though its type is not allowed either', { key: 'a.exe', sizeBytes: 0 }, undefined],
  ])('that is empty %s is refused', (_, more, known) => {
    expect(() => described(more, known)).toThrow(refusal('document.empty', /upload it again/));
  });

  it('is refused over the cap, which says that it is ours; at the cap it goes', () => {
    expect(described({ sizeBytes: 2000 }).sizeBytes).toBe(2000);
    expect(() => described({ sizeBytes: 2001 })).toThrow(
      refusal('document.too-large', /2001 bytes; the cap is 2000 .*maxDocumentBytes/),
    );
  });

  it('of which nothing is known is not sent', () => {
    const { sizeBytes: _, ...unknown } = arrival;
    expect(() => describedDocument(unknown, route, undefined, settings)).toThrow(
      refusal('document.empty', /empty/),
    );
  });
});
