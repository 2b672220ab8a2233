import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRedriveSettings, readSettings, SettingsError } from '../../../lambdas/settings.ts';
import { DEFAULT_WAITS } from '../../../lib/pipeline/settings.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'settings-'));
  const routes = [{ prefix: '', classificationId: 'c-1' }];
  await writeFile(join(folder, 'good.json'), JSON.stringify({ routes }));
  await writeFile(
    join(folder, 'elsewhere.json'),
    JSON.stringify({ routes, extractaUrl: 'https://extracta.example/v2' }),
  );
  await writeFile(join(folder, 'bad.json'), JSON.stringify({ routes: [{ prefix: 7 }] }));
});

afterAll(() => rm(folder, { recursive: true }));

const COMPLETE = {
  UPLOADER_CONFIG_FILE: 'good.json',
  UPLOADER_TABLE_NAME: 'ledger',
  UPLOADER_QUEUE_URL: 'https://sqs.example/1/arrivals',
  UPLOADER_DEAD_LETTER_QUEUE_URL: 'https://sqs.example/1/dead-letters',
  UPLOADER_API_TOKEN_SECRET_ID: 'extracta-token',
};

const read = (environment: Record<string, string | undefined>) => readSettings(environment, folder);

async function refusal(environment: Record<string, string | undefined>): Promise<string> {
  const error = await read({ ...COMPLETE, ...environment }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SettingsError);
  return (error as SettingsError).message;
}

test('the least that is needed, and a default for all else', async () => {
  const { pipeline, ...settings } = await read(COMPLETE);
  expect(settings).toEqual({
    tableName: 'ledger',
    queueUrl: 'https://sqs.example/1/arrivals',
    deadLetterQueueUrl: 'https://sqs.example/1/dead-letters',
    apiToken: { secretId: 'extracta-token' },
    extractaUrl: 'https://api.extracta.ai/api/v1',
    forcePathStyle: false,
    recordConcurrency: 10,
  });
  expect(pipeline.routes).toMatchObject([{ prefix: '', classificationId: 'c-1' }]);
  expect(pipeline.waits).toEqual(DEFAULT_WAITS);
});

test('the scheduled redrive needs no token, and is told nothing of Extracta', async () => {
  const { UPLOADER_API_TOKEN_SECRET_ID: _, ...least } = COMPLETE;
  const { pipeline, ...settings } = await readRedriveSettings(
    { ...least, UPLOADER_WAITS_DIVISOR: '60' },
    folder,
  );
  expect(settings).toEqual({
    tableName: 'ledger',
    queueUrl: 'https://sqs.example/1/arrivals',
    deadLetterQueueUrl: 'https://sqs.example/1/dead-letters',
    onlyCounts: false,
  });
  const counting = { ...least, UPLOADER_REDRIVE_ONLY_COUNTS: 'true' };
  expect(await readRedriveSettings(counting, folder)).toMatchObject({ onlyCounts: true });
  expect(pipeline.waits.redriveGapsMs).toEqual([60_000, 360_000, 1_440_000]);
  await expect(readRedriveSettings({}, folder)).rejects.toThrow('UPLOADER_TABLE_NAME is missing');
});

test('on a person’s machine the token itself may be given', async () => {
  const { apiToken } = await read({
    ...COMPLETE,
    UPLOADER_API_TOKEN_SECRET_ID: '',
    UPLOADER_API_TOKEN: ' a token ',
  });
  expect(apiToken).toEqual({ value: 'a token' });
});

test('the environment’s Extracta goes before the configuration’s, without its last slash', async () => {
  const environment = { ...COMPLETE, UPLOADER_CONFIG_FILE: 'elsewhere.json' };
  expect(await read(environment)).toMatchObject({ extractaUrl: 'https://extracta.example/v2' });
  const local = { ...environment, UPLOADER_EXTRACTA_URL: 'http://127.0.0.1:8080/base/' };
  expect(await read(local)).toMatchObject({ extractaUrl: 'http://127.0.0.1:8080/base' });
});

