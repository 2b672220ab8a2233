import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import axios from 'axios';
import FormData from 'form-data';
import { BUCKET, keyOf } from '../document.ts';
import { BATCH, CLASSIFICATION, FILE_NAME, type Open, TOKEN, UPLOAD_PATH } from './variant.ts';

/** The vendor's sample as people copy it, its file stream replaced by S3's: redirects as axios has them, which keeps the whole body. */
export const open: Open = async ({ sinkUrl }) => {
  const client = new S3Client({ forcePathStyle: true });
  return {
    async send(sizeBytes) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: keyOf(sizeBytes) }));
      const form = new FormData();
      form.append('classificationId', CLASSIFICATION);
      form.append('batchId', BATCH);
      form.append('files', Body, FILE_NAME);
      await axios.post(`${sinkUrl}${UPLOAD_PATH}`, form, {
        headers: { ...form.getHeaders(), Authorization: `Bearer ${TOKEN}` },
        maxBodyLength: Number.POSITIVE_INFINITY,
      });
    },
  };
};
