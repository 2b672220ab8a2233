import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  createFunctionHost,
  type FunctionHost,
  type FunctionHostOptions,
} from '../../../lib/local/function-host.ts';
import { temporaryFolder } from '../../support/local-s3.ts';

/** A long time for a test; only what must not be killed has it. */
const TIMEOUT_MS = 25_000;

interface HostUnderTest extends AsyncDisposable {
  readonly host: FunctionHost;
  readonly lines: string[];
}

async function hostOf(
  dir: string,
  handler: string,
  overrides: Partial<FunctionHostOptions> = {},
): Promise<HostUnderTest> {
  const bundleFile = join(dir, 'bundle.mjs');
  await writeFile(bundleFile, handler);
  const lines: string[] = [];
  const host = createFunctionHost({
    bundleFile,
    environment: {},
    timeoutMs: TIMEOUT_MS,
    concurrency: 1,
    onLine: (line) => lines.push(line),
    ...overrides,
  });
  return { host, lines, [Symbol.asyncDispose]: host.stop };
}

test('the handler gets the event and what Lambda tells it, and its answer comes back', async () => {
  await using dir = await temporaryFolder();
  const handler = `export const handler = async (event, context) => ({
    event, remainingMs: context.getRemainingTimeInMillis(), requestId: context.awsRequestId, name: context.functionName,
    memory: context.memoryLimitInMB, env: process.env, execArgv: process.execArgv, version: process.version })`;
  const environment = { UPLOADER_TABLE_NAME: 'ledger' };
  await using local = await hostOf(dir.path, handler, { environment, nowMs: Date.now });
  const answer = (await local.host.invoke({ Records: [1] })) as Record<string, unknown>;
  expect(answer).toMatchObject({
    event: { Records: [1] },
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    name: 'extracta-uploader-upload',
    memory: '512',
    execArgv: [],
    version: process.version,
    env: { UPLOADER_TABLE_NAME: 'ledger', AWS_LAMBDA_FUNCTION_NAME: 'extracta-uploader-upload', TZ: 'UTC' },
  });
  expect(answer['remainingMs']).toBeLessThanOrEqual(TIMEOUT_MS);
  expect(answer['remainingMs']).toBeGreaterThan(0);
  expect(answer['env']).not.toHaveProperty('PATH');
});

test('a container is kept warm, and serves one invocation at a time', async () => {
  await using dir = await temporaryFolder();
  const handler = `let active = 0, most = 0, served = 0;
  export const handler = async () => {
    most = Math.max(most, ++active);
    await new Promise((later) => setImmediate(later));
    active--;
    return { pid: process.pid, most, served: ++served };
  }`;
  await using local = await hostOf(dir.path, handler);
  const answers = await Promise.all([1, 2, 3].map((at) => local.host.invoke(at)));
  const pid = (answers[0] as { pid: number }).pid;
  expect(answers).toEqual([1, 2, 3].map((served) => ({ pid, most: 1, served })));
  expect(pid).not.toBe(process.pid);
});

