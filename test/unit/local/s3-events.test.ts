import { PutObjectCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createSequencer,
  eventKey,
  type ObjectCreated,
  objectCreatedEvent,
} from '../../../lib/local/s3-events.ts';
import { BUCKET, s3UnderTest, temporaryFolder } from '../../support/local-s3.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html, its example of a put. */
const DOCUMENTED = {
  Records: [
    {
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: 'us-west-2',
      eventTime: '1970-01-01T00:00:00.000Z',
      eventName: 'ObjectCreated:Put',
      userIdentity: { principalId: 'AIDAJDPLRKLG7UEXAMPLE' },
      requestParameters: { sourceIPAddress: '127.0.0.1' },
      responseElements: {
        'x-amz-request-id': 'C3D13FE58DE4C810',
        'x-amz-id-2': 'FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S/JRWeUWerMUE5JgHvANOjpD',
      },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'testConfigRule',
        bucket: {
          name: 'amzn-s3-demo-bucket',
          ownerIdentity: { principalId: 'A3NL1KOZZKExample' },
          arn: 'arn:aws:s3:::amzn-s3-demo-bucket',
        },
        object: {
          key: 'HappyFace.jpg',
          size: 1024,
          eTag: 'd41d8cd98f00b204e9800998ecf8427e',
          // An unversioned bucket's events have no versionId.
          sequencer: '0055AED6DCD90281E5',
        },
      },
    },
  ],
};

const created: ObjectCreated = {
  bucket: 'amzn-s3-demo-bucket',
  key: 'HappyFace.jpg',
  sizeBytes: 1024,
  eTag: 'd41d8cd98f00b204e9800998ecf8427e',
  how: 'Put',
  atMs: 0,
  sequencer: '0055AED6DCD90281E5',
};

test('the event has the shape of the one that AWS documents, and its values where they are told', () => {
  const event = objectCreatedEvent(created, 'us-west-2');
  expect(shape(event)).toEqual(shape(DOCUMENTED));
  const theirsToChoose = { userIdentity: expect.anything(), responseElements: expect.anything() };
  const [documented] = DOCUMENTED.Records;
  expect(event.Records).toEqual([
    {
      ...documented,
      ...theirsToChoose,
      s3: {
        ...documented?.s3,
        configurationId: expect.any(String),
        bucket: { ...documented?.s3.bucket, ownerIdentity: expect.anything() },
      },
    },
  ]);
});

test.each([
  ['red flower.jpg', 'red+flower.jpg'],
  ['a/b+c.pdf', 'a/b%2Bc.pdf'],
  ["it's (1)~!*.pdf", 'it%27s+%281%29%7E%21*.pdf'],
  ['naïve & 100%.pdf', 'na%C3%AFve+%26+100%25.pdf'],
  ['cr\r\nlf.pdf', 'cr%0D%0Alf.pdf'],
])('the key %j is spelled %s', (key, spelled) => {
  expect(eventKey(key)).toBe(spelled);
});

test('any key can be read back as a form value', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (key) => {
      expect(decodeURIComponent(eventKey(key).replaceAll('+', ' '))).toBe(key);
    }),
  );
});

test('sequencers rise within a millisecond, when the clock falls back, and after a restart', () => {
  let now = 1_800_000_000_000;
  const next = createSequencer(() => now);
  const seen = [next(), next(), next()];
  now -= 5_000;
  seen.push(next());
  now += 60_000;
  seen.push(next(), createSequencer(() => now + 1)());
  expect(seen).toEqual(seen.toSorted());
  expect(new Set(seen).size).toBe(seen.length);
  for (const one of seen) expect(one).toMatch(/^[0-9A-F]{18}$/);
});

test('a write over HTTP tells its size, ETag and time; a folder marker is told too', async () => {
  await using dir = await temporaryFolder();
  await using local = await s3UnderTest(dir.path, { nowMs: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678) });
  await local.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'in box/', Body: new Uint8Array() }));
  await local.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'in box/a.txt', Body: 'hello' }));
  const [marker, object] = local.created.map((one) => objectCreatedEvent(one, 'eu-west-1').Records[0]);
  expect(marker?.s3.object).toMatchObject({
    key: 'in+box/',
    size: 0,
    eTag: 'd41d8cd98f00b204e9800998ecf8427e',
  });
  expect(object).toMatchObject({
    awsRegion: 'eu-west-1',
    eventTime: '2026-01-02T03:04:05.678Z',
    eventName: 'ObjectCreated:Put',
    s3: {
      bucket: { name: BUCKET, arn: `arn:aws:s3:::${BUCKET}` },
      object: { key: 'in+box/a.txt', size: 5, eTag: '5d41402abc4b2a76b9719d911017c592' },
    },
  });
  const order = (one: typeof object) => BigInt(`0x${one?.s3.object.sequencer}`);
  expect(order(object)).toBeGreaterThan(order(marker));
});

/** The names at every depth and the types of the values. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shape(inner)]));
}
