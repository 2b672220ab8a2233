import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { expect, it } from 'vitest';
import { makeSamples } from '../../support/make-samples.ts';

const FOLDER = join(import.meta.dirname, '../../../samples');

it('samples/ holds what its generator makes, byte for byte, and nothing else', async () => {
  const entries = await readdir(FOLDER, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const hex = async (file: string) => [
    relative(FOLDER, file).split(sep).join('/'),
    (await readFile(file)).toString('hex'),
  ];
  const made = [...makeSamples()].map(([name, bytes]) => [name, bytes.toString('hex')] as const);
  expect(new Map((await Promise.all(files.map(hex))).map(([name, bytes]) => [name, bytes]))).toEqual(
    new Map(made),
  );
});
