import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleLambda, type LambdaBundle } from '../../../lambdas/bundle.ts';

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

test('it is within its budget of 1,000,000 bytes', () => {
  expect(bundle.sizeBytes).toBeLessThanOrEqual(1_000_000);
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

  test('is within its budget of 600,000 bytes: it neither reads S3 nor speaks to Extracta', () => {
    expect(redrive.sizeBytes).toBeLessThanOrEqual(600_000);
    const inputs = Object.keys(redrive.metafile.inputs);
    expect(inputs.filter((file) => /lib\/extracta\/|node_modules\/undici\//.test(file))).toEqual([]);
  });
});
