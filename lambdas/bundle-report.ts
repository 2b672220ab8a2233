import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metafile } from 'esbuild';
import { bundleLambda, type LambdaBundle, type LambdaName } from './bundle.ts';

/** Bytes of a bundle by the package that they came from, the largest first. */
export function bytesByPackage(metafile: Metafile): readonly (readonly [name: string, bytes: number])[] {
  const sums = new Map<string, number>();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const name = packageOf(file);
      sums.set(name, (sums.get(name) ?? 0) + bytesInOutput);
    }
  }
  return [...sums].filter(([, bytes]) => bytes > 0).sort((a, b) => b[1] - a[1]);
}

function packageOf(file: string): string {
  if (file.startsWith('left-out:')) return 'left out, in its place';
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? 'ours';
}

const kilobytes = (bytes: number) => Math.round(bytes / 1000);

/** docs/bundle.md. Packages below a kilobyte are summed up. */
export function bundleReport(bundles: Readonly<Record<LambdaName, LambdaBundle>>): string {
  const columns = Object.entries(bundles).map(([name, { metafile, sizeBytes }]) => {
    return { name, sizeBytes, bytes: new Map(bytesByPackage(metafile)) };
  });
  const names = [...new Set(columns.flatMap(({ bytes }) => [...bytes.keys()]))];
  const size = (name: string) => columns.map(({ bytes }) => bytes.get(name) ?? 0);
  const named = names.filter((name) => size(name).some((bytes) => kilobytes(bytes) >= 1));
  const rows = named.map((name) => [name, ...size(name)] as const);
  const rest = columns.map(({ sizeBytes }, at) => sizeBytes - sumOf(rows.map((row) => Number(row[at + 1]))));
  const line = (name: string, bytes: readonly number[]) =>
    `| ${[name, ...bytes.map(kilobytes)].join(' | ')} |`;
  return `${[
    '# What is in the functions',
    '',
    'Kilobytes (1,000 bytes) of minified code by the package that they came from: of `upload`, and of `redrive`, which neither',
    'reads documents nor speaks to Extracta. Made by `node lambdas/bundle-report.ts` from what esbuild says of its bundle; a test',
    'holds this page against it, and each function against its budget.',
    '',
    `| Package | ${columns.map(({ name }) => `\`${name}\``).join(' | ')} |`,
    `|---|${columns.map(() => '---:|').join('')}`,
    line(
      '**all**',
      columns.map(({ sizeBytes }) => sizeBytes),
    ),
    ...rows.map(([name, ...bytes]) => line(name, bytes)),
    line('the rest', rest),
  ].join('\n')}\n`;
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bundles = { upload: await bundleLambda('upload'), redrive: await bundleLambda('redrive') };
  await writeFile(join(import.meta.dirname, '../docs/bundle.md'), bundleReport(bundles));
}
