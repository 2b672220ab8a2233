import type { Arrival } from '../../../lib/pipeline/model.ts';

/** The event that S3 queues for objects that were created. */
export function arrivalEvent(...arrivals: readonly Arrival[]): string {
  return JSON.stringify({
    Records: arrivals.map(({ bucket, key, versionId, eTag, sizeBytes, sequencer, eventTimeMs }) => ({
      eventName: 'ObjectCreated:Put',
      eventTime: new Date(eventTimeMs).toISOString(),
      s3: {
        bucket: { name: bucket },
        object: {
          key: encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/'),
          versionId,
          eTag,
          size: sizeBytes,
          sequencer,
        },
      },
    })),
  });
}
