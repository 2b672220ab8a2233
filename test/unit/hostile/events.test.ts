import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { destinationOf } from '../../../lib/pipeline/destination.ts';
import { describedDocument } from '../../../lib/pipeline/document.ts';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import { sentName, tagFor, tagIn } from '../../../lib/pipeline/file-name.ts';
import { documentKey } from '../../../lib/pipeline/identity.ts';
import type { Arrival, BatchPolicy, Route } from '../../../lib/pipeline/model.ts';
import { isOpaqueId } from '../../../lib/pipeline/opaque-id.ts';
import { readMessage } from '../../../lib/pipeline/read-message.ts';
import { routeFor } from '../../../lib/pipeline/route-for.ts';
import { memoryWorld } from '../../support/memory/world.ts';
import { arrivalsIn, eventBridge, inSns, read, record, recordOf, truth } from '../pipeline/messages.ts';

/** S3 says in `eventVersion` which fields there may be; every 2.x is read alike. */
const versions = ['2.0', '2.1', '2.2', '2.3', '2.4', '2.9', '2.10', '3.0', '', null, 2];
const envelopes: readonly ((event: unknown) => unknown)[] = [
  (event) => event,
  inSns,
  (event) => inSns(inSns(event)),
];

const anyKey = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 200 })
  .filter((key) => !key.endsWith('/'));
/** Mostly true, so that most records come through to where they can do harm. */
const mostly = (truth: fc.Arbitrary<unknown>, ...others: readonly unknown[]) =>
  fc.oneof({ weight: 8, arbitrary: truth }, { weight: 1, arbitrary: fc.constantFrom(...others) });
/** What may stand in an object of a record. */
const anyObject = fc.record(
  {
    key: mostly(anyKey.map(encodeURIComponent), '', '100%', '%FF', null, 7, [], 'a/'),
    size: mostly(fc.nat(), -1, 1.5, 1e300, '7', null, {}),
    eTag: mostly(fc.string({ minLength: 1 }), '"x"', 'W/"x"', '""', null, 7),
    etag: mostly(fc.string({ minLength: 1 }), '""', 7),
    versionId: mostly(fc.string(), 'null', '', null, []),
    'version-id': mostly(fc.string(), 'null', '', null, []),
    sequencer: mostly(fc.string(), 7, null, 'x'.repeat(9000)),
  },
  { requiredKeys: ['key'] },
);
const anyRecord = fc
  .tuple(
    anyObject,
    fc.constantFrom<unknown>(...versions),
    mostly(
      fc.constantFrom('2026-01-01T00:00:00Z', '+275760-09-13T00:00:00Z', '-000001-01-01T00:00:00Z'),
      'never',
      7,
    ),
  )
  .map(([object, eventVersion, eventTime]) => recordOf(object, { eventVersion, eventTime }));
const anyEvent = fc
  .tuple(
    fc.oneof(
      fc.array(anyRecord, { maxLength: 3 }).map((Records) => ({ Records })),
      anyObject.map((object) => ({ ...eventBridge, detail: { ...eventBridge.detail, object } })),
    ),
    fc.constantFrom(...envelopes),
  )
  .map(([event, envelope]) => envelope(event));

const route = (prefix: string, batch: BatchPolicy, metadataOverrides: boolean): Route => ({
  name: `r${prefix}`,
  prefix,
  classificationId: '-Oc',
  batch,
  metadataOverrides,
});
const anyPolicy = fc.constantFrom<BatchPolicy>(
  { by: 'folder' },
  { by: 'day' },
  { by: 'route', maxFiles: 3 },
  { by: 'object' },
  { id: '-Ofixed' },
);

/** What a body says: some characters are escaped on their way to SQS. */
function meant(body: string): unknown {
  try {
    return { json: JSON.parse(body) as unknown };
  } catch {
    return body;
  }
}

