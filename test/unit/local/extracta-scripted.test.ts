import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type Behaviour, endings, type ScriptedRequest } from '../../../lib/local/extracta/behaviour.ts';
import { type LocalExtracta, startLocalExtracta } from '../../../lib/local/extracta/server.ts';

const CLASSIFICATION = '-OclassificationAAAA1';
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function start(script: (request: ScriptedRequest) => Behaviour | undefined): Promise<LocalExtracta> {
  const classifications = [{ id: CLASSIFICATION, name: 'Demo' }];
  const extracta = await startLocalExtracta({ token: 't', classifications, paceMs: 0, script });
  cleanups.push(() => extracta.close());
  return extracta;
}

/** Resolves with what came back: the answer, or the error's code. */
function upload(extracta: LocalExtracta, fileName = 'a.txt', bytes = 'some bytes', batchId?: string) {
  const field = (name: string, value: string) =>
    `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const body = `${field('classificationId', CLASSIFICATION)}${batchId === undefined ? '' : field('batchId', batchId)}--edge\r\nContent-Disposition: form-data; name="files"; filename="${fileName}"\r\nContent-Type: text/plain\r\n\r\n${bytes}\r\n--edge--\r\n`;
  return exchange(extracta, 'uploadFiles', 'multipart/form-data; boundary=edge', body);
}

function results(extracta: LocalExtracta, batchId: string) {
  return exchange(
    extracta,
    'getResults',
    'application/json',
    JSON.stringify({ classificationId: CLASSIFICATION, batchId }),
  );
}

function exchange(extracta: LocalExtracta, what: string, type: string, body: string) {
  const { promise, resolve } = Promise.withResolvers<{
    status: number | string;
    text: string;
    headers: unknown;
  }>();
  const request = httpRequest(`${extracta.url}/documentClassification/${what}`, {
    method: 'POST',
    headers: { authorization: 'Bearer t', 'content-type': type, 'content-length': Buffer.byteLength(body) },
  });
  request.on('error', (error: NodeJS.ErrnoException) =>
    resolve({ status: error.code ?? '', text: '', headers: {} }),
  );
  request.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
    response.on('error', () => {});
  });
  request.end(body);
  return promise;
}

describe('a scripted upload', () => {
  it('is asked about when its file begins, with its number and its name; others go as usual', async () => {
    const seen: ScriptedRequest[] = [];
    const extracta = await start((request) => {
      seen.push(request);
      return request.fileName === 'bad.txt' ? { end: endings.internalError() } : undefined;
    });
    const statuses = [await upload(extracta, 'good.txt'), await upload(extracta, 'bad.txt', 'x')].map(
      (it) => it.status,
    );
    expect(statuses).toEqual([200, 500]);
    expect(seen).toEqual([
      { kind: 'upload', n: 1, classificationId: CLASSIFICATION, fileName: 'good.txt' },
      { kind: 'upload', n: 2, classificationId: CLASSIFICATION, fileName: 'bad.txt' },
    ]);
    expect(extracta.truth().map((it) => it.fileName)).toEqual(['good.txt']);
  });

  it.each([
    ['a 500', endings.internalError(), 500],
    ['out of credits', endings.outOfCredits(), 200],
    ['garbage', endings.garbage(), 200],
    ['HTML', endings.html(200, 'Maintenance'), 200],
    ['a redirect', endings.redirect('http://127.0.0.1:1/'), 307],
    ['throttled', endings.throttled(7), 429],
    ['a reset after the body', endings.reset(), 'ECONNRESET'],
  ])('%s is answered, with the file kept or not', async (_, end, status) => {
    const extracta = await start(({ n }) => ({ end, keep: n === 2 }));
    expect((await upload(extracta, 'not.txt')).status).toBe(status);
    expect((await upload(extracta, 'kept.txt')).status).toBe(status);
    expect(extracta.truth().map((it) => it.fileName)).toEqual(['kept.txt']);
  });

  it('breaks the connection during the body, and keeps nothing', async () => {
    const extracta = await start(() => ({ end: endings.resetInBody(100_000) }));
    const { status } = await upload(extracta, 'large.txt', 'x'.repeat(5_000_000));
    expect(['ECONNRESET', 'EPIPE']).toContain(status);
    expect(extracta.truth()).toEqual([]);
  });

  it('answers a 413 before the body has come', async () => {
    const extracta = await start(() => ({ end: endings.tooLargeEarly() }));
    const { promise: answered, resolve } = Promise.withResolvers<number | undefined>();
    const request = httpRequest(`${extracta.url}/documentClassification/uploadFiles`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer t',
        'content-type': 'multipart/form-data; boundary=edge',
        'content-length': 1e9,
      },
    });
    request.on('response', (response) => resolve(response.statusCode)).on('error', () => {});
    request.write(
      `--edge\r\nContent-Disposition: form-data; name="classificationId"\r\n\r\nx\r\n--edge\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\nfirst`,
    );
    expect(await answered).toBe(413);
    request.destroy();
  });

  it('is held before it is accepted, and before it is answered', async () => {
    const before = Promise.withResolvers<void>();
    const after = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const extracta = await start(() => {
      begun.resolve();
      return { holdBefore: before.promise, holdAfter: after.promise };
    });
    let answered = false;
    const answer = upload(extracta).then((it) => {
      answered = true;
      return it;
    });
    await begun.promise;
    expect(extracta.truth()).toEqual([]);
    before.resolve();
    await extracta.accepted(1);
    expect(answered).toBe(false);
    after.resolve();
    expect((await answer).status).toBe(200);
  });

  it('hangs, kept, until its client goes or the server closes', async () => {
    const extracta = await start(() => ({ end: endings.hang(), keep: true }));
    const answer = upload(extracta);
    await extracta.accepted(1);
    await extracta.close();
    expect((await answer).status).toBe('ECONNRESET');
  });

  it('is answered and listed under another name, while the truth keeps the one sent', async () => {
    const extracta = await start(({ kind }) => (kind === 'upload' ? { fileName: 'renamed.txt' } : undefined));
    const { text } = await upload(extracta, 'sent.txt');
    const answer = JSON.parse(text) as { batchId: string; files: { fileName: string }[] };
    const listed = JSON.parse((await results(extracta, answer.batchId)).text) as typeof answer;
    expect([answer.files[0]?.fileName, listed.files[0]?.fileName]).toEqual(['renamed.txt', 'renamed.txt']);
    expect(extracta.truth()[0]?.fileName).toBe('sent.txt');
  });

  it('can be shown in results only later', async () => {
    const shown = Promise.withResolvers<void>();
    const extracta = await start(({ kind }) =>
      kind === 'upload' ? { shownFrom: shown.promise } : undefined,
    );
    const { batchId } = JSON.parse((await upload(extracta)).text) as { batchId: string };
    const count = async () =>
      (JSON.parse((await results(extracta, batchId)).text) as { files: unknown[] }).files.length;
    const early = await count();
    shown.resolve();
    expect([early, await count()]).toEqual([0, 1]);
  });
});

describe('a scripted question', () => {
  it('is answered so: a batch that is in work', async () => {
    const extracta = await start(({ kind, n }) =>
      kind === 'results' && n === 1 ? { end: endings.waiting() } : undefined,
    );
    const { batchId } = JSON.parse((await upload(extracta)).text) as { batchId: string };
    expect(JSON.parse((await results(extracta, batchId)).text)).toEqual({ status: 'waiting' });
    expect(JSON.parse((await results(extracta, batchId)).text)).toMatchObject({ status: 'success' });
  });

  it('is told which batch was asked for, and can be reset', async () => {
    const seen: ScriptedRequest[] = [];
    const extracta = await start((request) => {
      seen.push(request);
      return { end: endings.reset() };
    });
    expect((await results(extracta, '-b')).status).toBe('ECONNRESET');
    expect(seen).toEqual([{ kind: 'results', n: 1, classificationId: CLASSIFICATION, batchId: '-b' }]);
  });
});
