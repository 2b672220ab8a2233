import { Readable } from 'node:stream';
import { UploaderError } from '../../../lib/pipeline/failures.ts';

/** What happens to a body after so many bytes. */
export interface BodyPlan {
  readonly afterBytes: number;
  /** Undefined: breaks off. */
  readonly goOn: Promise<void> | undefined;
}

/** Copies of the bytes, chunk by chunk; breaks where it is aborted, as the connection under a real body does. */
export function bodyOf(
  bytes: Buffer,
  chunkBytes: number,
  plan: BodyPlan | undefined,
  signal: AbortSignal,
): Readable {
  const stopsAt = plan?.afterBytes ?? Number.POSITIVE_INFINITY;
  let offset = 0;
  let stopped = false;
  const body = new Readable({
    highWaterMark: chunkBytes,
    read() {
      if (offset >= Math.min(stopsAt, bytes.length + 1) && !stopped) {
        stopped = true;
        if (plan?.goOn === undefined) body.destroy(broken());
        else void plan.goOn.then(() => body.destroyed || push());
      } else push();
    },
  });
  const push = () => {
    const end = Math.min(offset + chunkBytes, bytes.length, stopped ? bytes.length : stopsAt);
    const chunk = Buffer.from(bytes.subarray(offset, end));
    offset = end;
    body.push(chunk.length === 0 ? null : chunk);
  };
  // Opened and not yet read: what breaks it then shows itself to whoever reads.
  body.on('error', () => {});
  const onAbort = () => body.destroy(broken(signal.reason));
  signal.addEventListener('abort', onAbort, { once: true });
  body.once('close', () => signal.removeEventListener('abort', onAbort));
  return body;
}

const broken = (cause?: unknown) =>
  new UploaderError('document.unavailable', 'S3 broke off the body', { cause });
