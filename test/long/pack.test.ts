import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import project from '../../package.json' with { type: 'json' };
import { linksIn } from '../support/links.ts';

const PROJECT = join(import.meta.dirname, '../..');
const MINUTES = 60_000;
const run = promisify(execFile);

let folder: string;
let files: readonly string[];
/** `npm pack`, as whoever publishes or vendors the package does it. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packed-'));
  const pack = ['pack', '--json', '--pack-destination', folder];
  const { stdout } = await run('npm', pack, { cwd: PROJECT, maxBuffer: 2 ** 24 });
  // What the build says comes before it.
  files = JSON.parse(stdout.slice(stdout.indexOf('[\n')))[0].files.map(({ path }: { path: string }) => path);
}, 5 * MINUTES);
afterAll(() => rm(folder, { recursive: true }));

describe('the package', () => {
  it('holds compiled JavaScript, types, both bundles, the documents and the schemas', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'dist/lib/infra/index.js',
        'dist/lib/infra/index.d.ts',
        'dist/lambdas/upload/index.cjs',
        'dist/lambdas/redrive/index.cjs',
        'docs/runbook.md',
        'schemas/document-uploaded.v1.json',
        'uploader.config.schema.json',
        'README.md',
        'LICENSE',
      ]),
    );
  });

  it("holds the console's page, the samples, the schemas and the examples, every file of them", async () => {
    const folders = {
      'lib/operator/console/page': 'dist/',
      samples: 'dist/',
      schemas: '',
      'examples/configs': '',
    };
    for (const [folder, put] of Object.entries(folders)) {
      const entries = await readdir(join(PROJECT, folder), { withFileTypes: true, recursive: true });
      const there = entries.filter((entry) => entry.isFile());
      expect(there.length).toBeGreaterThan(1);
      const wanted = there.map(({ parentPath, name }) => put + relative(PROJECT, join(parentPath, name)));
      expect(wanted.filter((file) => !files.includes(file))).toEqual([]);
    }
    expect(files).toContain('examples/existing-bucket/app.ts');
  });

  it('has no document that links to a file which did not come along', async () => {
    const texts = files.filter((file) => file.endsWith('.md'));
    expect(texts.length).toBeGreaterThan(15);
    const missing: string[] = [];
    for (const file of texts)
      for (const { path } of linksIn(await readFile(join(PROJECT, file), 'utf8'), file))
        if (!files.includes(path) && !files.some((each) => each.startsWith(`${path}/`)))
          missing.push(`${file}: ${path}`);
    expect(missing).toEqual([]);
  });

  it('holds every command, every export and whatever they import of ours', async () => {
    const entries = [
      ...Object.values(project.bin),
      'dist/bin/uploader.js',
      project.exports['.'].default.slice('./'.length),
    ];
    const missing: string[] = [];
    const seen = new Set<string>();
    const follow = async (file: string): Promise<void> => {
      if (seen.has(file)) return;
      seen.add(file);
      if (!files.includes(file)) return void missing.push(file);
      const text = await readFile(join(PROJECT, file), 'utf8');
      const imported = [...text.matchAll(/(?:from|import) ?\(?'(\.[^']+)'/g)].map(([, to = '']) =>
        join(dirname(file), to),
      );
      await Promise.all(imported.map(follow));
    };
    await Promise.all(entries.map(follow));
    expect(seen.size).toBeGreaterThan(100);
    expect(missing).toEqual([]);
  });

  it('holds no source that Node would have to strip of its types, and no test', () => {
    expect(files.filter((file) => /(?<!\.d)\.ts$/.test(file))).toEqual(['examples/existing-bucket/app.ts']);
    expect(files.filter((file) => /^(?:test|bench)\/|node_modules|cdk\.out/.test(file))).toEqual([]);
  });

  it('asks for the CDK as a peer, and brings none', () => {
    expect(Object.keys(project.peerDependencies)).toEqual(['aws-cdk-lib', 'constructs']);
    expect(Object.keys(project.dependencies)).not.toContain('aws-cdk-lib');
    expect(Object.keys(project.dependencies)).not.toContain('esbuild');
  });
});

describe('another CDK app, which installs the package', () => {
  let app: string;
  beforeAll(async () => {
    app = join(folder, 'examples/existing-bucket');
    await mkdir(dirname(app));
    await cp(join(PROJECT, 'examples/existing-bucket'), app, {
      recursive: true,
      filter: (source) => !/node_modules|cdk\.out|package-lock/.test(source),
    });
    // The tarball lies where the example looks for it: two folders up.
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'], {
      cwd: app,
    });
  }, 10 * MINUTES);

  it('finds types, which refuse a route without a classification', async () => {
    const tsc = [join(app, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', app];
    await run(process.execPath, tsc, { cwd: app });
    const right = await readFile(join(app, 'app.ts'), 'utf8');
    await writeFile(join(app, 'app.ts'), right.replace(/, classificationId: '[^']+'/, ''));
    await expect(run(process.execPath, tsc, { cwd: app })).rejects.toMatchObject({
      stdout: expect.stringContaining("Property 'classificationId' is missing"),
    });
    await writeFile(join(app, 'app.ts'), right);
  });

  it('synthesizes the construct on a bucket that exists, with the bundles that came along', async () => {
    const output = join(app, 'cdk.out');
    await run(process.execPath, ['app.ts'], { cwd: app, env: { ...process.env, CDK_OUTDIR: output } });
    const template = JSON.parse(await readFile(join(output, 'Documents.template.json'), 'utf8'));
    const types = Object.values<{ Type: string }>(template.Resources).map(({ Type }) => Type);
    expect(types).not.toContain('AWS::S3::Bucket');
    expect(types.filter((type) => type === 'Custom::S3BucketNotifications')).toHaveLength(1);
    const assets = (await readdir(output)).filter((name) => name.startsWith('asset.'));
    const sizes = await Promise.all(
      assets.map(
        async (asset) => (await stat(join(output, asset, 'index.cjs')).catch(() => ({ size: 0 }))).size,
      ),
    );
    expect(sizes.filter((bytes) => bytes > 100_000)).toHaveLength(2);
  });

  it('has the commands, and they run', async () => {
    const commands = join(app, 'node_modules/.bin');
    for (const command of Object.keys(project.bin)) {
      const { stdout } = await run(process.execPath, [join(commands, command), '--help'], { cwd: app });
      expect(stdout).toContain('Usage');
    }
  });

  it.each(['console', 'status'])('has the verb %s, which says how it is used', async (verb) => {
    const command = join(app, 'node_modules/.bin/extracta-uploader');
    const { stdout } = await run(process.execPath, [command, verb, '--help'], { cwd: app });
    expect(stdout).toContain(`Usage: extracta-uploader ${verb}`);
  });
});
