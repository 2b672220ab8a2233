import { expect } from 'vitest';
import type { Arrival } from '../../../lib/pipeline/model.ts';
import { type Reading, readMessage } from '../../../lib/pipeline/read-message.ts';

/** True messages: AWS's own samples, and one of each kind that we queue. */

/** The sample of an `s3:ObjectCreated:Put`, as AWS prints it. */
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
export const record = {
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
      name: 'mybucket',
      ownerIdentity: { principalId: 'A3NL1KOZZKExample' },
      arn: 'arn:aws:s3:::mybucket',
    },
    object: {
      key: 'HappyFace.jpg',
      size: 1024,
      eTag: 'd41d8cd98f00b204e9800998ecf8427e',
      versionId: '096fKKXTRTtl3on89fVO.nfljtsv6qko',
      sequencer: '0055AED6DCD90281E5',
    },
  },
};

export const happyFace: Arrival = {
  bucket: 'mybucket',
  key: 'HappyFace.jpg',
  versionId: '096fKKXTRTtl3on89fVO.nfljtsv6qko',
  eTag: 'd41d8cd98f00b204e9800998ecf8427e',
  sizeBytes: 1024,
  sequencer: '0055AED6DCD90281E5',
  eventTimeMs: 0,
};

/** The same record of another object. */
export const recordOf = (
  object: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
) => ({
  ...record,
  ...more,
  s3: { ...record.s3, object: { ...record.s3.object, ...object } },
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
export const eventBridge = {
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  'detail-type': 'Object Created',
  source: 'aws.s3',
  account: '111122223333',
  time: '2021-11-12T00:00:00Z',
  region: 'ca-central-1',
  resources: ['arn:aws:s3:::amzn-s3-demo-bucket1'],
  detail: {
    version: '0',
    bucket: { name: 'amzn-s3-demo-bucket1' },
    object: {
      key: 'example-key',
      size: 5,
      etag: 'b1946ac92492d2347c6235b4d2611184',
      'version-id': 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
      sequencer: '617f08299329d189',
    },
    'request-id': 'N4N7GDK58NMKJ12R',
    requester: '123456789012',
    'source-ip-address': '1.2.3.4',
    reason: 'PutObject',
  },
};

// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
export const inSns = (message: unknown) => ({
  Type: 'Notification',
  MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
  TopicArn: 'arn:aws:sns:us-west-2:123456789012:MyTopic',
  Subject: 'Amazon S3 Notification',
  Message: JSON.stringify(message),
  Timestamp: '2012-05-02T00:54:06.655Z',
  SignatureVersion: '1',
});

export const testEvent = {
  Service: 'Amazon S3',
  Event: 's3:TestEvent',
  Time: '2014-10-13T15:57:02.089Z',
  Bucket: 'bucketname',
  RequestId: '5582815E1AEA5ADF',
  HostId: '8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE',
};

// What we queue ourselves.
export const arrival = { uploader: 'arrival', arrival: happyFace, parkId: 'p1', redrives: 1 };
export const file = { classificationId: '-Oc', batchId: '-Ob', fileId: '-Of', fileName: 'a.pdf' };
export const receipt = { uploader: 'receipt', arrival: happyFace, edition: 1, file, answeredAtMs: 5 };
export const opens = { slot: { kind: 'slot', partition: '#slot/c/r', sort: '=' }, generation: 2 };
export const look = {
  uploader: 'look',
  arrival: happyFace,
  edition: 1,
  tag: 'aaaaaaaaaaaaa',
  pairs: [{ classificationId: '-Oc', batchId: '-Ob' }],
  notBeforeMs: 5,
  giveUpAtMs: 9,
};

/** One of each kind. */
export const truth = [
  { Records: [record, record] },
  eventBridge,
  testEvent,
  arrival,
  receipt,
  { ...receipt, opens },
  look,
];

export const read = (body: unknown) => readMessage(JSON.stringify(body));

export const arrivalsIn = (reading: Reading): readonly Arrival[] =>
  reading.kind === 'arrivals' ? reading.messages.map(({ arrival }) => arrival) : expect.fail(reading.kind);
export const ignoredIn = (reading: Reading) =>
  reading.kind === 'arrivals' ? reading.ignored : expect.fail(reading.kind);
export const whyMalformed = (reading: Reading) =>
  reading.kind === 'malformed' ? reading.why : expect.fail(`read as ${reading.kind}`);
