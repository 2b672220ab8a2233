import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

/** The functions that are deployed; each has its entry in this folder. */
export type LambdaName = 'upload' | 'redrive';

export interface LambdaBundle {
  /** The bundle: a script for Node 24 with nothing left to require but Node's own. */
  readonly file: string;
  /** What Lambda gets: the bundle's folder. */
  readonly directory: string;
  readonly sizeBytes: number;
  readonly metafile: Metafile;
}

const HERE = import.meta.dirname;

/** Bundles `lambdas/<name>.ts` into `<outDir>/index.cjs`; by default `dist/lambdas/<name>` of the project. */
export function bundleLambda(
  name: LambdaName,
  outDir = resolve(HERE, '../dist/lambdas', name),
): Promise<LambdaBundle> {
  return bundleEntry(join(HERE, `${name}.ts`), outDir);
}

/** Bundles any entry as a Lambda is bundled. */
export async function bundleEntry(entry: string, outDir: string): Promise<LambdaBundle> {
  const directory = resolve(outDir);
  const file = join(directory, 'index.cjs');
  const { metafile, outputFiles } = await build({
    ...AS_A_LAMBDA,
    entryPoints: [entry],
    outfile: file,
    metafile: true,
    write: false,
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  await replaceFile(directory, file, code);
  return { file, directory, metafile, sizeBytes: code.byteLength };
}

/** Never half written: another process may be starting from the same bundle. */
async function replaceFile(directory: string, file: string, contents: Uint8Array): Promise<void> {
  await mkdir(directory, { recursive: true });
  const beside = `${file}.${randomUUID()}`;
  await writeFile(beside, contents);
  await rename(beside, file);
}

/**
 * Credentials that come from a browser login, single sign-on or a web identity, each with a client of its own (a third
 * of the bundle). Lambda gives its credentials in the environment; SnapStart and containers by HTTP, which stays, as do
 * the keys of a profile, for a run elsewhere.
 */
const CREDENTIALS_ELSEWHERE =
  /^@aws-sdk\/(credential-provider-(sso|login|web-identity)|token-providers|nested-clients)(\/|$)/;

/**
 * What undici has beside the one way that runs, 140 KB: its HTTP parser for machines without SIMD; HTTP/2, which
 * `allowH2: false` keeps from being spoken; and the Fetch API, asked for where a body is FormData or a Blob.
 */
const OTHER_WAYS =
  /[\\/]undici[\\/]lib[\\/](llhttp[\\/]llhttp-wasm|dispatcher[\\/]client-h2|web[\\/].*)\.js$/;

/** Told when it is called or asked for a name; that it is required, as undici does at once, is no harm. */
const REFUSAL = `
  const refuse = () => { throw new Error('left out of the bundle'); };
  module.exports = new Proxy(refuse, { get: refuse });
`;

const S3_SCHEMAS = /[\\/]@aws-sdk[\\/]client-s3[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/;

/**
 * The SDK's descriptions of S3's operations, of which we call a few. Their keys are written `[_xN]:`, and for esbuild a key that
 * is computed may do something, so it leaves none out: 60 KB. Spelled out they are data. Where the SDK writes them
 * otherwise some day, nothing happens here, and the budget's test notices.
 */
async function withKeysSpelledOut(file: string): Promise<string> {
  const code = await readFile(file, 'utf8');
  const constants = new Map(
    [...code.matchAll(/^const (_\w+) = (".*?");$/gm)].map(([, name, text]) => [name, text]),
  );
  return code.replace(/\[(_\w+)\]:/g, (written, name: string) =>
    constants.has(name) ? `${constants.get(name)}:` : written,
  );
}

const UNDICI_REQUEST = /[\\/]undici[\\/]lib[\\/]core[\\/]request\.js$/;

/**
 * V8 makes a function that is written right behind `object.property =` in its old generation. undici does it for each
 * request that streams, and so a request that is over stays, with all that it points at, until the next full collection:
 * a tenth of the CPU of a small document (ADR 0015). Handed on by a call, it is made where it is cheap. Where undici
 * writes it otherwise some day, nothing happens here, and a test notices.
 */
async function withNothingMadeOld(file: string): Promise<string> {
  const code = await readFile(file, 'utf8');
  return code.replace(/(?<=this\.errorHandler = )err => \{.*?\n {6}\}/s, 'Object($&)');
}

const asLambdaRunsIt: Plugin = {
  name: 'as-lambda-runs-it',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: CREDENTIALS_ELSEWHERE }, ({ path }) => ({ path, namespace: 'left-out' }));
    onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({ contents: absent(path) }));
    onLoad({ filter: OTHER_WAYS }, () => ({ contents: REFUSAL }));
    onLoad({ filter: UNDICI_REQUEST }, async ({ path }) => ({ contents: await withNothingMadeOld(path) }));
    onLoad({ filter: S3_SCHEMAS }, async ({ path }) => ({ contents: await withKeysSpelledOut(path) }));
  },
};

/** What the SDK's chain calls of those packages: each refuses, so that the chain asks its next provider. */
const PROVIDERS = ['fromSSO', 'fromLoginCredentials', 'fromTokenFile', 'getDefaultRoleAssumer'];

function absent(packageName: string): string {
  const message = JSON.stringify(
    `${packageName} is left out of the bundle: give credentials in the environment`,
  );
  return `
    const refuse = () => async () => {
      throw Object.assign(new Error(${message}), { name: 'CredentialsProviderError', tryNextLink: true });
    };
    export { ${PROVIDERS.map((name) => `refuse as ${name}`).join(', ')} };
  `;
}

const AS_A_LAMBDA: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  // Node loads a script with its own modules in three quarters of the time of an ES module (measured).
  format: 'cjs',
  // 'module' first: the ES builds of the SDK are the ones that esbuild can shake.
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  sourcemap: false,
  logLevel: 'warning',
  // undici's own switch: its experimental second parser, with 220 KB of WebAssembly, is then not asked for.
  define: { esbuildDetection: 'true', 'import.meta.dirname': '__dirname' },
  plugins: [asLambdaRunsIt],
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of ['upload', 'redrive'] as const) {
    const { file, sizeBytes } = await bundleLambda(name);
    console.log(`${file}: ${sizeBytes.toLocaleString('en')} bytes`);
  }
}
