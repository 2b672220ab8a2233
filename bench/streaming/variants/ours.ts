import { compose } from '../../../lambdas/compose.ts';
import type { Settings } from '../../../lambdas/settings.ts';
import { createTelemetry } from '../../../lib/aws/journal.ts';
import { pipelineSettings } from '../../../lib/config/pipeline-settings.ts';
import { BUCKET, CONTENT_TYPE, ETAG, keyOf } from '../document.ts';
import { BATCH, CLASSIFICATION, FILE_NAME, type Open, TOKEN } from './variant.ts';

const AN_HOUR_MS = 3_600_000;

/** The function's own composition, of which only the source and Extracta are used: whatever it sends with is what is measured. */
export const open: Open = async ({ sinkUrl }) => {
  const settings: Settings = {
    tableName: 'unused',
    queueUrl: 'http://127.0.0.1/unused',
    deadLetterQueueUrl: 'http://127.0.0.1/unused',
    pipeline: pipelineSettings({ routes: [{ prefix: '', classificationId: CLASSIFICATION }] }),
    apiToken: { value: TOKEN },
    extractaUrl: sinkUrl,
    forcePathStyle: true,
    recordConcurrency: 50,
  };
  const { source, extracta } = compose(settings, createTelemetry()).ports;
  const { signal } = new AbortController();
  return {
    async send(sizeBytes) {
      const arrival = { bucket: BUCKET, key: keyOf(sizeBytes), eTag: ETAG, sizeBytes, eventTimeMs: 0 };
      const { body } = await source.open(arrival, signal);
      await extracta.upload({
        classificationId: CLASSIFICATION,
        batchId: BATCH,
        fileName: FILE_NAME,
        contentType: CONTENT_TYPE,
        sizeBytes,
        body,
        closeBeforeMs: Date.now() + AN_HOUR_MS,
        signal,
      });
    },
  };
};
