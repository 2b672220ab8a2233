import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessage } from '../../../lib/pipeline/read-message.ts';
import {
  arrivalsIn,
  eventBridge,
  happyFace,
  ignoredIn,
  inSns,
  read,
  record,
  recordOf,
  testEvent,
  truth,
  whyMalformed,
} from './messages.ts';

describe("S3's own notification", () => {
  it("is read as AWS's sample says", () => {
    expect(read({ Records: [record] })).toEqual({
      kind: 'arrivals',
      messages: [{ uploader: 'arrival', arrival: happyFace }],
      ignored: [],
    });
  });

  it('may hold several records: each is an arrival of its own, in their order', () => {
    const keys = ['a.pdf', 'b.pdf', 'c.pdf'];
    const reading = read({ Records: keys.map((key) => recordOf({ key })) });
    expect(arrivalsIn(reading).map(({ key }) => key)).toEqual(keys);
  });

  // As some S3-compatible servers write it.
  it.each([
    's3:ObjectCreated:Put',
    'ObjectCreated:Post',
    'ObjectCreated:Copy',
    'ObjectCreated:CompleteMultipartUpload',
  ])('counts %s as a creation, not Put alone', (eventName) =>
    expect(arrivalsIn(read({ Records: [{ ...record, eventName }] }))).toEqual([happyFace]),
  );

  it.each([
    'ObjectRemoved:Delete',
    'ObjectRestore:Completed',
    'ReducedRedundancyLostObject',
    'ObjectTagging:Put',
  ])('ignores %s, counted, beside what was created', (eventName) => {
    const reading = read({ Records: [{ ...record, eventName }, record] });
    expect(arrivalsIn(reading)).toEqual([happyFace]);
    expect(ignoredIn(reading)).toEqual(['not-a-creation']);
  });

  it('of an object whose name no ledger could hold is malformed: it is parked whole, and not tried for ever', () => {
    expect(whyMalformed(read({ Records: [recordOf({ key: 'k'.repeat(2100) })] }))).toMatch(
      /^the object's name has \d+ bytes, more than 2048$/,
    );
  });

  it('decodes the key: + is a blank, %2B a plus ("red flower.jpg" comes as "red+flower.jpg")', () => {
    const decoded = (key: string) => arrivalsIn(read({ Records: [recordOf({ key })] }))[0]?.key;
    expect(decoded('red+flower.jpg')).toBe('red flower.jpg');
    expect(decoded('1%2B1%3D2+%25+%22x%22%0D%0A.pdf')).toBe('1+1=2 % "x"\r\n.pdf');
    expect(decoded('%E8%AB%8B%E6%B1%82/%F0%9F%98%80.pdf')).toBe('請求/😀.pdf');
  });

  it('gives back every key that S3 could hold, as form encoding sends it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), (key) => {
        const encoded = new URLSearchParams([['', key]]).toString().slice(1);
        expect(arrivalsIn(read({ Records: [recordOf({ key: encoded })] }))[0]?.key).toBe(key);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it.each([
    ['absent', undefined],
    ['null', null],
    ['the literal null of an unversioned bucket', 'null'],
    ['empty', ''],
  ])('has no version where the id is %s: the ETag counts', (_, versionId) => {
    const [found] = arrivalsIn(read({ Records: [recordOf({ versionId })] }));
    expect(found).not.toHaveProperty('versionId');
    expect(found?.eTag).toBe(happyFace.eTag);
  });

  it('takes the quotes off an ETag', () => {
    expect(arrivalsIn(read({ Records: [recordOf({ eTag: '"abc-2"' })] }))[0]?.eTag).toBe('abc-2');
  });

  it('takes a version without an ETag', () => {
    expect(arrivalsIn(read({ Records: [recordOf({ eTag: undefined })] }))[0]?.eTag).toBe('');
  });

  it.each([undefined, null, '1024', -1, 1.5, 2 ** 60])(
    'leaves a size of %s out, to be asked of S3',
    (size) => {
      expect(arrivalsIn(read({ Records: [recordOf({ size })] }))[0]).not.toHaveProperty('sizeBytes');
    },
  );

  it('keeps a size of 0: the document is empty, and S3 need not be asked', () => {
    expect(arrivalsIn(read({ Records: [recordOf({ size: 0 })] }))[0]?.sizeBytes).toBe(0);
  });

  it('goes without a sequencer', () => {
    expect(arrivalsIn(read({ Records: [recordOf({ sequencer: undefined })] }))[0]).not.toHaveProperty(
      'sequencer',
    );
  });

  it.each([0, undefined])(
    'ignores a folder marker (a key that ends with a slash, size %s), counted',
    (size) => {
      const reading = read({ Records: [recordOf({ key: 'letters/', size }), record] });
      expect(arrivalsIn(reading)).toEqual([happyFace]);
      expect(ignoredIn(reading)).toEqual(['folder-marker']);
    },
  );

  it('takes an object with bytes for a document, though its key ends with a slash', () => {
    expect(arrivalsIn(read({ Records: [recordOf({ key: 'letters/', size: 7 })] }))).toHaveLength(1);
  });

  it('is counted even where it holds no record at all', () => {
    expect(read({ Records: [] })).toEqual({ kind: 'arrivals', messages: [], ignored: ['no-records'] });
  });
});

describe("S3's test event", () => {
  it('is recognised and ignored, counted', () => {
    expect(read(testEvent)).toEqual({ kind: 'arrivals', messages: [], ignored: ['test-event'] });
  });
});

describe("EventBridge's Object Created", () => {
  it("is read as AWS's sample says", () => {
    expect(arrivalsIn(read(eventBridge))).toEqual([
      {
        bucket: 'amzn-s3-demo-bucket1',
        key: 'example-key',
        versionId: 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
        eTag: 'b1946ac92492d2347c6235b4d2611184',
        sizeBytes: 5,
        sequencer: '617f08299329d189',
        eventTimeMs: Date.UTC(2021, 10, 12),
      },
    ]);
  });

  it('has its key as it is, not URL-encoded', () => {
    const object = { ...eventBridge.detail.object, key: '100%+1 %41.pdf' };
    const [found] = arrivalsIn(read({ ...eventBridge, detail: { ...eventBridge.detail, object } }));
    expect(found?.key).toBe('100%+1 %41.pdf');
  });

  it.each(['Object Deleted', 'Object Tags Added', undefined])('ignores %s, counted', (type) => {
    expect(ignoredIn(read({ ...eventBridge, 'detail-type': type }))).toEqual(['not-a-creation']);
  });

  it('ignores a folder marker, counted', () => {
    const object = { ...eventBridge.detail.object, key: 'letters/', size: 0 };
    const reading = read({ ...eventBridge, detail: { ...eventBridge.detail, object } });
    expect(ignoredIn(reading)).toEqual(['folder-marker']);
  });
});

describe('an SNS envelope', () => {
  it.each([
    ['a notification', { Records: [record] }],
    ['an EventBridge event', eventBridge],
    ['a test event', testEvent],
  ])('around %s changes nothing', (_, event) => {
    expect(read(inSns(event))).toEqual(read(event));
  });

  it('around something that is no JSON is malformed', () => {
    expect(whyMalformed(read({ Type: 'Notification', Message: 'hello' }))).toBe('the body is no JSON');
  });

  it('around no object is malformed, and says which of the two', () => {
    expect(whyMalformed(read(inSns([1])))).toBe('the SNS message is no object');
  });
});

describe('a body that is none of these', () => {
  it.each([
    ['no JSON', '{"Records":', 'the body is no JSON'],
    ['empty', '', 'the body is no JSON'],
    ['a list', '[]', 'the body is no object'],
    ['null', 'null', 'the body is no object'],
    ['a text', '"Records"', 'the body is no object'],
    ['of another service', '{"source":"aws.ec2"}', 'the body is no S3 event'],
    ['an envelope without a message', '{"Type":"Notification"}', 'the body is no S3 event'],
    ['records that are no list', '{"Records":{}}', 'the body is no S3 event'],
    ['a record that is no object', '{"Records":[7]}', 'a record is no object'],
  ])('(%s) is malformed, and says why', (_, body, why) => {
    expect(readMessage(body)).toEqual({ kind: 'malformed', why });
  });

  it.each([
    ['no s3', { ...record, s3: undefined }, "a record's s3 is no object"],
    ['no object', { ...record, s3: { bucket: { name: 'b' } } }, "a record's s3.object is no object"],
    ['no bucket', { ...record, s3: { ...record.s3, bucket: 'b' } }, "a record's s3.bucket is no object"],
    [
      'a bucket without a name',
      { ...record, s3: { ...record.s3, bucket: {} } },
      "the bucket's name is no text",
    ],
    [
      'an empty bucket',
      { ...record, s3: { ...record.s3, bucket: { name: '' } } },
      "the bucket's name is empty",
    ],
    ['no key', recordOf({ key: undefined }), "a record's key is no text"],
    ['an empty key', recordOf({ key: '' }), 'the key is empty'],
    ['a key that is not URL-encoded', recordOf({ key: '100%.pdf' }), "a record's key is not URL-encoded"],
    ['a key whose bytes are no UTF-8', recordOf({ key: '%FF.pdf' }), "a record's key is not URL-encoded"],
    ['a version that is no text', recordOf({ versionId: 1 }), 'the version id is no text'],
    [
      'neither version nor ETag',
      recordOf({ versionId: 'null', eTag: '""' }),
      'an object has neither version id nor ETag',
    ],
    ['a sequencer that is no text', recordOf({ sequencer: 5 }), 'the sequencer is no text'],
    ['no time', { ...record, eventTime: undefined }, "the event's time is no text"],
    ['a time that is none', { ...record, eventTime: 'yesterday' }, "the event's time is no time"],
  ])('(a creation with %s) is malformed as a whole, and says why', (_, broken, why) => {
    expect(read({ Records: [record, broken] })).toEqual({ kind: 'malformed', why });
  });

  it.each([[undefined], [null], [7], [{}], [[]], [{ toString: 1, valueOf: 1 }]])(
    'is no creation where its event name is %j',
    (eventName) => {
      expect(ignoredIn(read({ Records: [{ ...record, eventName }] }))).toEqual(['not-a-creation']);
    },
  );
});

describe('whatever stands in a message', () => {
  const kinds = ['arrivals', 'ours', 'malformed'];
  /** Every place in a value: the keys that lead to it. */
  const placesIn = (value: unknown): readonly (readonly string[])[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, part]) => [
          [name],
          ...placesIn(part).map((place) => [name, ...place]),
        ])
      : [];
  const replaced = (value: unknown, [name = '', ...rest]: readonly string[], by: unknown): unknown => {
    const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
    return Object.assign(copy, {
      [name]: rest.length === 0 ? by : replaced(Reflect.get(copy, name), rest, by),
    });
  };
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>(undefined, '', 'null', -1, 1e300, { toString: 1, valueOf: 1 }, [[[]]], '%', '/'),
  );
  /** True messages in which one or two values are something else. */
  const hostile = fc
    .tuple(
      fc.constantFrom<unknown>(...truth),
      fc.array(fc.tuple(fc.nat(), anything), { minLength: 1, maxLength: 2 }),
    )
    .map(([message, changes]) =>
      changes.reduce((changed, [place, by]) => {
        const places = placesIn(changed);
        return replaced(changed, places[place % places.length] ?? ['uploader'], by);
      }, message),
    )
    .chain((message) => fc.constantFrom(message, inSns(message)));

  it('reading it never throws: any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (body) => {
        expect(kinds).toContain(readMessage(body).kind);
      }),
      { seed: 2, numRuns: 1000 },
    );
  });

  it('reading it never throws: any shape with the names that we look for', () => {
    fc.assert(
      fc.property(hostile, (event) => {
        expect(kinds).toContain(read(event).kind);
      }),
      { seed: 3, numRuns: 1000 },
    );
  });

  it('reading it never throws: nested as deep as a message allows', () => {
    const deep = (open: string, close: string) => open.repeat(200_000) + close.repeat(200_000);
    expect(whyMalformed(readMessage(deep('[', ']')))).toBe('the body is no object');
    expect(readMessage(`{"Records":[{"eventName":${deep('[', ']')}}]}`).kind).toBe('arrivals');
  });

  it('what was read as arrivals names a bucket, a key, a version or an ETag, and a time', () => {
    fc.assert(
      fc.property(hostile, (event) => {
        const reading = read(event);
        for (const { bucket, key, versionId, eTag, eventTimeMs } of reading.kind === 'arrivals'
          ? arrivalsIn(reading)
          : []) {
          expect(bucket).not.toBe('');
          expect(key).not.toBe('');
          expect(versionId ?? eTag).not.toBe('');
          expect(new Date(eventTimeMs).toISOString()).toMatch(/Z$/);
        }
      }),
      { seed: 4, numRuns: 1000 },
    );
  });
});
