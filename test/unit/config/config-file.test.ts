import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readUploaderConfig } from '../../../lib/config/config-file.ts';
import { ConfigProblems } from '../../../lib/config/problems.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(text: string): Promise<string> {
  const file = join(folder, 'uploader.config.json');
  await writeFile(file, text);
  return file;
}

describe('a configuration file', () => {
  it('is read, also where an editor put a byte order mark first', async () => {
    const config = { routes: [{ prefix: 'a/', classificationId: 'c' }] };
    expect(await readUploaderConfig(await write(`\uFEFF${JSON.stringify(config)}`))).toEqual(config);
  });

  it('is named in the error about its problems', async () => {
    const file = await write('{"routes":[]}');
    await expect(readUploaderConfig(file)).rejects.toThrow(`${file}: one problem\n  routes: given []`);
  });

  it('that is missing or a folder is said to be so', async () => {
    await expect(readUploaderConfig(join(folder, 'none.json'))).rejects.toThrow('there is no such file');
    await expect(readUploaderConfig(folder)).rejects.toThrow('it cannot be read (EISDIR)');
  });

  it.each([
    ['{"routes": [,]}', 'line 1 column 13'],
    ['{\n  "routes": [\n    x\n  ]\n}', 'line 3 column 5'],
    ['{"routes": []', 'line 1 column 14'],
    ['{"routes": []}}', 'line 1 column 15'],
    ['{"routes: []}', 'line 1 column 14'],
    ["\uFEFF{'routes': []}", 'line 1 column 2'],
    ['{"a": nul}', 'line 1 column 10'],
    ['{"a": 1e}', 'line 1 column 9'],
    ['', 'line 1 column 1'],
  ])('%j is no JSON at %s', async (text, place) => {
    const error = await readUploaderConfig(await write(text)).catch((caught: unknown) => caught);
    expect((error as Error).message).toMatch(
      new RegExp(`it is no JSON at ${place} \\([^"]*\\): mend it there`),
    );
    // Said once.
    expect((error as Error).message).not.toContain('position');
  });

  it('that is no JSON is said to be so, with the place but without quoting it', async () => {
    const error = await readUploaderConfig(await write('{"routes": [],}')).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConfigProblems);
    expect((error as Error).message).toContain('line 1 column 15');
    await expect(readUploaderConfig(await write('{"token": secret-123}'))).rejects.not.toThrow('secret-123');
  });
});
