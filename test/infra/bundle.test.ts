import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleEntry, type LambdaBundle } from '../../lambdas/bundle.ts';

let folder: string;
let bundle: LambdaBundle;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credentials-'));
  bundle = await bundleEntry(join(import.meta.dirname, 'credentials-entry.ts'), join(folder, 'bundle'));
  await mkdir(join(folder, '.aws'));
  await writeFile(
    join(folder, '.aws/config'),
    ['[profile keys]', 'aws_access_key_id=FROM-PROFILE', 'aws_secret_access_key=s'].join('\n'),
  );
});
afterAll(() => rm(folder, { recursive: true }));

/** What the bundle's clients sign with, in a process that knows nothing but `environment`. */
async function credentialsWith(environment: Record<string, string>): Promise<unknown> {
  const script = `
    const { credentials } = await import(${JSON.stringify(pathToFileURL(bundle.file))});
    console.log(JSON.stringify(await credentials()));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env: { HOME: folder, AWS_EC2_METADATA_DISABLED: 'true', ...environment },
  });
  return JSON.parse(stdout);
}

describe('a bundled function, some of whose credential providers are left out', () => {
  it('signs with the keys in the environment, as Lambda gives them', async () => {
    const environment = { AWS_ACCESS_KEY_ID: 'FROM-ENV', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' };
    expect(await credentialsWith(environment)).toMatchObject({ accessKeyId: 'FROM-ENV', sessionToken: 't' });
  });

  it("signs with a profile's keys", async () => {
    expect(await credentialsWith({ AWS_PROFILE: 'keys' })).toMatchObject({ accessKeyId: 'FROM-PROFILE' });
  });

  it("says in the SDK's own words that there are none, having asked the rest of the chain", async () => {
    expect(await credentialsWith({})).toBe('CredentialsProviderError');
  });
});
