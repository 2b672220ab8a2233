import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const APP = join(import.meta.dirname, '../../bin/app.ts');
const CDK = join(import.meta.dirname, '../../node_modules/aws-cdk/bin/cdk');
const MINUTES = 60_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'app-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Resource {
  readonly Type: string;
  readonly Properties: unknown;
}

interface Run {
  readonly exitCode: number;
  readonly errors: string;
}

/** Runs the app as the CDK CLI does: context and output folder by the environment; no account, no network. */
function runApp(context: Record<string, string>): Promise<Run> {
  const environment = { CDK_CONTEXT_JSON: JSON.stringify(context), CDK_OUTDIR: join(folder, 'cdk.out') };
  return new Promise((done) => {
    const run = execFile(process.execPath, [APP], { env: environment }, (_, __, errors) =>
      done({ exitCode: run.exitCode ?? -1, errors }),
    );
  });
}

describe('the app', () => {
  it('makes a template and its bundle of the routes in a file', async () => {
    const config = join(folder, 'routes.json');
    await writeFile(config, JSON.stringify({ routes: [{ prefix: 'in/', classificationId: 'c' }] }));
    const { exitCode, errors } = await runApp({ config });
    expect(errors).not.toContain('Error');
    expect(exitCode).toBe(0);
    const files = await readdir(join(folder, 'cdk.out'));
    expect(files).toContain('ExtractaUploader.template.json');
    const asset = files.find((file) => file.startsWith('asset.')) ?? '';
    const bundle = await readFile(join(folder, 'cdk.out', asset, 'index.cjs'), 'utf8');
    expect(bundle.length).toBeGreaterThan(10_000);
  });

  it('ends with what to change where -c says what can not be', async () => {
    const { exitCode, errors } = await runApp({ classificationId: 'c', bukcet: 'theirs', bucket: '' });
    expect(exitCode).toBe(1);
    expect(errors.trim().split('\n')).toEqual([
      'What to deploy: 2 problems',
      '  -c bukcet: there is no such choice: did you mean bucket?',
      '  -c bucket: given "": give the name of a bucket that exists',
    ]);
  });

  it('ends with what to change, all of it, and no stack trace where the configuration is wrong', async () => {
    const config = join(folder, 'wrong.json');
    await writeFile(config, JSON.stringify({ routes: [{ prefix: '/in' }], maxAttempts: 0 }));
    const { exitCode, errors } = await runApp({ config });
    expect(exitCode).toBe(1);
    expect(errors.trim().split('\n')).toEqual([
      `${config}: 3 problems`,
      '  routes[0].prefix: given "/in": leave the leading slash out: S3 keys do not begin with one',
      '  routes[0].classificationId: missing: give the id of the document classification in Extracta, as text',
      '  maxAttempts: given 0: give a whole number of at least 1',
    ]);
  });
});

describe('the CDK CLI, in a folder whose cdk.json holds the choices', () => {
  const context = {
    classificationId: 'c',
    bucket: 'theirs',
    arrivalsPrefix: 'scans/',
    alarmTopicArn: 'arn:aws:sns:eu-west-1:111111111111:alarms',
    maxConcurrency: 3,
  };
  let project: string;
  beforeAll(async () => {
    project = await mkdtemp(join(folder, 'project-'));
    await writeFile(
      join(project, 'cdk.json'),
      JSON.stringify({ app: `"${process.execPath}" "${APP}"`, context }),
    );
  });

  async function synth(
    ...given: readonly string[]
  ): Promise<{ said: string; resources: readonly Resource[] }> {
    const quiet = ['--quiet', '--no-notices', '--no-version-reporting'];
    const said = await new Promise<string>((done, failed) => {
      const options = { cwd: project, env: { CI: 'true', HOME: project } };
      execFile(process.execPath, [CDK, 'synth', ...quiet, ...given], options, (error, output, errors) =>
        error ? failed(new Error(errors)) : done(output + errors),
      );
    });
    const template = await readFile(join(project, 'cdk.out/ExtractaUploader.template.json'), 'utf8');
    return { said, resources: Object.values<Resource>(JSON.parse(template).Resources) };
  }

  const ofType = (resources: readonly Resource[], type: string) =>
    resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);

  it(
    'makes of them, without a -c, what they choose, and warns of nothing',
    async () => {
      const { said, resources } = await synth();
      expect(said).not.toContain('given by -c alone');
      expect(ofType(resources, 'AWS::S3::Bucket')).toEqual([]);
      expect(ofType(resources, 'Custom::S3BucketNotifications')).toHaveLength(1);
      const alarms = ofType(resources, 'AWS::CloudWatch::Alarm');
      expect(alarms.length).toBeGreaterThan(10);
      for (const alarm of alarms) expect(alarm).toMatchObject({ AlarmActions: [context.alarmTopicArn] });
    },
    3 * MINUTES,
  );

  it(
    'lets -c go before them, and says that it is forgotten with the next command',
    async () => {
      const { said, resources } = await synth('-c', 'maxConcurrency=5');
      expect(said).toContain('maxConcurrency: given by -c alone.');
      expect(said).toContain('write under "context" in cdk.json: "maxConcurrency": "5"');
      expect(ofType(resources, 'AWS::Lambda::EventSourceMapping')).toEqual([
        expect.objectContaining({ ScalingConfig: { MaximumConcurrency: 5 } }),
      ]);
      expect(ofType(resources, 'AWS::S3::Bucket')).toEqual([]);
    },
    3 * MINUTES,
  );
});
