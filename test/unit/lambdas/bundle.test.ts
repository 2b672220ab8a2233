import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleLambda, type LambdaBundle } from '../../../lambdas/bundle.ts';
import { bundleReport } from '../../../lambdas/bundle-report.ts';

let folder: string;
let bundle: LambdaBundle;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  bundle = await bundleLambda('upload', folder);
});

afterAll(() => rm(folder, { recursive: true }));

/** Runs `script` in a process of its own, far from node_modules, with nothing but `environment`. */
async function outputOf(
  script: string,
  environment: Record<string, string> = {},
  { file }: LambdaBundle = bundle,
): Promise<string> {
  const source = `const { handler } = await import(${JSON.stringify(pathToFileURL(file))}); ${script}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source], {
    cwd: folder,
    env: environment,
  });
  return stdout;
}

test('the bundle imports by itself and exports its handler', async () => {
  expect(await outputOf('console.log(typeof handler)')).toBe('function\n');
});

test('it is within its budget of 750,000 bytes', () => {
  expect(bundle.sizeBytes).toBeLessThanOrEqual(750_000);
});

test('it has one HTTP parser, and neither HTTP/2 nor the Fetch API', () => {
  const [output] = Object.values(bundle.metafile.outputs);
  const largest = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 500);
  const parsers = largest.filter(([file]) => /-wasm\.js$|parser|client-h2|undici\/lib\/web/.test(file));
  expect(parsers.map(([file]) => file.replace(/.*node_modules\//, ''))).toEqual([
    'undici/lib/llhttp/llhttp_simd-wasm.js',
    expect.stringContaining('@aws-sdk/xml-builder'),
  ]);
});

test('without settings an invocation fails with everything that is missing, and logs it', async () => {
  const output = await outputOf(`
    const context = { awsRequestId: 'r-1', getRemainingTimeInMillis: () => 60_000 };
    await handler({ Records: [] }, context).catch((error) => console.log('failed: ' + error.message));
  `);
  expect(output).toContain('failed: The settings cannot be used:');
  expect(output).toContain('UPLOADER_CONFIG_FILE is missing');
  expect(output).toContain('UPLOADER_QUEUE_URL is missing');
});

describe('the bundle of the scheduled redrive', () => {
  let redrive: LambdaBundle;
  beforeAll(async () => {
    redrive = await bundleLambda('redrive', join(folder, 'redrive'));
  });

  test('imports by itself, and fails with everything that is missing, which is no token', async () => {
    const output = await outputOf(
      `
      const context = { awsRequestId: 'r-1', getRemainingTimeInMillis: () => 60_000 };
      await handler({}, context).catch((error) => console.log('failed: ' + error.message));
    `,
      {},
      redrive,
    );
    expect(output).toContain('failed: The settings cannot be used:');
    expect(output).toContain('UPLOADER_TABLE_NAME is missing');
    expect(output).not.toContain('UPLOADER_API_TOKEN');
  });

  test('is within its budget of 650,000 bytes: it does not speak to Extracta', () => {
    expect(redrive.sizeBytes).toBeLessThanOrEqual(650_000);
    const inputs = Object.keys(redrive.metafile.inputs);
    expect(inputs.filter((file) => file.includes('lib/extracta/'))).toEqual([]);
  });

  test('stands in docs/bundle.md beside the other, as `node lambdas/bundle-report.ts` writes it', async () => {
    const written = await readFile(join(import.meta.dirname, '../../../docs/bundle.md'), 'utf8');
    expect(roughly(written)).toEqual(roughly(bundleReport({ upload: bundle, redrive })));
  });

  // A line of ours more is no reason to write the page anew; a package more is, or ten kilobytes.
  const roughly = (page: string) =>
    page
      .split('\n')
      .map((line) => line.replace(/ (\d+) (?=\|)/g, (_, kilobytes) => ` ${Math.round(kilobytes / 10)} `));
});
