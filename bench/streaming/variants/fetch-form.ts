import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { FormData, fetch } from 'undici';
import { BUCKET, CONTENT_TYPE, keyOf } from '../document.ts';
import { BATCH, CLASSIFICATION, FILE_NAME, type Open, TOKEN, UPLOAD_PATH } from './variant.ts';

/** undici's fetch with the standard's form, whose files are Blobs: the whole object in memory first. */
export const open: Open = async ({ sinkUrl }) => {
  const client = new S3Client({ forcePathStyle: true });
  return {
    async send(sizeBytes) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: keyOf(sizeBytes) }));
      const bytes = (await Body?.transformToByteArray()) as Uint8Array<ArrayBuffer>;
      const form = new FormData();
      form.append('classificationId', CLASSIFICATION);
      form.append('batchId', BATCH);
      form.append('files', new Blob([bytes], { type: CONTENT_TYPE }), FILE_NAME);
      const headers = { authorization: `Bearer ${TOKEN}` };
      const answer = await fetch(`${sinkUrl}${UPLOAD_PATH}`, { method: 'POST', headers, body: form });
      if (!answer.ok) throw new Error(`The sink answered ${answer.status}`);
      await answer.json();
    },
  };
};
