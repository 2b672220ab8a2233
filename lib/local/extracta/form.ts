import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import busboy from 'busboy';
import { PageCount } from './page-count.ts';

/** A part that holds a file, read to its end; its bytes are not kept. */
export interface ReadFile {
  readonly fileName: string;
  readonly contentType: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly numberOfPages?: number;
}

export interface ReadForm {
  /** The parts' names, in order. */
  readonly order: readonly string[];
  readonly fields: ReadonlyMap<string, string>;
  readonly files: readonly ReadFile[];
}

/** What is known when a file part begins. */
export interface FileHead {
  readonly fields: ReadonlyMap<string, string>;
  readonly fileName: string;
}

export interface FormWatcher {
  /** Called when the first file part begins. */
  fileBegun(head: FileHead): void;
  /** Called with the first file's bytes read so far. */
  bytesRead(sizeBytes: number): void;
}

/** Parses a form as it comes in. Rejects if it is malformed, or cut off before its end. */
export async function readForm(request: IncomingMessage, watcher: FormWatcher): Promise<ReadForm> {
  const order: string[] = [];
  const fields = new Map<string, string>();
  const files: Promise<ReadFile>[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<ReadForm>();
  const parser = busboy({
    headers: request.headers,
    defParamCharset: 'utf8',
    preservePath: true,
    fileHwm: 256 * 1024,
  });
  parser.on('field', (name, value) => {
    order.push(name);
    fields.set(name, value);
  });
  parser.on('file', (name, body, info) => {
    order.push(name);
    const isFirst = files.length === 0;
    // busboy leaves it undefined, whatever its types say, where a part has a type of file but no name.
    const fileName = info.filename ?? '';
    if (isFirst) watcher.fileBegun({ fields, fileName });
    const read = readFile(body, fileName, info.mimeType, isFirst ? watcher : undefined);
    read.catch(reject);
    files.push(read);
  });
  parser.once('error', reject);
  parser.once('close', () => {
    Promise.all(files).then((read) => resolve({ order, fields, files: read }), reject);
  });
  request.once('close', () => {
    if (request.complete) return;
    reject(new Error('The request was cut off.'));
    parser.destroy();
  });
  request.pipe(parser);
  return promise;
}

async function readFile(
  body: Readable,
  fileName: string,
  contentType: string,
  watcher: FormWatcher | undefined,
): Promise<ReadFile> {
  const hash = createHash('sha256');
  const pages = new PageCount();
  let sizeBytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    hash.update(chunk);
    pages.see(chunk);
    sizeBytes += chunk.length;
    watcher?.bytesRead(sizeBytes);
  }
  const numberOfPages = pages.end();
  return {
    fileName,
    contentType,
    sha256: hash.digest('hex'),
    sizeBytes,
    ...(numberOfPages === undefined ? {} : { numberOfPages }),
  };
}
