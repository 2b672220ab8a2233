import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chosenConfig } from '../../../lib/config/chosen-config.ts';

const routes = [{ prefix: 'in/', classificationId: 'c' }];
let empty: string;
let configured: string;

beforeAll(async () => {
  empty = await mkdtemp(join(tmpdir(), 'empty-'));
  configured = await mkdtemp(join(tmpdir(), 'configured-'));
  await writeFile(join(configured, 'uploader.config.json'), JSON.stringify({ routes }));
  await writeFile(join(configured, 'other.json'), JSON.stringify({ routes, maxAttempts: 2 }));
});
afterAll(async () => {
  await rm(empty, { recursive: true });
  await rm(configured, { recursive: true });
});

describe('what is deployed', () => {
  it('is one route for the whole bucket where a classification is given', async () => {
    const config = await chosenConfig({ classificationId: '-Oabc', projectDirectory: empty });
    expect(config).toEqual({ routes: [{ prefix: '', classificationId: '-Oabc' }] });
  });

  it("is the project's uploader.config.json where nothing is given", async () => {
    expect(await chosenConfig({ projectDirectory: configured })).toEqual({ routes });
  });

  it('is the file that is named, before the one of the project', async () => {
    const config = await chosenConfig({ configFile: 'other.json', projectDirectory: configured });
    expect(config).toEqual({ routes, maxAttempts: 2 });
  });

  it('must be chosen, and the message says how', async () => {
    await expect(chosenConfig({ projectDirectory: empty })).rejects.toThrow(
      /no classification is given: give -c classificationId=\S+, or routes in a file uploader\.config\.json/,
    );
  });

  it('is never one of two', async () => {
    const both = { classificationId: 'c', projectDirectory: configured };
    await expect(chosenConfig(both)).rejects.toThrow('uploader.config.json are both given: give one');
    await expect(chosenConfig({ ...both, configFile: 'other.json' })).rejects.toThrow(
      'other.json are both given',
    );
  });

  it('is refused where the classification is empty', async () => {
    await expect(chosenConfig({ classificationId: '', projectDirectory: empty })).rejects.toThrow(
      'paste the id that Extracta shows',
    );
  });
});
