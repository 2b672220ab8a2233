import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { integSettings } from '../integ/settings.ts';

const INTEG = join(import.meta.dirname, '../integ');
const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'integ-'));
});
afterAll(() => rm(folder, { recursive: true }));

const complete = {
  UPLOADER_INTEG_EXTRACTA_URL: 'https://extracta.example/api/v1',
  UPLOADER_INTEG_API_TOKEN: 'a-token',
  UPLOADER_INTEG_CLASSIFICATION_ID: '-Oc',
  AWS_REGION: 'eu-central-1',
  AWS_PROFILE: 'trial',
};

describe('the run for real', () => {
  it('is skipped where nothing says where to deploy, and says what is missing', async () => {
    const { stdout } = await run(process.execPath, [join(INTEG, 'run.ts')], { env: {} });
    expect(stdout).toContain('Skipped');
    for (const name of Object.keys(complete)) expect(stdout).toContain(name);
  });

  it.each(Object.keys(complete))('is skipped without %s alone', (name) => {
    expect(integSettings({ ...complete, [name]: undefined })).toEqual({
      skippedBecause: expect.stringContaining(`${name} `),
    });
    expect(integSettings(complete)).toMatchObject({ classificationId: '-Oc', keeps: false });
  });

  it('has an app that synthesizes, whose stack leaves nothing behind and says where the token goes', async () => {
    const context = { extractaUrl: complete.UPLOADER_INTEG_EXTRACTA_URL, classificationId: '-Oc' };
    const env = { CDK_CONTEXT_JSON: JSON.stringify(context), CDK_OUTDIR: join(folder, 'cdk.out') };
    await run(process.execPath, [join(INTEG, 'app.ts')], { env });
    const file = join(folder, 'cdk.out/ExtractaUploaderInteg.template.json');
    const { Resources, Outputs } = JSON.parse(await readFile(file, 'utf8'));
    const kept = Object.values<{ DeletionPolicy?: string }>(Resources).filter(
      ({ DeletionPolicy }) => DeletionPolicy === 'Retain',
    );
    expect(kept).toEqual([]);
    expect(Object.keys(Outputs)).toEqual(expect.arrayContaining(['ApiToken', 'Bucket', 'Ledger']));
  });
});
