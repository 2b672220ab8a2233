import { HeadObjectCommand } from '@aws-sdk/client-s3';
import type { Peek } from './dead-letter-peek.ts';
import { type FindRequest, objectNamed } from './look-up.ts';
import type { OpenLine } from './open-line.ts';
import { iso } from './story.ts';

/** Where the ledger knows nothing: what S3 and the dead letters say, and what nobody can. */
export async function notesOnNothing(
  open: OpenLine,
  { what, mayScan }: Pick<FindRequest, 'what' | 'mayScan'>,
  peek: Peek | undefined,
): Promise<readonly string[]> {
  const object = objectNamed(what, open.line.bucket);
  if (object === undefined) return ['The ledger knows nothing by that name.', NO_BUCKET];
  const letters = peek?.letters.filter(({ arrivals }) =>
    arrivals.some(({ bucket, key }) => bucket === object.bucket && key === object.key),
  );
  return [
    'The ledger knows nothing by that name.',
    ...(mayScan
      ? []
      : ['Prefixes, and files beside the mapped one, were not looked for: leave --no-scan out.']),
    object.key === '' ? undefined : await saidByS3(open, object),
    isElsewhere(object, open) ? `This line reads ${open.line.bucket}, not ${object.bucket}.` : undefined,
    ...(letters ?? []).map(
      ({ reason, sentAtMs }) => `A dead letter of ${iso(sentAtMs)} names it: ${reason}.`,
    ),
    ...(peek === undefined || peek.isComplete ? [] : ['Not every dead letter could be read.']),
    'Whether a message for it waits in the queue cannot be known without taking it from the function.',
  ].filter((note) => note !== undefined);
}

const isElsewhere = ({ bucket }: { bucket: string }, { line }: OpenLine) =>
  line.bucket !== undefined && line.bucket !== bucket;

const NO_BUCKET = 'No bucket is known here: give the whole s3:// URI, or --bucket.';

async function saidByS3(
  { clients, host }: OpenLine,
  object: { bucket: string; key: string },
): Promise<string> {
  try {
    const head = new HeadObjectCommand({ Bucket: object.bucket, Key: object.key });
    const { LastModified } = await clients.s3.send(head, { abortSignal: host.interrupted });
    const since = LastModified === undefined ? '' : ` since ${LastModified.toISOString()}`;
    return `The object is in the bucket${since}: its event has not been read yet, or matches no route, or it is older than the uploader. backfill queues it.`;
  } catch (error) {
    const { $metadata, name } = error as { $metadata?: { httpStatusCode?: number }; name: string };
    return $metadata?.httpStatusCode === 404
      ? `There is no object s3://${object.bucket}/${object.key}.`
      : `S3 does not say whether the object is there: ${$metadata?.httpStatusCode ?? name}.`;
  }
}
