import { Agent, type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { BUCKET, CONTENT_TYPE, keyOf } from '../document.ts';
import { type Open, TOKEN, UPLOAD_PATH } from './variant.ts';

/** As many as are ever asked for at once. */
const SOCKETS = 50;

/** What every comparison is held against: the SDK's body piped into a request, no form and no check. */
export const open: Open = async ({ sinkUrl }) => {
  // As ours: S3's default checksum is computed in JavaScript, and would flatter us.
  const client = new S3Client({ forcePathStyle: true, responseChecksumValidation: 'WHEN_REQUIRED' });
  const isTls = sinkUrl.startsWith('https:');
  const sockets = { keepAlive: true, maxSockets: SOCKETS };
  const agent = isTls ? new TlsAgent(sockets) : new Agent(sockets);
  const request = isTls ? tlsRequest : plainRequest;
  return {
    async send(sizeBytes) {
      const got = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: keyOf(sizeBytes) }));
      const post = request(`${sinkUrl}${UPLOAD_PATH}`, {
        method: 'POST',
        agent,
        headers: {
          authorization: `Bearer ${TOKEN}`,
          'content-type': CONTENT_TYPE,
          'content-length': got.ContentLength,
        },
      });
      const answered = answerOf(post);
      await Promise.all([pipeline(got.Body as Readable, post), answered]);
    },
  };
};

function answerOf(post: ClientRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    post.once('error', reject);
    post.once('response', (response: IncomingMessage) => {
      if (response.statusCode !== 200) reject(new Error(`The sink answered ${response.statusCode}`));
      response.once('error', reject).once('end', resolve).resume();
    });
  });
}
