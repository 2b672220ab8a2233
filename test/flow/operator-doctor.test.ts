import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { queueAttributes } from '../../lib/aws/queue-depth.ts';
import { SECRET_PLACEHOLDER } from '../../lib/aws/secret-placeholder.ts';
import type { DoctorReport } from '../../lib/operator/doctor.ts';
import type { FailedReport } from '../../lib/operator/failed.ts';
import type { FindReport } from '../../lib/operator/find.ts';
import type { StatusReport } from '../../lib/operator/status.ts';
import { BREAKER_KEY, GATE_KEY } from '../../lib/pipeline/identity.ts';
import { type Answer, startStandIn } from '../unit/aws/stand-in.ts';
import {
  type CloudFacts,
  healthyCloud,
  keyPolicyFor,
  notificationOf,
  type StackParts,
  type StandInCloud,
  startCloud,
} from './operator-cloud.ts';
import {
  BUCKET,
  CLASSIFICATION_ID,
  type OperatorWorld,
  reportIn,
  runHere,
  type Said,
  startOperatorWorld,
  TABLE,
  TOKEN,
} from './operator-world.ts';

/** The command on a deployed stack, whose parts are emulators and stand-ins. */

let world: OperatorWorld;
let cloud: StandInCloud;
let parts: StackParts;
const queueArn = 'arn:aws:sqs:us-east-1:000000000000:arrivals';
const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dead-letters';
const S3_MAY_SEND = JSON.stringify({
  Statement: [{ Effect: 'Allow', Principal: { Service: 's3.amazonaws.com' }, Action: 'sqs:SendMessage' }],
});

const set = (QueueUrl: string, Attributes: Record<string, string>) =>
  world.clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));

const healthyQueues = async () => {
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1000 });
  const MessageRetentionPeriod = '1209600';
  await set(world.queueUrl, {
    Policy: S3_MAY_SEND,
    RedrivePolicy,
    MessageRetentionPeriod,
    VisibilityTimeout: '600',
    KmsMasterKeyId: '',
  });
  await set(world.deadLetterQueueUrl, { MessageRetentionPeriod });
};

