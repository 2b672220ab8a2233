import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CONTENT_TYPE, ETAG, piecesOf, sizeOf } from './document.ts';
import { serveBoth } from './two-servers.ts';

/** A process of its own: S3's GetObject and nothing more, from one buffer. Signatures and If-Match are not looked at. */
await serveBoth(
  (request, response) =>
    void answer(request, response).catch(() => {
      // The reader has gone.
      response.destroy();
    }),
);

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const sizeBytes = sizeOf(request.url ?? '');
  if (sizeBytes === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    'content-length': sizeBytes,
    'content-type': CONTENT_TYPE,
    etag: `"${ETAG}"`,
    'last-modified': 'Mon, 02 Nov 2026 10:00:00 GMT',
    'accept-ranges': 'bytes',
    'x-amz-request-id': '0123456789ABCDEF',
    server: 'AmazonS3',
  });
  for (const piece of piecesOf(sizeBytes)) {
    if (!response.write(piece) && sizeBytes > piece.length) await drained(response);
  }
  response.end();
}

async function drained(response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  const onClose = () => gone.abort();
  response.once('close', onClose);
  await once(response, 'drain', { signal: gone.signal }).finally(() => response.off('close', onClose));
}
