import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type LocalExtracta,
  type LocalExtractaOptions,
  startLocalExtracta,
} from '../../../lib/local/extracta/server.ts';

const CLASSIFICATION = { id: '-OclassificationAAAA1', name: 'Demo' };
const TOKEN = 'test-token';
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: Partial<LocalExtractaOptions> = {}): Promise<LocalExtracta> {
  const extracta = await startLocalExtracta({ token: TOKEN, classifications: [CLASSIFICATION], ...options });
  cleanups.push(() => extracta.close());
  return extracta;
}

interface Part {
  readonly name: string;
  readonly value: string | Buffer;
  readonly fileName?: string;
}

const file = (value: string | Buffer, fileName: string): Part => ({ name: 'files', value, fileName });
const classification: Part = { name: 'classificationId', value: CLASSIFICATION.id };
const inBatch = (batchId: string): Part => ({ name: 'batchId', value: batchId });

function formOf(parts: readonly Part[]): Buffer {
  const encoded = parts.map(({ name, value, fileName }) =>
    Buffer.concat([
      Buffer.from(
        `--edge\r\nContent-Disposition: form-data; name="${name}"${fileName === undefined ? '' : `; filename="${fileName}"\r\nContent-Type: application/pdf`}\r\n\r\n`,
      ),
      Buffer.from(value),
      Buffer.from('\r\n'),
    ]),
  );
  return Buffer.concat([...encoded, Buffer.from('--edge--\r\n')]);
}

async function send(extracta: LocalExtracta, parts: readonly Part[], init: RequestInit = {}) {
  const response = await fetch(`${extracta.url}/documentClassification/uploadFiles`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'multipart/form-data; boundary=edge' },
    body: new Uint8Array(formOf(parts)),
    redirect: 'manual',
    ...init,
  });
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    text: await response.text(),
  };
}

async function sent(extracta: LocalExtracta, parts: readonly Part[]) {
  const { status, text } = await send(extracta, parts);
  expect(status, text).toBe(200);
  return JSON.parse(text) as {
    status: string;
    classificationId: string;
    batchId: string;
    files: Record<string, unknown>[];
  };
}