test('a divisor divides our own waits, and the pace of getResults only where Extracta is embedded', async () => {
  const hasty = { ...COMPLETE, UPLOADER_WAITS_DIVISOR: '100' };
  const real = (await read(hasty)).pipeline.waits;
  expect(real.quietMs).toBe(DEFAULT_WAITS.quietMs / 100);
  expect(real.resultsGateMs).toBe(DEFAULT_WAITS.resultsGateMs);
  const embedded = (await read({ ...hasty, UPLOADER_EXTRACTA_IS_EMBEDDED: 'true' })).pipeline.waits;
  expect(embedded.resultsGateMs).toBe(DEFAULT_WAITS.resultsGateMs / 100);
});

test('flags and numbers are read', async () => {
  const given = { UPLOADER_FORCE_PATH_STYLE: 'true', UPLOADER_RECORD_CONCURRENCY: '3' };
  expect(await read({ ...COMPLETE, ...given })).toMatchObject({ forcePathStyle: true, recordConcurrency: 3 });
});

test('every problem is named at once, those of the configuration file too', async () => {
  const message = await refusal({
    UPLOADER_CONFIG_FILE: 'bad.json',
    UPLOADER_TABLE_NAME: undefined,
    UPLOADER_QUEUE_URL: 'arrivals',
    UPLOADER_DEAD_LETTER_QUEUE_URL: '  ',
    UPLOADER_API_TOKEN_SECRET_ID: undefined,
    UPLOADER_EXTRACTA_URL: 'ftp://extracta.example',
    UPLOADER_EXTRACTA_IS_EMBEDDED: 'yes',
    UPLOADER_WAITS_DIVISOR: '0.5',
    UPLOADER_FORCE_PATH_STYLE: '1',
    UPLOADER_RECORD_CONCURRENCY: '2.5',
  });
  for (const line of [
    'UPLOADER_TABLE_NAME is missing: give the name of the DynamoDB table',
    'UPLOADER_QUEUE_URL is "arrivals": give the URL of the queue: http or https, without user, query or fragment',
    'UPLOADER_DEAD_LETTER_QUEUE_URL is missing: give the URL of the dead-letter queue',
    'UPLOADER_EXTRACTA_URL is "ftp://extracta.example": give the base URL of Extracta: http or https',
    'UPLOADER_EXTRACTA_IS_EMBEDDED is "yes": give true or false',
    'UPLOADER_WAITS_DIVISOR is "0.5": give a number from 1',
    'UPLOADER_FORCE_PATH_STYLE is "1": give true or false',
    'UPLOADER_RECORD_CONCURRENCY is "2.5": give a whole number from 1',
    'neither of UPLOADER_API_TOKEN_SECRET_ID and UPLOADER_API_TOKEN is given: give exactly one',
    join(folder, 'bad.json'),
    'routes[0].prefix',
    'routes[0].classificationId',
  ]) {
    expect(message).toContain(line);
  }
});

test('a missing configuration file is named with its whole path', async () => {
  expect(await refusal({ UPLOADER_CONFIG_FILE: 'nowhere.json' })).toContain(join(folder, 'nowhere.json'));
  expect(await refusal({ UPLOADER_CONFIG_FILE: undefined })).toContain('UPLOADER_CONFIG_FILE is missing');
});

test.each(['NaN', 'Infinity', '-1', '0', '1e999', 'ten'])('%j is no divisor', async (given) => {
  expect(await refusal({ UPLOADER_WAITS_DIVISOR: given })).toContain(`UPLOADER_WAITS_DIVISOR is "${given}"`);
});

test('no secret is quoted: neither a token nor what a URL carries', async () => {
  const message = await refusal({
    UPLOADER_API_TOKEN: 'hush-1',
    UPLOADER_EXTRACTA_URL: 'https://user:hush-2@extracta.example/?key=hush-3',
  });
  expect(message).toContain('both of UPLOADER_API_TOKEN_SECRET_ID and UPLOADER_API_TOKEN are given');
  expect(message).not.toMatch(/hush-[123]/);
});
