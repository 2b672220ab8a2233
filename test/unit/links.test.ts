import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { anchorsIn, linksIn } from '../support/links.ts';

const PROJECT = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(PROJECT, file), 'utf8');
const markdownIn = (folder: string) =>
  readdirSync(join(PROJECT, folder), { withFileTypes: true, recursive: true })
    .filter(({ name, parentPath }) => name.endsWith('.md') && !parentPath.includes('node_modules'))
    .map(({ name, parentPath }) => relative(PROJECT, join(parentPath, name)));

const documents = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...['docs', 'examples', 'test/integ'].flatMap(markdownIn),
];

test.each(documents)('%s links to files and sections that there are', (file) => {
  const broken = linksIn(read(file), file).filter(({ path, anchor }) => {
    if (statSync(join(PROJECT, path), { throwIfNoEntry: false }) === undefined) return true;
    return anchor !== undefined && !anchorsIn(read(path)).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test('a link to a file, to a section, and out of the repository are told apart', () => {
  const text =
    '# A title, long\n[a](../b.md#c-d) [e](#a-title-long) [f](https://g.example)\n\n    [no](link.md)\n';
  expect(linksIn(text, 'docs/x.md')).toEqual([
    { path: 'b.md', anchor: 'c-d' },
    { path: 'docs/x.md', anchor: 'a-title-long' },
  ]);
  expect(anchorsIn(text)).toEqual(['a-title-long']);
});