test('invocations at once have processes of their own, up to the concurrency', async () => {
  await using dir = await temporaryFolder();
  // Answers only when two of them have met at the server.
  const handler = `import { connect } from 'node:net';
  export const handler = (event) => new Promise((resolve) => {
    connect(event.port, '127.0.0.1').once('data', () => resolve(process.pid));
  })`;
  const callers: Socket[] = [];
  const server = createServer((socket) => {
    callers.push(socket);
    if (callers.length === 2) for (const caller of callers.splice(0)) caller.end('go');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await using local = await hostOf(dir.path, handler, { concurrency: 2 });
  const pids = await Promise.all([1, 2, 3, 4].map(() => local.host.invoke({ port })));
  expect(new Set(pids).size).toBe(2);
  server.close();
});

test('at the deadline the process is killed, and another one serves the next invocation', async () => {
  await using dir = await temporaryFolder();
  const handler = `export const handler = async (event) => {
    if (event.hang) for (;;);
    return process.pid;
  }`;
  await using local = await hostOf(dir.path, handler, { timeoutMs: 1000 });
  const before = await local.host.invoke({});
  await expect(local.host.invoke({ hang: true })).rejects.toMatchObject({
    kind: 'timed-out',
    message: 'The function was killed after 1000 ms.',
  });
  expect(isRunning(before)).toBe(false);
  expect(await local.host.invoke({})).not.toBe(before);
});

test('a process that ends in an invocation fails it, and is replaced', async () => {
  await using dir = await temporaryFolder();
  const handler = `export const handler = async (event) => {
    if (event.exit) process.exit(7);
    if (event.reject) { void Promise.reject(new Error('nobody awaits me')); await new Promise(() => setInterval(() => {}, 1000)); }
    return 'well';
  }`;
  await using local = await hostOf(dir.path, handler);
  await expect(local.host.invoke({ exit: true })).rejects.toMatchObject({ kind: 'crashed', message: /: 7$/ });
  await expect(local.host.invoke({ reject: true })).rejects.toMatchObject({ kind: 'crashed' });
  expect(local.lines.join('\n')).toContain('nobody awaits me');
  expect(await local.host.invoke({})).toBe('well');
});

test('a container that dies between invocations is replaced', async () => {
  await using dir = await temporaryFolder();
  await using local = await hostOf(dir.path, 'export const handler = async () => process.pid;');
  const first = (await local.host.invoke({})) as number;
  process.kill(first, 'SIGKILL');
  await expect.poll(() => isRunning(first)).toBe(false);
  const second = await local.host.invoke({}).catch(() => local.host.invoke({}));
  expect(second).not.toBe(first);
});

test('a handler that throws fails its invocation only, and says why', async () => {
  await using dir = await temporaryFolder();
  const handler = `export const handler = async (event) => { if (event.bad) throw new TypeError('bad event'); return process.pid; }`;
  await using local = await hostOf(dir.path, handler);
  const before = await local.host.invoke({});
  await expect(local.host.invoke({ bad: true })).rejects.toMatchObject({
    kind: 'threw',
    message: 'The function threw: TypeError: bad event',
  });
  expect(await local.host.invoke({})).toBe(before);
});

test('nothing is an answer too', async () => {
  await using dir = await temporaryFolder();
  await using local = await hostOf(dir.path, 'export const handler = async () => {};');
  expect(await local.host.invoke({})).toBeNull();
});

test.each([
  ['throws while it is loaded', `throw new Error('no such setting')`, /no such setting/],
  ['exports no handler', 'export const other = 1;', /exports no function called handler/],
  ['is no JavaScript', 'export const = ;', /SyntaxError/],
])('a bundle that %s is refused when warmed', async (_, source, reason) => {
  await using dir = await temporaryFolder();
  await using local = await hostOf(dir.path, source);
  await expect(local.host.warm()).rejects.toMatchObject({ kind: 'broken', message: reason });
});

test('what the function writes comes line by line, and never to our own output', async () => {
  await using dir = await temporaryFolder();
  const handler = `export const handler = async () => { console.log('one\\ntwo'); console.error('three'); }`;
  await using local = await hostOf(dir.path, handler);
  await local.host.invoke({});
  await expect.poll(() => local.lines.toSorted()).toEqual(['one', 'three', 'two']);
});

test('an aborted invocation is killed', async () => {
  await using dir = await temporaryFolder();
  const handler = `export const handler = async () => { console.log('begun'); await new Promise((r) => setTimeout(r, 2 ** 30)); }`;
  const begun = Promise.withResolvers<string>();
  await using local = await hostOf(dir.path, handler, { onLine: begun.resolve });
  const abort = new AbortController();
  const invocation = local.host.invoke({}, abort.signal);
  await begun.promise;
  abort.abort();
  await expect(invocation).rejects.toMatchObject({ kind: 'stopped' });
  await expect(local.host.invoke({}, abort.signal)).rejects.toMatchObject({ kind: 'stopped' });
});

test('stopping kills what runs, and nothing runs after', async () => {
  await using dir = await temporaryFolder();
  const handler = `export const handler = async () => { console.log(process.pid); await new Promise((r) => setTimeout(r, 2 ** 30)); }`;
  const begun = Promise.withResolvers<string>();
  await using local = await hostOf(dir.path, handler, { onLine: begun.resolve });
  const invocation = local.host.invoke({});
  const refused = expect(invocation).rejects.toMatchObject({ kind: 'stopped' });
  const pid = Number(await begun.promise);
  await local.host.stop();
  await refused;
  expect(isRunning(pid)).toBe(false);
  await expect(local.host.invoke({})).rejects.toMatchObject({ kind: 'stopped' });
});

test('a host that is killed takes its containers with it', async () => {
  await using dir = await temporaryFolder();
  // The container holds a connection to us: when it ends, the container is gone.
  const gone = Promise.withResolvers<void>();
  const connected = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    connected.resolve();
    socket.on('error', () => undefined).on('close', () => gone.resolve());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await writeFile(
    join(dir.path, 'bundle.mjs'),
    `import { connect } from 'node:net';
    export const handler = () => new Promise(() => connect(${port}, '127.0.0.1'));`,
  );
  const parent = join(dir.path, 'parent.mts');
  const module = new URL('../../../lib/local/function-host.ts', import.meta.url).href;
  await writeFile(
    parent,
    `import { createFunctionHost } from ${JSON.stringify(module)};
    const host = createFunctionHost({ bundleFile: ${JSON.stringify(join(dir.path, 'bundle.mjs'))}, environment: {},
      timeoutMs: 1e9, concurrency: 1, onLine: () => {} });
    await host.invoke({});`,
  );
  const host = fork(parent, { execArgv: [] });
  await connected.promise;
  host.kill('SIGKILL');
  await gone.promise;
  server.close();
});

function isRunning(pid: unknown): boolean {
  try {
    return process.kill(pid as number, 0);
  } catch {
    return false;
  }
}
