import { once } from 'node:events';
import { request } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Look } from '../../lib/operator/console/live.ts';
import type { ShownPlan } from '../../lib/operator/console/redrives.ts';
import type { FindReport } from '../../lib/operator/find.ts';
import type { OperatorHost } from '../../lib/operator/host.ts';
import type { RedriveReport } from '../../lib/operator/redrive.ts';
import { startCloud } from './operator-cloud.ts';
import { BUCKET, type OperatorWorld, runHere, startOperatorWorld, TABLE, TOKEN } from './operator-world.ts';

/** The console without a browser: how it is opened, asked and ended. */

let world: OperatorWorld;
let opened: OpenConsole;

beforeAll(async () => {
  world = await startOperatorWorld();
  opened = await openConsole();
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

interface OpenConsole extends AsyncDisposable {
  readonly origin: string;
  readonly headers: Record<string, string>;
  readonly code: Promise<number>;
  end(): void;
}

/** `extracta-uploader console`, as it prints its address. */
async function openConsole(
  run = (host: Partial<OperatorHost>) => world.run(['console', '--json'], host),
): Promise<OpenConsole> {
  const ctrlC = new AbortController();
  const stdout = new PassThrough();
  const ran = run({ stdout, interrupted: ctrlC.signal });
  const [line] = (await once(stdout.setEncoding('utf8'), 'data')) as [string];
  const { origin, hash } = new URL((JSON.parse(line) as { url: string }).url);
  return {
    origin,
    headers: { authorization: `Bearer ${hash.slice(1)}`, origin },
    code: ran.then(({ code }) => code),
    end: () => ctrlC.abort(),
    [Symbol.asyncDispose]: async () => {
      ctrlC.abort();
      await ran;
    },
  };
}

const asked = (path: string, options: RequestInit = {}) =>
  fetch(`${opened.origin}/api/${path}`, { headers: opened.headers, ...options });
const post = async (path: string) => (await asked(path, { method: 'POST' })).json();

/** The first look that is told. */
async function firstLook({ origin, headers } = opened): Promise<Look> {
  const { body } = await fetch(`${origin}/api/live`, { headers });
  let text = '';
  for await (const piece of (body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
    text += piece;
    const [, data] = /^event: look\ndata: (.*)\n\n/m.exec(text) ?? [];
    if (data !== undefined) return JSON.parse(data) as Look;
  }
  throw new Error(`It ended before it said anything: ${text}`);
}

test('it tells what stands where, with the figures of status', async () => {
  const [done, bad] = [await world.put('invoices/done.txt'), await world.put('scans/bad.txt')];
  await world.announce(done);
  await world.drain();
  await world.park(bad);
  const { status, board } = await firstLook();
  expect(status).toMatchObject({ verb: 'status', uploadedToday: 1, parked: 1 });
  expect(board.uploaded).toMatchObject([{ object: 's3://documents/invoices/done.txt', state: 'uploaded' }]);
  expect(board.parked).toMatchObject([
    { reason: 'extracta.rejected', count: 1, documents: [{ object: 's3://documents/scans/bad.txt' }] },
  ]);
  expect(board.batches).toMatchObject([{ folders: ['invoices/'], documents: 1 }]);
  const uploads = board.lastHour?.minutes.map(({ uploaded }) => uploaded) ?? [];
  expect(uploads).toHaveLength(60);
  expect(uploads.reduce((sum, each) => sum + each, 0)).toBe(1);
});

test('every answer is a verb’s report; what is wrong is said', async () => {
  const found = (await (await asked('find?what=invoices/done.txt')).json()) as FindReport;
  expect(found).toMatchObject({ verb: 'find', documents: [{ state: 'uploaded' }] });
  expect(await (await asked('failed')).json()).toMatchObject({ verb: 'failed', failed: [{ attempts: 1 }] });
  expect(await (await asked('find?what=')).json()).toEqual({ says: 'what is missing.' });
  expect((await asked('find?what=')).status).toBe(400);
  expect((await asked('redrive/plan')).status).toBe(404);
  expect((await asked('constructor')).status).toBe(404);
});

test('a redrive is carried out by the plan that was shown, once, and by no other', async () => {
  expect(await post('redrive?plan=guessed')).toEqual({ says: expect.stringContaining('make another one') });
  const plan = (await post('redrive/plan?reason=extracta.rejected')) as ShownPlan;
  expect(plan).toMatchObject({ wouldSend: 1, byReason: { 'extracta.rejected': 1 } });
  expect(await world.letters()).toBe(1);
  const report = (await post(`redrive?plan=${plan.planId}`)) as RedriveReport;
  expect(report).toMatchObject({ verb: 'redrive', sentBack: 1, removed: 1 });
  expect(await post(`redrive?plan=${plan.planId}`)).toEqual({
    says: expect.stringContaining('make another one'),
  });
});

test('by another name, without the token, from another page: nothing', async () => {
  const { port } = new URL(opened.origin);
  const rebound = request({ host: '127.0.0.1', port, path: '/', headers: { host: `evil.example:${port}` } });
  const [response] = (await once(rebound.end(), 'response')) as [{ statusCode: number; resume(): void }];
  response.resume();
  expect(response.statusCode).toBe(421);
  expect((await asked('find?what=x', { headers: {} })).status).toBe(401);
  const strange = { ...opened.headers, origin: 'http://127.0.0.1:1' };
  expect((await asked('redrive/plan', { method: 'POST', headers: strange })).status).toBe(403);
});

test('the page needs no other host, and says so to the browser', async () => {
  const page = await fetch(opened.origin);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(page.headers.get('content-security-policy')).not.toMatch(/unsafe|https?:/);
  const html = await page.text();
  expect(html).not.toMatch(/https?:|<script>|style=/);
  for (const [, path] of html.matchAll(/(?:src|href)="([^"]+)"/g))
    expect((await fetch(opened.origin + path)).status, path).toBe(200);
  expect((await fetch(`${opened.origin}/../console.ts`)).status).toBe(404);
  expect((await fetch(`${opened.origin}/lit/package.json`)).status).toBe(404);
});

test('it ends with Ctrl-C, however many listen', async () => {
  const other = await openConsole();
  const live = await fetch(`${other.origin}/api/live`, { headers: other.headers });
  other.end();
  expect(await other.code).toBe(0);
  await expect(live.text()).rejects.toThrow();
  await expect(fetch(other.origin)).rejects.toThrow();
});

test('a port that is taken is said in one line', async () => {
  const { code, stderr } = await world.run(['console', '--port', new URL(opened.origin).port]);
  expect({ code, lines: stderr.split('\n').length }).toEqual({ code: 2, lines: 2 });
  expect(stderr).toContain('--port');
});

test('on a deployed stack CloudWatch tells the hour; what was uploaded is not read, and nothing can be put in', async () => {
  const { queueUrl, deadLetterQueueUrl } = world;
  const queueArn = 'arn:aws:sqs:us-east-1:000000000000:arrivals';
  const parts = { bucket: BUCKET, queueUrl, deadLetterQueueUrl, tableName: TABLE, queueArn, token: TOKEN };
  await using cloud = await startCloud(parts);
  cloud.facts.metrics = { DocumentsUploaded: 42, SendTime: 900 };
  cloud.facts.measuredAtSeconds = Math.floor(Date.now() / 60_000) * 60 - 600;
  await using deployed = await openConsole((host) => runHere(['console', '--json'], host));
  const { status, board } = await firstLook(deployed);
  expect(status).toMatchObject({ uploadedToday: 42, uploadedTodayBy: 'metric' });
  expect(board).toMatchObject({ isLocal: false, uploaded: null, batches: null });
  expect(board.lastHour?.timed).toBe('sending');
  expect(board.lastHour?.minutes.filter(({ uploaded }) => uploaded > 0)).toMatchObject([
    { uploaded: 42, middleMs: 900, longestMs: 900 },
  ]);
  const { origin, headers } = deployed;
  const put = await fetch(`${origin}/api/object?key=a.txt`, { method: 'PUT', body: 'a', headers });
  expect({ status: put.status, says: await put.json() }).toEqual({
    status: 400,
    says: { says: expect.stringContaining('local run') },
  });
});
