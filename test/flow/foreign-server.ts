import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import formidable from 'formidable';
import { CANARY_URL } from '../support/leaks/canaries.ts';

/** What a server that is not ours saw of one upload, by a parser that is not ours. */
export interface SeenUpload {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly hasLength: boolean;
  /** The parts in order, each with its value; of a file, its hash. */
  readonly parts: readonly (readonly [name: string, value: string])[];
  readonly fileName: string;
  readonly sha256: string;
  readonly batchId: string | undefined;
}

export interface ForeignServer extends AsyncDisposable {
  readonly origin: string;
  readonly uploads: readonly SeenUpload[];
  /** Everything else that was asked: `POST /path`. */
  readonly others: readonly string[];
}

type Answer = { readonly status: number; readonly type?: string; readonly body: string };

export interface ForeignAnswers {
  readonly upload?: (upload: SeenUpload, n: number) => Answer | undefined;
  /** Default: 404, in HTML. */
  readonly other?: Answer;
}

const NOT_FOUND: Answer = { status: 404, type: 'text/html', body: '<h1>Not found</h1>' };

/** Answers as the vendor documents, and knows nothing but uploadFiles. */
export async function startForeignServer(
  uploadDir: string,
  answers: ForeignAnswers = {},
): Promise<ForeignServer> {
  const uploads: SeenUpload[] = [];
  const others: string[] = [];
  const server = createServer(async (request, response) => {
    if (!request.url?.endsWith('/uploadFiles')) {
      request.resume();
      others.push(`${request.method} ${request.url}`);
      return answer(response, answers.other ?? NOT_FOUND);
    }
    const upload = await readUpload(request, uploadDir);
    uploads.push(upload);
    answer(response, answers.upload?.(upload, uploads.length) ?? documented(upload, uploads.length));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.close();
    server.closeAllConnections();
  };
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, uploads, others, [Symbol.asyncDispose]: close };
}

/** The part of formidable that is used here: it hashes what it wrote to disk. */
interface Form {
  on(event: 'field', listener: (name: string, value: string) => void): void;
  on(event: 'file', listener: (name: string, file: FormFile) => void): void;
  parse(request: IncomingMessage): Promise<unknown>;
}

interface FormFile {
  readonly originalFilename: string | null;
  readonly hash?: string | null;
}

function openForm(uploadDir: string): Form {
  const options = { keepExtensions: false, uploadDir, hashAlgorithm: 'sha256', maxFileSize: 2 ** 31 };
  return formidable(options) as unknown as Form;
}

async function readUpload(request: IncomingMessage, uploadDir: string): Promise<SeenUpload> {
  const form = openForm(uploadDir);
  const parts: [string, string][] = [];
  let [fileName, sha256] = ['', ''];
  form.on('field', (name, value) => parts.push([name, value]));
  form.on('file', (name, file) => {
    fileName = file.originalFilename ?? '';
    sha256 = String(file.hash ?? '');
    parts.push([name, sha256]);
  });
  await form.parse(request);
  return {
    path: request.url ?? '',
    authorization: request.headers.authorization,
    hasLength: request.headers['content-length'] !== undefined,
    parts,
    fileName,
    sha256,
    batchId: parts.find(([name]) => name === 'batchId')?.[1],
  };
}

function documented({ batchId, fileName, parts }: SeenUpload, n: number): Answer {
  return json(200, {
    status: 'uploaded',
    classificationId: parts[0]?.[1],
    batchId: batchId ?? `-Obatch-${n}`,
    files: [
      {
        fileId: `-Ofile-${n}`,
        fileName,
        numberOfPages: 1,
        url: CANARY_URL,
      },
    ],
  });
}

export const json = (status: number, body: unknown): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
});

function answer(response: ServerResponse, { status, type = 'text/plain', body }: Answer): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}
