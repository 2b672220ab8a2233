import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** A real Chromium for tests, or why there is none. */
export type FoundBrowser =
  | { readonly browser: Browser; readonly from: string }
  | { readonly browser: undefined; readonly why: string };

interface Candidate {
  readonly from: string;
  readonly executablePath: string;
  readonly env?: Record<string, string>;
}

const DISTRIBUTIONS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The one that npm brought (Linux x64), else the distribution's: the first that starts. */
export async function openBrowser(): Promise<FoundBrowser> {
  const failures: string[] = [];
  for (const candidate of [...(await fromNpm(failures)), ...DISTRIBUTIONS.map(distributions)]) {
    try {
      const { executablePath, env, from } = candidate;
      const browser = await chromium.launch({ executablePath, args: argsFor(), ...(env && { env }) });
      return { browser, from };
    } catch (error) {
      failures.push(`${candidate.from}: ${firstLine(error)}`);
    }
  }
  return { browser: undefined, why: failures.join('; ') };
}

const distributions = (executablePath: string): Candidate => ({ from: executablePath, executablePath });

/** Chromium refuses its sandbox to root; whoever is not root keeps it. Nothing else is switched off. */
const argsFor = (): string[] => (process.getuid?.() === 0 ? ['--no-sandbox'] : []);

const firstLine = (error: unknown) => String((error as Error).message).split('\n')[0];

async function fromNpm(failures: string[]): Promise<readonly Candidate[]> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    failures.push(`@sparticuz/chromium is for Linux x64, and this is ${process.platform} ${process.arch}`);
    return [];
  }
  try {
    const folder = await unpacked();
    const executablePath = join(folder, 'chromium');
    const from = '@sparticuz/chromium';
    const libraries = { ...definedEnvironment(), LD_LIBRARY_PATH: join(folder, 'al2023/lib') };
    // Its own libraries only where the machine has none: they are another distribution's.
    return [
      { from, executablePath },
      { from: `${from} with its libraries`, executablePath, env: libraries },
    ];
  } catch (error) {
    failures.push(`@sparticuz/chromium: ${firstLine(error)}`);
    return [];
  }
}

const definedEnvironment = () =>
  Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value ? [[name, value]] : [])));

/** Unpacked once, in a place of our own: the package's own choice, /tmp/chromium, is everybody's. */
async function unpacked(): Promise<string> {
  const modules = dirname(createRequire(import.meta.url).resolve('playwright-core/package.json'));
  const cache = join(modules, '../.cache/chromium');
  const folder = join(cache, 'unpacked');
  if ((await readdir(folder).catch(() => [])).length > 0) return folder;
  await mkdir(cache, { recursive: true });
  const half = await mkdtemp(join(cache, 'half-'));
  const before = { TMPDIR: process.env['TMPDIR'], AWS_LAMBDA_JS_RUNTIME: undefined, ...librariesBefore() };
  try {
    // It unpacks into the temporary folder, and its libraries only where it believes to be in Lambda.
    Object.assign(process.env, { TMPDIR: half, AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' });
    const { default: packed } = await import('@sparticuz/chromium');
    await packed.executablePath();
  } finally {
    restore(before);
  }
  // Two at once: the later one finds the folder full, and takes it.
  await rename(half, folder).catch(() => rm(half, { recursive: true, force: true }));
  return folder;
}

const librariesBefore = () => ({
  LD_LIBRARY_PATH: process.env['LD_LIBRARY_PATH'],
  FONTCONFIG_PATH: process.env['FONTCONFIG_PATH'],
  HOME: process.env['HOME'],
});

function restore(before: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(before))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
}