async function ask(extracta: LocalExtracta, what: string, body: unknown, method = 'POST') {
  const response = await fetch(`${extracta.url}/documentClassification/${what}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('an upload', () => {
  it('is answered in the documented shape, with ids like Extracta’s, and opens a batch', async () => {
    const extracta = await start();
    const answer = await sent(extracta, [classification, file('%PDF-1.4 one', 'invoice.pdf')]);
    expect(answer).toMatchObject({ status: 'uploaded', classificationId: CLASSIFICATION.id });
    expect(answer.batchId).toMatch(/^-[-0-9A-Za-z_]{19}$/);
    expect(answer.files).toHaveLength(1);
    expect(answer.files[0]).toMatchObject({ fileName: 'invoice.pdf' });
    expect(answer.files[0]?.['fileId']).toMatch(/^-[-0-9A-Za-z_]{19}$/);
    expect(answer.files[0]?.['url']).toMatch(/^https:\/\/.*Signature=/);
  });

  it('is remembered by the hash of its bytes, under the name that was sent, in UTF-8', async () => {
    const extracta = await start();
    const bytes = Buffer.alloc(3_000_000, 'abc');
    const { batchId } = await sent(extracta, [classification, file(bytes, 'Straße/請求書+1.pdf')]);
    expect(extracta.truth()).toMatchObject([
      { batchId, fileName: 'Straße/請求書+1.pdf', sha256: sha256(bytes), sizeBytes: 3_000_000 },
    ]);
    expect(extracta.violations()).toEqual([]);
  });

  it('joins the batch that it names', async () => {
    const extracta = await start();
    const first = await sent(extracta, [classification, file('one', '1.txt')]);
    const second = await sent(extracta, [classification, inBatch(first.batchId), file('two', '2.txt')]);
    expect(second.batchId).toBe(first.batchId);
    expect(new Set(extracta.truth().map((it) => it.batchId)).size).toBe(1);
  });

  it('counts a PDF’s pages, also where they lie across chunks', async () => {
    const extracta = await start();
    const pages = `%PDF-1.4\n${'x'.repeat(65_500)}<< /Type /Page >>${'y'.repeat(70_000)}<< /Type/Page >> << /Type /Pages >>`;
    const answer = await sent(extracta, [classification, file(pages, 'two.pdf')]);
    expect(answer.files[0]?.['numberOfPages']).toBe(2);
  });

  it('of several files is taken, as documented, and recorded', async () => {
    const extracta = await start();
    const answer = await sent(extracta, [classification, file('one', '1.txt'), file('two', '2.txt')]);
    expect(answer.files).toHaveLength(2);
    expect(extracta.violations().map((it) => it.what)).toEqual(['several-files']);
  });
});

describe('an upload is refused, and nothing kept,', () => {
  const cases: [string, readonly Part[], string][] = [
    [
      'without a classification that exists',
      [{ name: 'classificationId', value: 'nope' }, file('x', 'x.txt')],
      'Classification not found',
    ],
    [
      'into a batch that does not exist',
      [classification, inBatch('-nope'), file('x', 'x.txt')],
      'Batch not found',
    ],
    [
      'with the file before the classification',
      [file('x', 'x.txt'), classification],
      'Expected classificationId',
    ],
    [
      'with the batch before the classification',
      [inBatch('-b'), classification, file('x', 'x.txt')],
      'Expected classificationId',
    ],
    ['without a file', [classification], 'Expected classificationId'],
    [
      'with a file that is a mere field',
      [classification, { name: 'files', value: 'x' }],
      'files must be files',
    ],
  ];
  it.each(cases)('%s', async (_, parts, message) => {
    const extracta = await start();
    const { status, text } = await send(extracta, parts);
    expect([status, JSON.parse(text)]).toEqual([
      400,
      { status: 'error', message: expect.stringContaining(message) },
    ]);
    expect(extracta.truth()).toEqual([]);
  });

  it('with a wrong token: 401, in JSON', async () => {
    const extracta = await start();
    const answer = await send(extracta, [classification, file('x', 'x.txt')], {
      headers: { authorization: 'Bearer other' },
    });
    expect(answer).toMatchObject({ status: 401, type: expect.stringContaining('application/json') });
    expect(extracta.truth()).toEqual([]);
  });

  it('in chunks, without Content-Length: 411', async () => {
    const extracta = await start();
    const body = new Blob([new Uint8Array(formOf([classification, file('x', 'x.txt')]))]).stream();
    const { status } = await send(extracta, [], { body, duplex: 'half' } as RequestInit);
    expect(status).toBe(411);
    expect(extracta.violations().map((it) => it.what)).toEqual(['no-content-length']);
  });

  it('with a body that is no form, or a form without its end: 400', async () => {
    const extracta = await start();
    const whole = formOf([classification, file('x', 'x.txt')]);
    const cut = await send(extracta, [], { body: new Uint8Array(whole.subarray(0, whole.length - 12)) });
    const garbage = await send(extracta, [], {
      body: '{}',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    });
    expect([cut.status, garbage.status]).toEqual([400, 400]);
    expect(extracta.truth()).toEqual([]);
  });

  it('at a path without /api: 404, in HTML', async () => {
    const extracta = await start();
    const response = await fetch(`${extracta.url.replace('/api', '')}/documentClassification/uploadFiles`, {
      method: 'POST',
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      404,
      'text/html; charset=utf-8',
    ]);
  });

  it('at deleteFiles, where the vendor’s page puts it by mistake; and that is recorded', async () => {
    const extracta = await start();
    const { batchId } = await sent(extracta, [classification, file('one', '1.txt')]);
    const response = await fetch(`${extracta.url}/documentClassification/deleteFiles`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'multipart/form-data; boundary=edge' },
      body: new Uint8Array(formOf([classification, inBatch(batchId), file('x', 'x.txt')])),
    });
    expect(response.status).toBe(404);
    expect(extracta.violations()).toMatchObject([
      { what: 'delete-by-post', detail: expect.stringContaining('deleteFiles') },
    ]);
    expect(extracta.truth()).toHaveLength(1);
  });
});

describe('getResults', () => {
  it('shows a batch’s files, by the documented shape', async () => {
    const extracta = await start();
    const { batchId, files } = await sent(extracta, [classification, file('one', '1.txt')]);
    const { status, body } = await ask(extracta, 'getResults', {
      classificationId: CLASSIFICATION.id,
      batchId,
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'success',
      batchId,
      files: [
        {
          fileId: files[0]?.['fileId'],
          fileName: '1.txt',
          status: 'processed',
          result: { documentType: 'document' },
        },
      ],
    });
  });

  it('refuses a call that comes sooner than two seconds after the last, and records it', async () => {
    let nowMs = 1_000_000;
    const extracta = await start({ nowMs: () => nowMs });
    const { batchId } = await sent(extracta, [classification, file('one', '1.txt')]);
    const asked = { classificationId: CLASSIFICATION.id, batchId };
    const statuses = [(await ask(extracta, 'getResults', asked)).status];
    nowMs += 1999;
    statuses.push((await ask(extracta, 'getResults', asked)).status);
    nowMs += 1;
    statuses.push((await ask(extracta, 'getResults', asked)).status);
    expect(statuses).toEqual([200, 429, 200]);
    expect(extracta.violations().map((it) => it.what)).toEqual(['results-too-soon']);
  });

  it('says 400 of a batch or a file that it does not know', async () => {
    const extracta = await start({ paceMs: 0 });
    const { batchId } = await sent(extracta, [classification, file('one', '1.txt')]);
    const asked = { classificationId: CLASSIFICATION.id, batchId };
    expect(await ask(extracta, 'getResults', { ...asked, batchId: '-no' })).toMatchObject({
      status: 400,
      body: { message: 'Batch not found' },
    });
    expect(await ask(extracta, 'getResults', { ...asked, fileId: '-no' })).toMatchObject({
      status: 400,
      body: { message: 'File not found' },
    });
  });
});

describe('the rest of the account', () => {
  it('answers for classifications that it has, makes more, and tells its credits', async () => {
    const extracta = await start();
    expect(await ask(extracta, 'viewClassification', { classificationId: CLASSIFICATION.id })).toMatchObject({
      status: 200,
      body: { name: 'Demo' },
    });
    expect(await ask(extracta, 'viewClassification', { classificationId: 'no' })).toEqual({
      status: 400,
      body: { status: 'error', message: 'Classification not found' },
    });
    const made = await ask(extracta, 'createClassification', {
      classificationDetails: { name: 'New', documentTypes: [] },
    });
    expect(await ask(extracta, 'viewClassification', made.body)).toMatchObject({
      status: 200,
      body: { name: 'New' },
    });
    const credits = await fetch(`${extracta.url}/credits`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(await credits.json()).toMatchObject({ status: 'ok' });
  });

  it('deletes files and batches, which the truth outlives', async () => {
    const extracta = await start({ paceMs: 0 });
    const { batchId, files } = await sent(extracta, [classification, file('1', '1.txt'), file('2', '2.txt')]);
    const asked = { classificationId: CLASSIFICATION.id, batchId };
    await ask(extracta, 'deleteFiles', { ...asked, fileIds: [files[0]?.['fileId']] }, 'DELETE');
    expect((await ask(extracta, 'getResults', asked)).body['files']).toMatchObject([{ fileName: '2.txt' }]);
    await ask(extracta, 'deleteBatch', asked, 'DELETE');
    expect((await ask(extracta, 'getResults', asked)).status).toBe(400);
    expect(extracta.truth()).toHaveLength(2);
  });

  it('outlives a restart where it has a folder, half a line at the end included', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'extracta-'));
    cleanups.push(() => rm(dataDir, { recursive: true }));
    const before = await start({ dataDir });
    const { batchId } = await sent(before, [classification, file('one', '1.txt')]);
    await before.close();
    const { appendFile } = await import('node:fs/promises');
    await appendFile(join(dataDir, 'extracta.jsonl'), '{"kind":"file","fi');
    const after = await start({ dataDir });
    await sent(after, [classification, inBatch(batchId), file('two', '2.txt')]);
    await after.close();
    const again = await start({ dataDir });
    expect(again.truth().map((it) => [it.batchId, it.sha256])).toEqual([
      [batchId, sha256('one')],
      [batchId, sha256('two')],
    ]);
  });
});

describe('closing', () => {
  it('breaks off what is open', async () => {
    const extracta = await start();
    const { promise: failed, resolve } = Promise.withResolvers<unknown>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const open = httpRequest(`${extracta.url}/documentClassification/uploadFiles`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'multipart/form-data; boundary=edge',
        'content-length': 9_999_999,
      },
    });
    open.on('error', resolve).on('response', (response: IncomingMessage) => resolve(response.statusCode));
    open.write(formOf([classification, file('x', 'x.txt')]).subarray(0, 150), () => begin());
    await begun;
    await extracta.close();
    expect(await failed).toBeInstanceOf(Error);
    expect(extracta.truth()).toEqual([]);
  });
});