function expectWellFormed(arrival: Arrival): void {
  expect(JSON.parse(JSON.stringify(arrival))).toEqual(arrival);
  expect(arrival.bucket).not.toBe('');
  expect(arrival.key).not.toBe('');
  expect(arrival.versionId ?? 'none').not.toMatch(/^(?:null)?$/);
  expect(arrival.sizeBytes ?? 0).toBeGreaterThanOrEqual(0);
  expect(documentKey(arrival).sort).not.toBe('');
  const tag = tagFor(arrival, 1);
  expect(tagIn(sentName(arrival.key, 'pdf', tag))).toBe(tag);
}

describe('an event', () => {
  it('of any version and in any envelope is read alike', () => {
    for (const eventVersion of versions)
      for (const envelope of envelopes)
        expect(read(envelope({ Records: [{ ...record, eventVersion }] }))).toEqual(
          read({ Records: [record] }),
        );
  });

  it('that was cut off anywhere is malformed, and never half of it an arrival', () => {
    for (const message of truth) {
      const body = JSON.stringify(message);
      for (let end = 0; end < body.length; end += 1)
        expect(readMessage(body.slice(0, end)).kind).toBe('malformed');
      expect(readMessage(body).kind).not.toBe('malformed');
    }
  });

  it('gives arrivals with which every later stage can go on, or none; also when they are queued again', () => {
    let found = 0;
    fc.assert(
      fc.property(anyEvent, anyPolicy, (event, policy) => {
        const reading = read(event);
        if (reading.kind !== 'arrivals') return;
        for (const message of reading.messages) {
          found += 1;
          expectWellFormed(message.arrival);
          expect(arrivalsIn(read(message))).toEqual([message.arrival]);
          const { metadataOverrides: _, ...fields } = route('', policy, false);
          const facts = { extension: 'pdf', contentType: 'a/b', sizeBytes: 1, metadata: {} };
          const document = {
            arrival: message.arrival,
            route: { ...fields, metadataOverrides: false },
            ...facts,
          };
          expect(['slot', 'own', 'named']).toContain(destinationOf(document).kind);
        }
      }),
      { seed: 1, numRuns: 600 },
    );
    expect(found).toBeGreaterThan(300);
  });

  it('is handled to an end, whatever it holds: acknowledged, and nothing of it lost', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          anyEvent.map((event) => JSON.stringify(event)),
          fc.string(),
          fc.json(),
        ),
        async (body) => {
          const world = memoryWorld();
          await world.queue.send(body);
          const [verdict] = (await world.deliver()) as readonly { readonly kind: string }[];
          expect(['acknowledge', 'keep']).toContain(verdict?.kind);
          if (readMessage(body).kind === 'malformed')
            expect(world.deadLetters.messages().map((letter) => meant(letter.body))).toEqual([meant(body)]);
        },
      ),
      { seed: 2, numRuns: 150 },
    );
  });
});

describe('a key', () => {
  const percent = (byte: number, upper: boolean) => {
    const digits = byte.toString(16).padStart(2, '0');
    return `%${upper ? digits.toUpperCase() : digits}`;
  };
  const everyByte = (upper: boolean) => (key: string) =>
    [...Buffer.from(key)].map((byte) => percent(byte, upper)).join('');
  const spellings: readonly ((key: string) => string)[] = [
    (key) => new URLSearchParams([['', key]]).toString().slice(1),
    // As AWS's own services write it: slashes and a few marks as they are, a blank as +.
    (key) => encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/'),
    encodeURIComponent,
    everyByte(true),
    everyByte(false),
  ];

  it('comes back from every way to form-encode it', () => {
    const hard = fc.string({
      unit: fc.constantFrom('+', '%', ' ', '/', '"', '\r', '\n', '\0', '~', '漢', '😀', '%2B'),
    });
    fc.assert(
      fc.property(
        fc.oneof(
          anyKey,
          hard.filter((key) => /[^/]$/.test(key)),
        ),
        fc.constantFrom(...spellings),
        (key, spell) => {
          expect(
            arrivalsIn(read({ Records: [recordOf({ key: spell(key) })] })).map((each) => each.key),
          ).toEqual([key]);
        },
      ),
      { seed: 3, numRuns: 1000 },
    );
  });

  it('of 1,024 bytes, hostile in every one of them, is sent under a name that finds it again', () => {
    for (const unit of ['"', '\r\n', '\0', '%', '~', '.', '漢', '😀', '\u0301', '\\', '\ud800']) {
      const key = `${unit.repeat(Math.floor(1020 / Buffer.byteLength(unit)))}.pdf`;
      const { key: decoded = '' } =
        arrivalsIn(read({ Records: [recordOf({ key: encodeURIComponent(key.toWellFormed()) })] }))[0] ?? {};
      expect(decoded).toBe(key.toWellFormed());
      const name = sentName(key, 'pdf', 'abcdefghijk27');
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
      expect(tagIn(name)).toBe('abcdefghijk27');
    }
  });
});

