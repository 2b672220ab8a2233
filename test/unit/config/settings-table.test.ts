import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { VARIABLES } from '../../../lambdas/settings.ts';
import { ADVICE, waitLimits } from '../../../lib/config/advice.ts';
import { DEFAULT_EXTRACTA_URL, pipelineSettings } from '../../../lib/config/uploader-config.ts';
import { DEFAULT_WAITS } from '../../../lib/pipeline/settings.ts';

/** docs/settings.md names every setting and every variable, with the defaults and the bounds of the code. */

interface Row {
  readonly key: string;
  readonly variable: string;
  readonly byDefault: string;
  readonly unit: string;
  readonly bounds: string;
}

const page = readFileSync(fileURLToPath(new URL('../../../docs/settings.md', import.meta.url)), 'utf8');
const cells = (line: string) =>
  line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('`', ''));
const rows: readonly Row[] = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| Key'))
  .map((line) => {
    const [key = '', variable = '', byDefault = '', unit = '', , bounds = ''] = cells(line);
    return { key, variable, byDefault, unit, bounds };
  });
const rowOf = (key: string) => rows.find((row) => row.key === key);
const shown = (value: unknown): string =>
  Array.isArray(value) ? value.map(shown).join(', ') : String(value);

test('every row has as many cells as the table has columns', () => {
  const lines = page.split('\n').filter((line) => line.startsWith('| '));
  expect(new Set(lines.map((line) => cells(line).length))).toEqual(new Set([6]));
});

test('every setting has its row, and no row is of a setting that there is not', () => {
  const settings = Object.keys(ADVICE).filter(
    (path) => path !== '' && !path.endsWith('[]') && path !== 'waits',
  );
  const keys = rows.map(({ key }) => key).filter((key) => key !== '');
  expect(keys.toSorted()).toEqual(settings.toSorted());
});

describe.each(Object.entries(DEFAULT_WAITS))('waits.%s', (name, value) => {
  test('is listed with its default and its bounds, in milliseconds', () => {
    const { min, max } = waitLimits(name);
    const bounds = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `${min} to ${max}`;
    expect(rowOf(`waits.${name}`)).toMatchObject({
      variable: '',
      byDefault: shown(value),
      unit: 'ms',
      bounds: Array.isArray(value) ? `each ${bounds}` : bounds,
    });
  });
});

test('the other defaults are those of the code', () => {
  const { onUnknownOutcome, fileNames, fileTypes, maxDocumentBytes, maxAttempts } = pipelineSettings({
    routes: [],
  });
  const settings = { onUnknownOutcome, fileNames, fileTypes, maxDocumentBytes, maxAttempts };
  for (const [key, value] of Object.entries({ ...settings, extractaUrl: DEFAULT_EXTRACTA_URL }))
    expect(rowOf(key), key).toMatchObject({ byDefault: shown(value) });
});

test('every variable has its row, with its default', () => {
  const listed = rows.filter(({ variable }) => variable !== '');
  expect(listed.map(({ variable }) => variable).toSorted()).toEqual(
    Object.keys(VARIABLES.entries).toSorted(),
  );
  for (const { variable, key, byDefault } of listed) {
    const schema = VARIABLES.entries[variable as keyof typeof VARIABLES.entries];
    // That of the setting it overrides, where there is one.
    if (key === '') expect(byDefault, variable).toBe(v.getDefault(schema) ?? '');
  }
});
