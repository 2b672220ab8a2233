import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const APP = join(import.meta.dirname, '../../bin/app.ts');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'app-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Run {
  readonly exitCode: number;
  readonly errors: string;
}

/** Runs the app as the CDK CLI does: context and output folder by the environment; no account, no network. */
function runApp(context: Record<string, string>): Promise<Run> {
  const environment = { CDK_CONTEXT_JSON: JSON.stringify(context), CDK_OUTDIR: join(folder, 'cdk.out') };
  return new Promise((done) => {
    const run = execFile(process.execPath, [APP], { env: environment }, (_, __, errors) =>
      done({ exitCode: run.exitCode ?? -1, errors }),
    );
  });
}

describe('the app', () => {
  it('makes a template and its bundle of the routes in a file', async () => {
    const config = join(folder, 'routes.json');
    await writeFile(config, JSON.stringify({ routes: [{ prefix: 'in/', classificationId: 'c' }] }));
    const { exitCode, errors } = await runApp({ config });
    expect(errors).not.toContain('Error');
    expect(exitCode).toBe(0);
    const files = await readdir(join(folder, 'cdk.out'));
    expect(files).toContain('ExtractaUploader.template.json');
    const asset = files.find((file) => file.startsWith('asset.')) ?? '';
    const bundle = await readFile(join(folder, 'cdk.out', asset, 'index.mjs'), 'utf8');
    expect(bundle.length).toBeGreaterThan(10_000);
  });

  it('ends with what to change where -c says what can not be', async () => {
    const { exitCode, errors } = await runApp({ classificationId: 'c', maxConcurrency: '1', bucket: '' });
    expect(exitCode).toBe(1);
    expect(errors.trim().split('\n')).toEqual([
      'What to deploy: one problem',
      '  -c bucket: given "": give the name of a bucket that exists',
    ]);
  });

  it('ends with what to change, all of it, and no stack trace where the configuration is wrong', async () => {
    const config = join(folder, 'wrong.json');
    await writeFile(config, JSON.stringify({ routes: [{ prefix: '/in' }], maxAttempts: 0 }));
    const { exitCode, errors } = await runApp({ config });
    expect(exitCode).toBe(1);
    expect(errors.trim().split('\n')).toEqual([
      `${config}: 3 problems`,
      '  routes[0].prefix: given "/in": leave the leading slash out: S3 keys do not begin with one',
      '  routes[0].classificationId: missing: give the id of the document classification in Extracta, as text',
      '  maxAttempts: given 0: give a whole number of at least 1',
    ]);
  });
});