describe('a name that a server has changed', () => {
  const changes: readonly ((name: string) => string)[] = [
    (name) => name,
    (name) => name.normalize('NFD'),
    (name) => name.normalize('NFC'),
    (name) => name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A'),
    (name) => name.replaceAll('%22', '"'),
    // Read as Latin-1; cut at a slash or a backslash; without its type; in a file system of its own.
    (name) => Buffer.from(name).toString('latin1'),
    (name) => name.split(/[\\/]/).at(-1) ?? '',
    (name) => name.replace(/\.[^.]*$/, ''),
    (name) => name.replace(/[^\w.~-]/g, '_'),
  ];

  it('still has its tag, for every change that is known of servers, and for two of them', () => {
    const tag = fc.nat().map((edition) => tagFor(read1, edition));
    const read1 = arrivalsIn(read({ Records: [record] }))[0] as Arrival;
    fc.assert(
      fc.property(
        anyKey,
        tag,
        fc.constantFrom(...changes),
        fc.constantFrom(...changes),
        (key, mark, one, other) => {
          expect(tagIn(other(one(sentName(`${key}.pdf`, 'pdf', mark))))).toBe(mark);
        },
      ),
      { seed: 4, numRuns: 1000 },
    );
  });
});

describe('metadata and routes', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 4 });
  const routes = fc.array(
    fc.tuple(word, anyPolicy, fc.boolean()).map((all) => route(...all)),
    { minLength: 1, maxLength: 6 },
  );
  const value = fc.oneof(
    fc.stringMatching(/^-O[\w-]{18}$/),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('?', '', 'x'.repeat(2000)),
  );
  const metadata = fc.dictionary(
    fc.constantFrom('extracta-batch-id', 'extracta-classification-id', 'other', '__proto__'),
    value,
    { maxKeys: 3, noNullPrototype: true },
  );
  const settings = memoryWorld().settings;

  it('override a route only where it permits that, only with ids, and else leave no mark', () => {
    fc.assert(
      fc.property(word, routes, metadata, (stem, all, given) => {
        const key = `${stem}x.pdf`;
        const arrival = { ...(arrivalsIn(read({ Records: [record] }))[0] as Arrival), key };
        const chosen = routeFor(arrival, all);
        const longest = all.filter(({ prefix }) => key.startsWith(prefix)).map(({ prefix }) => prefix.length);
        expect(chosen?.prefix.length).toBe(longest.length === 0 ? undefined : Math.max(...longest));
        if (chosen === undefined) return;
        const facts = { sizeBytes: 1, metadata: given };
        const to = () => destinationOf(describedDocument(arrival, chosen, facts, settings));
        const plain = destinationOf(
          describedDocument(arrival, chosen, { sizeBytes: 1, metadata: {} }, settings),
        );
        if (!chosen.metadataOverrides) {
          expect(to()).toEqual(plain);
          return;
        }
        try {
          const found = to();
          const { classificationId, batchId } =
            found.kind === 'named' ? found.pair : { ...found, batchId: undefined };
          expect(classificationId).toBe(given['extracta-classification-id'] ?? '-Oc');
          expect(batchId ?? given['extracta-batch-id']).toBe(given['extracta-batch-id'] ?? batchId);
          expect(isOpaqueId(classificationId) && isOpaqueId(batchId ?? 'x')).toBe(true);
        } catch (error) {
          if (!(error instanceof UploaderError)) throw error;
          expect(error.code).toBe('route.invalid-metadata');
        }
      }),
      { seed: 5, numRuns: 600 },
    );
  });
});
