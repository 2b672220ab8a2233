import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Tracked files and those that would be, so that a breach shows before it is committed. */
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(ROOT, file)));
const sources = files.filter((file) => /^(?:bin|lambdas|lib)\/.*\.ts$/.test(file) && !file.endsWith('.d.ts'));
const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');

interface Import {
  readonly from: string;
  readonly to: string;
  /** Names and clause, to tell a type from a value. */
  readonly clause: string;
}

const IMPORT =
  /^(?:import|export)\s+(?:(?<clause>[^'";]*?)\s+from\s+)?'(?<to>[^']+)'|\bimport\(\s*'(?<lazy>[^']+)'/gm;

function importsOf(file: string): readonly Import[] {
  return [...textOf(file).matchAll(IMPORT)].map(({ groups = {} }) => {
    const to = groups['to'] ?? groups['lazy'] ?? '';
    const target = to.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), to)) : to;
    return { from: file, to: target, clause: groups['clause'] ?? '' };
  });
}

const imports = sources.flatMap(importsOf);

/** `lib/aws/ledger.ts` -> `lib/aws`; `bin/app.ts` -> `bin`. */
const houseOf = (file: string) => /^(?:bin|lambdas|lib\/[^/]+)(?=\/)/.exec(file)?.[0];

const EDGES = ['lib/aws', 'lib/extracta', 'lib/config'];
const ROOMS = ['lib/infra', 'lib/operator', 'lib/local'];
/** Said to people alike by whoever speaks to them; knows nothing of documents. */
const TERMINAL = 'lib/terminal';
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'lib/pipeline': [],
  [TERMINAL]: [],
  ...Object.fromEntries(EDGES.map((edge) => [edge, ['lib/pipeline']])),
  ...Object.fromEntries(ROOMS.map((room) => [room, [...EDGES, 'lib/pipeline']])),
  'lib/operator': [...EDGES, TERMINAL, 'lib/pipeline'],
  'lib/local': [...EDGES, TERMINAL, 'lib/pipeline'],
  lambdas: [...ROOMS, ...EDGES, 'lib/pipeline'],
  bin: ['lambdas', ...ROOMS, ...EDGES, TERMINAL, 'lib/pipeline'],
};

/** The one edge that speaks to another: the token's type, no code. */
const isTokenSource = ({ from, to, clause }: Import) =>
  houseOf(from) === 'lib/aws' && to === 'lib/extracta/token.ts' && clause === 'type { TokenSource }';

const shown = ({ from, to }: Import) => `${from} -> ${to}`;

describe('the house', () => {
  it('is read whole: the scanner sees the imports of every kind of room', () => {
    expect(imports.map(shown)).toEqual(
      expect.arrayContaining([
        'lib/pipeline/upload-document.ts -> lib/pipeline/batch.ts',
        'lib/aws/ledger.ts -> lib/pipeline/ports.ts',
        'lib/aws/secret.ts -> lib/extracta/token.ts',
        'bin/app.ts -> lib/infra/uploader-stack.ts',
      ]),
    );
    for (const source of sources) expect(Object.keys(MAY_IMPORT)).toContain(houseOf(source));
  });

  it('imports one way: doors -> infra | operator | local -> aws | extracta | config -> pipeline', () => {
    const wrong = imports.filter((each) => {
      const [from, to] = [houseOf(each.from), houseOf(each.to)];
      return to !== undefined && to !== from && !MAY_IMPORT[from ?? '']?.includes(to) && !isTokenSource(each);
    });
    expect(wrong.map(shown)).toEqual([]);
  });

  it('ships nothing that imports from its tests', () => {
    expect(imports.filter(({ to }) => /^(?:test|bench)\//.test(to)).map(shown)).toEqual([]);
  });

  it('has a pipeline that imports itself and what Node brings along, nothing else', () => {
    const pipeline = imports.filter(({ from }) => houseOf(from) === 'lib/pipeline');
    const foreign = pipeline.filter(({ to }) => houseOf(to) !== 'lib/pipeline' && !to.startsWith('node:'));
    expect(pipeline.length).toBeGreaterThan(50);
    expect(foreign.map(shown)).toEqual([]);
  });

  it('reads the environment in one file a door: lambdas/settings.ts, and each file of bin for itself', () => {
    const reads =
      /\bprocess\s*\??\.\s*env\b|\bprocess\s*\[|\bfrom 'node:process'|\{[^}]*\benv\b[^}]*\}\s*=\s*process\b/;
    const readers = sources.filter((file) => reads.test(textOf(file)));
    expect(readers).toContain('lambdas/settings.ts');
    expect(readers.filter((file) => file !== 'lambdas/settings.ts' && dirname(file) !== 'bin')).toEqual([]);
  });

  it('has no file and no folder whose name says nothing', () => {
    const empty = /^(?:utils?|helpers?|common|managers?|services?)$/i;
    const nameless = files.filter((file) =>
      file.split('/').some((part) => empty.test(part.split('.')[0] ?? '')),
    );
    expect(nameless).toEqual([]);
  });
});

describe('the repository', () => {
  // Put together here, or this file would be the first to be found.
  const [registry, work, beside, resolved] = ['regis+try', 'wo+rk', 'sha+red', 'resol+ved'].map((word) =>
    word.replace('+', ''),
  );
  const foreign = new RegExp(
    `[\\w.-]*${registry}[\\w-]*\\.[\\w-]+\\.\\w+|"${resolved}"\\s*:|(?<![\\w.:/-])/${work}/|\\.\\./${beside}\\b`,
  );

  it('speaks of itself alone: no host that packages came from, no path of the place where it was written', () => {
    const binary = /\.(?:pdf|png|jpe?g|tiff?|docx?|bmp)$/;
    const text = files.filter((file) => !binary.test(file));
    expect(text).toContain('package-lock.json');
    expect(text.filter((file) => foreign.test(textOf(file)))).toEqual([]);
  });

  it.each([
    `"https://${registry}.example.org/a.tgz"`,
    `see /${work}/main`,
    `../${beside}/notes.md`,
    `"${resolved}": "a"`,
  ])('would notice %s', (breach) => {
    expect(foreign.test(breach)).toBe(true);
  });
});