beforeAll(async () => {
  world = await startOperatorWorld();
  const { queueUrl, deadLetterQueueUrl } = world;
  parts = { bucket: BUCKET, queueUrl, deadLetterQueueUrl, tableName: TABLE, queueArn, token: TOKEN };
  cloud = await startCloud(parts);
});
beforeEach(async () => {
  cloud.facts = healthyCloud(parts);
  await healthyQueues();
});
afterAll(async () => {
  await cloud[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const onTheStack = (...args: readonly string[]): Promise<Said> =>
  runHere([...args, '--extracta-url', world.extracta.url]);
const doctor = (...args: readonly string[]) =>
  onTheStack('doctor', `--classification-id=${CLASSIFICATION_ID}`, ...args);

test('of a healthy stack, found by its name alone, it finds nothing wrong', async () => {
  const said = await doctor('--json');
  const { findings } = reportIn<DoctorReport>(said);
  expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  expect(said.code).toBe(0);
  expect(findings.map(({ check }) => check)).toEqual([
    'bucket',
    'versioning',
    'notification',
    'queue policy',
    'ledger',
    'queue',
    'dead-letter queue',
    'dead letters',
    'queue retention',
    'dead-letter queue retention',
    'function',
    'delivery',
    'visibility',
    'permissions',
    'scheduled redrive',
    'redrive schedule',
    'secret',
    'token',
    'credits',
    'clock',
    'classification',
    'breaker',
    'names',
    'alarms',
    'alarm state',
    'subscriptions',
  ]);
  const { stdout } = await doctor();
  expect(stdout).toContain('Nothing wrong found');
  expect(stdout).not.toContain(TOKEN);
});

test('the Extracta that the function sends to is the one that is asked, and no other', async () => {
  const own = await startStandIn(() => ({ status: 200, body: '{"status":"ok","credits":77}' }));
  const Variables = { UPLOADER_TABLE_NAME: TABLE, UPLOADER_EXTRACTA_URL: own.url };
  Object.assign(cloud.facts.function, { Environment: { Variables } });
  const { findings } = reportIn<DoctorReport>(await runHere(['doctor', '--json']));
  expect(findings).toContainEqual(expect.objectContaining({ check: 'credits', says: '77 pages are left.' }));
  expect(own.requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${TOKEN}`]);
  await own.close();
});

test('where the function can not be asked, no Extracta is shown the token', async () => {
  const closed = await startStandIn(() => ({
    status: 403,
    headers: { 'content-type': 'application/json' },
    body: '{}',
  }));
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', closed.url);
  const { findings } = reportIn<DoctorReport>(await runHere(['doctor', '--json']));
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', process.env['AWS_ENDPOINT_URL_IAM']);
  await closed.close();
  const says = expect.stringContaining('give --extracta-url');
  expect(findings).toContainEqual(expect.objectContaining({ check: 'token', verdict: 'unknown', says }));
});

type Fault = (facts: CloudFacts) => unknown;

const breaker = (state: 'paused' | 'closed') => async () => {
  const before = await world.ledger.read(BREAKER_KEY);
  const more =
    state === 'paused' ? { pausedUntilMs: Date.now() + 60_000, because: 'extracta.unauthorized' } : {};
  await world.ledger.write(
    { ...BREAKER_KEY, state, strikes: 0, pauses: 0, ...more, rev: `${state} ${Date.now()}` },
    before?.rev,
  );
};
const names = (namesKept: boolean) => async () => {
  const before = await world.ledger.read(GATE_KEY);
  await world.ledger.write(
    { ...GATE_KEY, nextAllowedAtMs: 0, namesKept, rev: `${namesKept} ${Date.now()}` },
    before?.rev,
  );
};

const keyed = (facts: CloudFacts, key: Partial<CloudFacts['key']>) => {
  facts.key = { ...facts.key, ...key };
  return set(world.queueUrl, { KmsMasterKeyId: 'alias/ours' });
};

const faults: readonly (readonly [string, Fault, string, RegExp, RegExp])[] = [
  [
    'the bucket is gone',
    (facts) => Object.assign(facts, { bucketStatus: 404 }),
    'bucket',
    /no bucket documents/,
    /--bucket/,
  ],
  [
    'the bucket is closed to the person',
    (facts) => Object.assign(facts, { bucketStatus: 403 }),
    'bucket',
    /may not see/,
    /s3:ListBucket/,
  ],
  [
    'versions are off',
    (facts) => Object.assign(facts, { versioning: 'Suspended' }),
    'versioning',
    /keeps no versions \(Suspended\)/,
    /put-bucket-versioning/,
  ],
  [
    'nothing is announced',
    (facts) => Object.assign(facts, { notification: '' }),
    'notification',
    /No object .* is announced/,
    /backfill/,
  ],
  [
    'another queue is told',
    (facts) =>
      Object.assign(facts, { notification: notificationOf(`${queueArn}-old`, 's3:ObjectCreated:*') }),
    'notification',
    /No object/,
    /Deploy/,
  ],
  [
    'only small files are announced',
    (facts) => Object.assign(facts, { notification: notificationOf(queueArn, 's3:ObjectCreated:Put') }),
    'notification',
    /large files/,
    /ObjectCreated:\*/,
  ],
  [
    'S3 may not send',
    () => set(world.queueUrl, { Policy: '{"Statement":[]}' }),
    'queue policy',
    /may not send/,
    /Deploy/,
  ],
  [
    'crashes go elsewhere',
    () =>
      set(world.queueUrl, {
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn: `${queueArn}-x`, maxReceiveCount: 1000 }),
      }),
    'dead letters',
    /arrivals-x/,
    /redrive policy/,
  ],
  [
    'messages are moved away too soon',
    () => set(world.queueUrl, { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 }) }),
    'dead letters',
    /after 3 receives/,
    /Deploy/,
  ],
  [
    'dead letters are forgotten early',
    () => set(world.deadLetterQueueUrl, { MessageRetentionPeriod: '345600' }),
    'dead-letter queue retention',
    /4 days only/,
    /1209600/,
  ],
  [
    'messages show too early',
    () => set(world.queueUrl, { VisibilityTimeout: '30' }),
    'visibility',
    /after 30 s.*600 s/,
    /Deploy/,
  ],
  [
    'the function is stopped',
    (facts) => Object.assign(facts, { reservedConcurrency: 0 }),
    'function',
    /is stopped/,
    /delete-function-concurrency --function-name upload-function/,
  ],
  [
    'the function failed',
    (facts) => Object.assign(facts.function, { State: 'Failed' }),
    'function',
    /is Failed/,
    /Deploy/,
  ],
  [
    'the function keeps another ledger',
    (facts) => Object.assign(facts.function, { Environment: { Variables: { UPLOADER_TABLE_NAME: 'old' } } }),
    'function',
    /another ledger: old/,
    /--table=old/,
  ],
  [
    'nothing brings messages',
    (facts) => Object.assign(facts, { mapping: undefined }),
    'delivery',
    /Nothing brings/,
    /Deploy/,
  ],
  [
    'delivery is switched off',
    (facts) => Object.assign(facts, { mapping: { ...facts.mapping, State: 'Disabled' } }),
    'delivery',
    /is Disabled/,
    /update-event-source-mapping/,
  ],
  [
    'whole deliveries come back',
    (facts) => Object.assign(facts, { mapping: { ...facts.mapping, FunctionResponseTypes: [] } }),
    'delivery',
    /ReportBatchItemFailures/,
    /Deploy/,
  ],
  [
    'the role may not read',
    (facts) => Object.assign(facts, { denied: ['s3:GetObjectVersion'] }),
    'permissions',
    /s3:GetObjectVersion on arn:aws:s3:::documents\/\*/,
    /Deploy/,
  ],
  [
    'the bucket tells EventBridge, and no rule listens',
    (facts) => Object.assign(facts, byRule('other-bucket')) && eventsMaySend(),
    'notification',
    /no rule brings it to the queue/,
    /backfill/,
  ],
  [
    'the rule is switched off',
    (facts) => Object.assign(facts, byRule(BUCKET, 'DISABLED')) && eventsMaySend(),
    'notification',
    /rule arrivals-rule.*is switched off/,
    /aws events enable-rule --name arrivals-rule/,
  ],
  [
    'a rule waits for a bucket that is silent',
    (facts) => Object.assign(facts, byRule(BUCKET), { notification: '' }) && eventsMaySend(),
    'notification',
    /does not tell EventBridge/,
    /Send notifications to Amazon EventBridge/,
  ],
  [
    'EventBridge sends, and only S3 may',
    (facts) => Object.assign(facts, byRule(BUCKET)),
    'queue policy',
    /EventBridge may not send/,
    /Deploy/,
  ],
  [
    'S3 may not use the queue’s key',
    (facts) => keyed(facts, { policy: keyPolicyFor('s3.amazonaws.com', ['kms:Decrypt']) }),
    'queue key',
    /S3 may not use the queue’s key arn:aws:kms/,
    /docs\/iam\.md/,
  ],
  [
    'the queue’s key is disabled',
    (facts) => keyed(facts, { KeyState: 'Disabled' }),
    'queue key',
    /is Disabled/,
    /enable-key --key-id/,
  ],
  [
    'the queue has AWS’s own key',
    (facts) => keyed(facts, { KeyManager: 'AWS' }),
    'queue key',
    /AWS’s own key/,
    /SSE-SQS/,
  ],
  [
    'the redrive’s schedule is switched off',
    (facts) => Object.assign(facts, { schedule: { ...facts.schedule, State: 'DISABLED' } }),
    'redrive schedule',
    /redrive-schedule is switched off/,
    /aws events enable-rule --name redrive-schedule/,
  ],
  [
    'the redrive’s schedule calls something else',
    (facts) => Object.assign(facts, { schedule: { ...facts.schedule, target: queueArn } }),
    'redrive schedule',
    /does not call redrive-function/,
    /Deploy/,
  ],
  [
    'the redrive has no schedule',
    (facts) => Object.assign(facts, { schedule: undefined }),
    'redrive schedule',
    /No rule calls redrive-function/,
    /Deploy/,
  ],
  [
    'the scheduled redrive is stopped',
    (facts) => Object.assign(facts, { redriveConcurrency: 0 }),
    'scheduled redrive',
    /is stopped/,
    /delete-function-concurrency --function-name redrive-function/,
  ],
  [
    'the scheduled redrive keeps another ledger',
    (facts) =>
      Object.assign(facts.redriveFunction, { Environment: { Variables: { UPLOADER_TABLE_NAME: 'old' } } }),
    'scheduled redrive',
    /another ledger: old/,
    /deploy the stack again/,
  ],
  [
    'the secret is a placeholder',
    (facts) => Object.assign(facts, { secret: SECRET_PLACEHOLDER }),
    'secret',
    /holds no Extracta API key yet/,
    /put-secret-value --secret-id … --secret-string file:\/\/TOKEN_FILE$/,
  ],
  [
    'the token is refused',
    (facts) => Object.assign(facts, { secret: 'somebody-elses' }),
    'token',
    /refuses the token \(401\)/,
    /into the secret/,
  ],
  [
    'an alarm tells nobody',
    (facts) => Object.assign(facts, { alarm: { ...facts.alarm, AlarmActions: [] } }),
    'alarms',
    /tell nobody: DeadLetters/,
    /alarm-actions/,
  ],
  [
    'an alarm rings',
    (facts) => Object.assign(facts, { alarm: { ...facts.alarm, StateValue: 'ALARM', StateReason: '3 > 1' } }),
    'alarm state',
    /DeadLetters: 3 > 1/,
    /failed/,
  ],
  [
    'nobody confirmed',
    (facts) => Object.assign(facts, { subscription: 'PendingConfirmation' }),
    'subscriptions',
    /Nobody has confirmed/,
    /sns subscribe/,
  ],
  ['the line is paused', breaker('paused'), 'breaker', /paused until .*extracta\.unauthorized/, /by itself/],
  ['names are lost', names(false), 'names', /changed the name/, /onUnknownOutcome/],
  [
    'there is no such stack',
    (facts) => Object.assign(facts, { stackExists: false }),
    'line',
    /no stack ExtractaUploader/,
    /--help/,
  ],
];

describe('a planted fault is found, with its remedy, and nothing else is called wrong', () => {
  test.each(faults)('%s', async (_, plant, check, says, remedy) => {
    await plant(cloud.facts);
    const said = await doctor('--json');
    await breaker('closed')();
    await names(true)();
    expect(said.code).toBe(1);
    const wrong = reportIn<DoctorReport>(said).findings.filter(({ verdict }) => verdict === 'wrong');
    expect(wrong).toMatchObject([
      { check, says: expect.stringMatching(says), remedy: expect.stringMatching(remedy) },
    ]);
  });
});

const byRule = (name: string, State = 'ENABLED') => {
  const pattern = {
    source: ['aws.s3'],
    'detail-type': ['Object Created'],
    detail: { bucket: { name: [name] } },
  };
  return {
    notification: '<EventBridgeConfiguration/>',
    arrivalRule: { State, EventPattern: JSON.stringify(pattern) },
  };
};
const eventsMaySend = () =>
  set(world.queueUrl, { Policy: S3_MAY_SEND.replace('s3.amazonaws.com', 'events.amazonaws.com') });

test('a bucket that tells EventBridge is right where a rule brings it to the queue, and the key lets it', async () => {
  Object.assign(cloud.facts, byRule(BUCKET));
  cloud.facts.key = { ...cloud.facts.key, policy: keyPolicyFor('events.amazonaws.com') };
  await eventsMaySend();
  await set(world.queueUrl, { KmsMasterKeyId: 'alias/ours' });
  const { findings } = reportIn<DoctorReport>(await doctor('--json'));
  expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  expect(findings).toContainEqual(
    expect.objectContaining({
      check: 'notification',
      says: expect.stringContaining('arrivals-rule of EventBridge'),
    }),
  );
  expect(findings).toContainEqual(expect.objectContaining({ check: 'queue key', verdict: 'ok' }));
});

describe('what a person names is checked as named', () => {
  test('a classification that Extracta does not know', async () => {
    const { code, stdout } = await onTheStack('doctor', '--classification-id=-Onobodys');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /wrong {2}classification\s+Extracta does not know the classification -Onobodys\.\n.*-> Put an id/,
    );
  });

  test('none: that is not called right', async () => {
    const { findings } = reportIn<DoctorReport>(await onTheStack('doctor', '--json'));
    expect(findings).toContainEqual(expect.objectContaining({ check: 'classification', verdict: 'unknown' }));
  });

  test('no token: what would be asked with it is told as not checked', async () => {
    const names = [`--queue-url=${world.queueUrl}`, `--dead-letter-queue-url=${world.deadLetterQueueUrl}`];
    const said = await runHere(['doctor', ...names, `--table=${TABLE}`, '--json']);
    const unknown = reportIn<DoctorReport>(said).findings.filter(({ verdict }) => verdict === 'unknown');
    expect(unknown.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['secret', 'token', 'credits', 'clock', 'classification']),
    );
  });

  test('a table and a queue that are not there', async () => {
    const { findings } = reportIn<DoctorReport>(
      await doctor('--table=none', `--queue-url=${world.queueUrl}-none`, '--json'),
    );
    const wrong = findings.filter(({ verdict }) => verdict === 'wrong').map(({ check }) => check);
    expect(wrong).toEqual(expect.arrayContaining(['ledger', 'queue']));
  });
});

describe('an Extracta', () => {
  const standingIn = async (answer: Answer): Promise<DoctorReport> => {
    const extracta = await startStandIn((request) =>
      request.path.endsWith('/credits') ? answer : { status: 200, body: '{"status":"success"}' },
    );
    try {
      return reportIn<DoctorReport>(
        await runHere(['doctor', '--json', '--classification-id=-Oc', '--extracta-url', extracta.url]),
      );
    } finally {
      await extracta.close();
    }
  };

  test('whose account is empty', async () => {
    const { findings } = await standingIn({ status: 200, body: '{"status":"ok","credits":0}' });
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'credits',
        verdict: 'wrong',
        remedy: expect.stringContaining('Buy credits'),
      }),
    );
  });

  test('whose clock is another', async () => {
    const date = new Date(Date.now() - 400_000).toUTCString();
    const { findings } = await standingIn({
      status: 200,
      headers: { date },
      body: '{"status":"ok","credits":5}',
    });
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'clock',
        verdict: 'wrong',
        says: expect.stringMatching(/(?:399|400|401) s away/),
      }),
    );
  });

  test('that answers what nobody expects is not called right', async () => {
    const { findings } = await standingIn({ status: 200, body: '<html>' });
    expect(findings).toContainEqual(expect.objectContaining({ check: 'token', verdict: 'unknown' }));
  });
});

test('what this person may not ask is told as not checked', async () => {
  const closed = await startStandIn(() => ({
    status: 403,
    headers: { 'content-type': 'application/json' },
    body: '{"message":"not authorized"}',
  }));
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', closed.url);
  const { findings } = reportIn<DoctorReport>(await doctor('--json'));
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', process.env['AWS_ENDPOINT_URL_IAM']);
  await closed.close();
  expect(findings).toContainEqual(
    expect.objectContaining({
      check: 'function',
      verdict: 'unknown',
      says: expect.stringContaining('not authorized'),
    }),
  );
});

test('on a run of this machine it checks what there is, and finds nothing wrong', async () => {
  const { code, stdout } = await runHere(['--local', 'doctor'], { runningFolder: world.runningFolder });
  expect(stdout).toContain('Nothing wrong found');
  expect(code).toBe(0);
});

test('status of a stack takes from CloudWatch what the ledger does not tell', async () => {
  const report = reportIn<StatusReport>(await onTheStack('status', '--json'));
  expect(report).toMatchObject({
    uploadedToday: 42,
    uploadedTodayBy: 'metric',
    oldestMessageSeconds: 7,
    notes: [],
  });
  const counted = reportIn<StatusReport>(await onTheStack('status', '--count', '--json'));
  expect(counted).toMatchObject({ uploadedToday: 0, uploadedTodayBy: 'ledger' });
});

test('a stack without the scheduled redrive promises nothing that comes back by itself', async () => {
  const lastFailure = { code: 'extracta.unavailable', message: 'as told', atMs: Date.now() };
  const arrival = { bucket: BUCKET, key: 'transient/a.txt', eTag: 'e', sizeBytes: 1, eventTimeMs: 1 };
  const item = await world.park(arrival, { lastFailure }, false);
  const comesBackAt = async () =>
    [
      reportIn<FailedReport>(await onTheStack('failed', '--prefix=transient/', '--json')).failed[0]
        ?.comesBackAt,
      reportIn<FindReport>(await onTheStack('find', arrival.key, '--json')).documents[0]?.comesBackAt,
    ].map((at) => at !== null);
  expect(await comesBackAt()).toEqual([true, true]);
  cloud.facts.redrives = false;
  expect(await comesBackAt()).toEqual([false, false]);
  expect((await onTheStack('find', arrival.key)).stdout).toContain('It waits for a person');
  await world.ledger.write({ ...item, state: 'skipped', rev: 'settled' }, item.rev);
});

test('find --log tells a document attempt by attempt', async () => {
  const item = await world.park(
    { bucket: BUCKET, key: 'log/a.txt', eTag: 'e', sizeBytes: 1, eventTimeMs: 1 },
    {},
    false,
  );
  const line = {
    level: 'INFO',
    event: 'document.claimed',
    object: item.partition,
    attempts: 1,
    function_request_id: 'r',
  };
  cloud.facts.log = [{ timestamp: 5_000, message: JSON.stringify(line) }];
  const report = reportIn<FindReport>(await onTheStack('find', 'log/a.txt', '--log', '--json'));
  expect(report.documents[0]?.log).toEqual([
    { at: '1970-01-01T00:00:05.000Z', event: 'document.claimed', fields: { attempts: 1 } },
  ]);
  const asked = cloud.requests.find(({ body }) => body.includes('filterPattern'));
  expect(JSON.parse(asked?.body ?? '')).toMatchObject({
    logGroupName: 'upload-logs',
    filterPattern: '{ $.object = "documents/log/a.txt" }',
  });
});

test('the queues of the stack are found without being outputs', async () => {
  expect((await queueAttributes(world.clients.sqs, world.queueUrl))['QueueArn']).toBe(queueArn);
  expect((await onTheStack('failed')).stdout).toContain('stack ExtractaUploader (us-east-1)');
});
