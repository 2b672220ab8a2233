import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { bundleLambda } from '../../lambdas/bundle.ts';
import { chance, clock } from '../../lambdas/clock-and-chance.ts';
import type { RunningLine } from '../../lib/aws/running-line.ts';
import { runningLineOf } from '../../lib/local/announcement.ts';
import { type Behaviour, endings } from '../../lib/local/extracta/behaviour.ts';
import { type LocalExtracta, startLocalExtracta } from '../../lib/local/extracta/server.ts';
import { readBytes } from '../../lib/local/extracta-in-use.ts';
import { startLocalStack } from '../../lib/local/stack.ts';
import { serveRunsConsole } from '../../lib/operator/console/console.ts';
import type { OperatorHost } from '../../lib/operator/host.ts';
import { temporaryFolder } from '../support/local-s3.ts';

/** The whole local line with its console, and an Extracta that does as it is told. */
export interface ConsoleWorld extends AsyncDisposable {
  /** With the token. */
  readonly url: string;
  readonly origin: string;
  readonly token: string;
  readonly line: RunningLine;
  readonly extracta: LocalExtracta;
  /** Files whose names hold this are treated so from now on; without a behaviour as usual again. */
  treat(part: string, behaviour: Behaviour | undefined): void;
}

export const REJECTED: Behaviour = { end: endings.error(400, 'Not a document') };
const TOKEN = 'consoles-token';
const CLASSIFICATION_ID = '-OclassificationAAAA1';

export async function startConsoleWorld(): Promise<ConsoleWorld> {
  await using opened = new AsyncDisposableStack();
  const dir = opened.use(await temporaryFolder());
  const treated = new Map<string, Behaviour>();
  const extracta = await startLocalExtracta({
    token: TOKEN,
    classifications: [{ id: CLASSIFICATION_ID, name: 'Demo' }],
    paceMs: 0,
    script: ({ kind, fileName = '' }) =>
      kind === 'upload' ? [...treated].find(([part]) => fileName.includes(part))?.[1] : undefined,
  });
  opened.defer(extracta.close);
  const configFile = join(dir.path, 'uploader.config.json');
  const config = { routes: [{ prefix: '', classificationId: CLASSIFICATION_ID }], waits: { quietMs: 5000 } };
  await writeFile(configFile, JSON.stringify(config));
  const stack = await startLocalStack({
    dataDir: join(dir.path, 'data'),
    bundleFile: (await bundleLambda('upload')).file,
    configFile,
    extractaUrl: extracta.url,
    apiToken: TOKEN,
    waitsDivisor: 100,
    extraEnvironment: { UPLOADER_EXTRACTA_IS_EMBEDDED: 'true' },
    onLine: () => {},
  });
  opened.defer(stack.stop);
  const embedded = { url: extracta.url, token: TOKEN, classificationId: CLASSIFICATION_ID, isEmbedded: true };
  const line = runningLineOf(stack, {
    ...embedded,
    readBytes: () => undefined,
    [Symbol.asyncDispose]: async () => {},
  });
  const console = opened.use(
    await serveRunsConsole(line, operatorHost(), (item) => readBytes(extracta, item)),
  );
  const everything = opened.move();
  const { origin, hash } = new URL(console.url);
  return {
    url: console.url,
    origin,
    token: hash.slice(1),
    line,
    extracta,
    treat: (part, behaviour) => {
      if (behaviour === undefined) treated.delete(part);
      else treated.set(part, behaviour);
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

export function operatorHost(): OperatorHost {
  return {
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    version: '0.0.0',
    apiToken: undefined,
    stateFolder: '',
    projectConfigFile: '',
    clock,
    chance,
    ask: undefined,
    interrupted: new AbortController().signal,
  };
}

/** Some other program's page on another port of this machine. */
export async function startStranger(): Promise<
  AsyncDisposable & { readonly origin: string; readonly script: string }
> {
  const script = await readFile(join(import.meta.dirname, 'stranger.js'), 'utf8');
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<!doctype html><title>Stranger</title><body><script>${script}</script>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    script,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
