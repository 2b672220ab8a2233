import { PassThrough } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import { chance, clock } from '../../../lambdas/clock-and-chance.ts';
import { runOperator } from '../../../lib/operator/run.ts';

afterEach(() => vi.unstubAllEnvs());

test('a region that is set to nothing is told in one line', async () => {
  const environment = { AWS_REGION: '', AWS_DEFAULT_REGION: '', AWS_PROFILE: undefined };
  const keys = { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none', AWS_CONFIG_FILE: '/none' };
  for (const [name, value] of Object.entries({ ...environment, ...keys })) vi.stubEnv(name, value);
  const [stdout, stderr] = [new PassThrough(), new PassThrough({ encoding: 'utf8' })];
  const code = await runOperator(['status', '--stack', 'Nope'], {
    ...{ stdout, stderr, version: '0.0.0', apiToken: undefined, stateFolder: '', projectConfigFile: '' },
    ...{ clock, chance, ask: undefined, interrupted: new AbortController().signal },
  });
  expect(code).toBe(2);
  expect(stderr.read()).toMatch(/^AWS can't be asked: [^\n]*Set AWS_PROFILE or AWS_REGION\.\n$/);
});
