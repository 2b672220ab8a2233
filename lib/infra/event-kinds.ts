/** What is told of documents, on which change of the ledger, and in which words. Pure data: `events.ts` makes pipes of it. */

export const EVENT_SOURCE = 'extracta-uploader';
/** Rises when a field changes its meaning or goes; fields may be added within a version. */
export const DETAIL_VERSION = '1';

/** The state that a document has come to. */
export type EventKind = 'uploaded' | 'parked' | 'skipped';

export const EVENT_KINDS = ['uploaded', 'parked', 'skipped'] as const satisfies readonly EventKind[];

export const DETAIL_TYPES: Readonly<Record<EventKind, string>> = {
  uploaded: 'Document Uploaded',
  parked: 'Document Parked',
  skipped: 'Document Skipped',
};

/**
 * The patterns of a pipe, any of which lets a stream record through: an item that is in this state and was not. A pattern
 * can't compare old with new, and one that asks something of an image that is missing matches nothing, so an item that is
 * new has a pattern of its own. Writes within the state (a late look done, a second file found, a redrive noted) stay out.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-filtering.html
 */
export function patternsOf(state: EventKind): readonly object[] {
  const NewImage = { kind: { S: ['document'] }, state: { S: [state] } };
  return [
    { eventName: ['INSERT'], dynamodb: { NewImage } },
    {
      eventName: ['MODIFY'],
      dynamodb: { NewImage, OldImage: { state: { S: [{ 'anything-but': [state] }] } } },
    },
  ];
}

const image = (path: string) => `$.dynamodb.NewImage.${path}`;

/** In every detail. Each attribute is there in every item, for a path that leads nowhere makes no valid detail. */
const ALWAYS = {
  changeId: '$.eventID',
  bucket: image('arrival.M.bucket.S'),
  key: image('arrival.M.key.S'),
  objectVersion: image('sort.S'),
  eTag: image('arrival.M.eTag.S'),
  state: image('state.S'),
  edition: image('edition.N'),
  firstSeenAtMs: image('firstSeenAtMs.N'),
  changedAtMs: image('updatedAtMs.N'),
};

const OF_KIND: Readonly<Record<EventKind, Readonly<Record<string, string>>>> = {
  uploaded: {
    classificationId: image('mapping.M.classificationId.S'),
    batchId: image('mapping.M.batchId.S'),
    fileId: image('mapping.M.fileId.S'),
    fileName: image('mapping.M.fileName.S'),
    uploadedAtMs: image('mapping.M.uploadedAtMs.N'),
  },
  parked: {
    reasonCode: image('lastFailure.M.code.S'),
    message: image('lastFailure.M.message.S'),
    parkId: image('parkId.S'),
    attempts: image('attempts.N'),
    redrives: image('redrives.N'),
  },
  skipped: { reasonCode: image('skippedBecause.S') },
};

/**
 * The detail as Pipes' input template. Its variables stand without quotes: Pipes puts in JSON, so that a key may hold any
 * character. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
 */
export function detailTemplate(kind: EventKind): string {
  const paths = Object.entries({ ...ALWAYS, ...OF_KIND[kind] });
  const fields = paths.map(([name, path]) => `${JSON.stringify(name)}: <${path}>`);
  return `{"version": "${DETAIL_VERSION}", ${fields.join(', ')}}`;
}
