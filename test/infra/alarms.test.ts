import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { afterAll, describe, expect, it } from 'vitest';
import { anchorOf } from '../../lib/infra/alarm-rules.ts';
import { emitted, mistake } from './emitted.ts';
import { synthesized, synthesizedIn } from './synthesized.ts';

const RUNBOOK = join(import.meta.dirname, '../../docs/runbook.md');
const config = { routes: [{ prefix: '', classificationId: 'c' }] };
const { template, remove } = synthesized(config);
afterAll(remove);

interface AlarmProperties {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Statistic: string;
  readonly Threshold: number;
  readonly Period: number;
  readonly ComparisonOperator: string;
  readonly EvaluationPeriods: number;
  readonly TreatMissingData: string;
  readonly AlarmDescription: string;
  readonly AlarmActions?: unknown;
}

const alarmsOf = (from: typeof template): readonly AlarmProperties[] =>
  Object.values(from.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
const dimensionsOf = ({ Dimensions }: AlarmProperties) =>
  Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
const anchorIn = ({ AlarmDescription }: AlarmProperties) =>
  / Runbook: extracta-uploader\/docs\/runbook\.md#([\w-]+)$/.exec(AlarmDescription)?.[1];

const variablesOf = (from: typeof template, name: string) =>
  Object.entries(from.findResources('AWS::Lambda::Function')).find(([id]) =>
    id.startsWith(`Uploader${name}`),
  )?.[1]?.['Properties'].Environment.Variables;

const alarms = alarmsOf(template);
const told = await emitted();

describe('what the functions tell CloudWatch', () => {
  it('is one line, in one namespace, with the service and the name of the table as dimensions', () => {
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({
      namespace: 'ExtractaUploader',
      dimensions: ['ledger', 'service'],
      values: { ledger: 'the-table' },
    });
  });
});

describe('the alarms', () => {
  it('are these', () => {
    expect(alarms.map(anchorIn).sort()).toEqual([
      'breaker-open',
      'claim-lost',
      'dead-letters',
      'file-doubled',
      'names-lost',
      'oldest-arrival',
      'parked-documents',
      'record-failed',
      'redrive-errors',
      'redrive-stopped',
      'token-suspected',
      'unknown-outcomes',
      'upload-errors',
    ]);
  });

  it('watch metrics that somebody emits, each with the very dimensions', () => {
    const [line] = told;
    if (line === undefined) throw new Error('Nothing was emitted');
    const watching = alarms.map((alarm) => ({
      namespace: alarm.Namespace,
      metric: alarm.MetricName,
      dimensions: dimensionsOf(alarm),
    }));
    expect(watching.map((each) => mistake(each, line)).filter((each) => each !== undefined)).toEqual([]);
    const [first = watching[0]] = watching.filter(({ namespace }) => namespace === 'ExtractaUploader');
    if (first === undefined) throw new Error('There is no alarm');
    expect(mistake({ ...first, metric: 'Nobodys' }, line)).toBe('nobody emits Nobodys');
    expect(mistake({ ...first, dimensions: { service: 's' } }, line)).toContain('has the dimensions');
  });

  it('watch this uploader and no other of the account, by the table that both functions are told', () => {
    const tables = Object.values(template.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => Properties.Environment.Variables.UPLOADER_TABLE_NAME,
    );
    const own = alarms.filter(({ Namespace }) => Namespace === 'ExtractaUploader');
    expect(tables).toHaveLength(2);
    expect(own.length).toBeGreaterThan(7);
    for (const alarm of own) {
      for (const table of tables) expect(dimensionsOf(alarm)['ledger']).toEqual(table);
    }
  });

  it('can ring: at a number that can be reached, in one period, and not for want of data', () => {
    for (const alarm of alarms.filter((each) => anchorIn(each) !== 'redrive-stopped')) {
      expect(alarm.ComparisonOperator).toBe('GreaterThanOrEqualToThreshold');
      expect(alarm.EvaluationPeriods).toBe(1);
      expect(['Sum', 'Maximum']).toContain(alarm.Statistic);
      expect(alarm.Threshold).toBeGreaterThan(0);
      expect(['notBreaching', 'ignore']).toContain(alarm.TreatMissingData);
    }
  });

  it('ring for want of data where the schedule has not run for three of its periods, or is gone', () => {
    const [alarm] = alarms.filter((each) => anchorIn(each) === 'redrive-stopped');
    const [minutes] = /(?<=rate\()\d+(?= minutes)/.exec(JSON.stringify(template.toJSON())) ?? [];
    expect(alarm).toMatchObject({
      MetricName: 'Invocations',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: expect.stringMatching(/^UploaderRedrive/) } }],
      Statistic: 'Sum',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 60 * Number(minutes),
      EvaluationPeriods: 3,
      TreatMissingData: 'breaching',
    });
  });

  // Alone in the queue, what kills every invocation shows again once per visibility.
  it.each([5, 15])('ring for one document that kills the function, whose timeout is %d min', (minutes) => {
    const timeoutSeconds = 60 * minutes;
    const waits = { replaceAfterMs: 20 * 60 * 60_000 };
    const built = synthesized({ ...config, waits }, { choices: { timeoutSeconds } });
    built.remove();
    const [alarm] = alarmsOf(built.template).filter((each) => anchorIn(each) === 'upload-errors');
    const queues = Object.values(built.template.findResources('AWS::SQS::Queue'));
    const visibility = Math.max(...queues.map(({ Properties }) => Properties.VisibilityTimeout ?? 0));
    expect(visibility).toBe(6 * timeoutSeconds);
    expect(alarm?.Threshold).toBe(3);
    expect(alarm?.Period).toBeGreaterThanOrEqual(3 * visibility);
  });

  it('each name a section of the runbook, which is there', () => {
    const headings = readFileSync(RUNBOOK, 'utf8').matchAll(/^## (.+)$/gm);
    const anchors = [...headings].map(([, heading = '']) => heading.toLowerCase().replaceAll(' ', '-'));
    // A section for each, and none of an alarm that there is not.
    expect(anchors.toSorted()).toEqual([...alarms.map(anchorIn), 'events-untold'].toSorted());
    expect(anchorOf('ParkedDocuments')).toBe('parked-documents');
  });

  it('link to the page where people read the runbook, if it is given', () => {
    const runbookUrl = 'https://wiki.example/runbook';
    const linked = synthesized(config, { choices: { runbookUrl } });
    linked.remove();
    const links = alarmsOf(linked.template).map(({ AlarmDescription }) => AlarmDescription.split(' ').at(-1));
    expect(links).toEqual(alarms.map((alarm) => `${runbookUrl}#${anchorIn(alarm)}`));
  });

  it('tell nobody unless there is a topic; then it is told, and also when it is over', () => {
    for (const alarm of alarms) expect(alarm).not.toHaveProperty('AlarmActions');
    const arn = 'arn:aws:sns:eu-central-1:123456789012:on-call';
    const withTopic = synthesized(config, { choices: { alarmTopicArn: arn } });
    withTopic.remove();
    const loud = alarmsOf(withTopic.template);
    expect(loud).toHaveLength(alarms.length);
    for (const alarm of loud) expect(alarm).toMatchObject({ AlarmActions: [arn], OKActions: [arn] });
  });
});

describe('the count of what is parked', () => {
  it('is looked at as often as it is told, and stands in between', () => {
    const rules = JSON.stringify(template.findResources('AWS::Events::Rule'));
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'DocumentsParkedNow',
      Statistic: 'Maximum',
      Period: 60 * Number(/rate\((\d+) minutes\)/.exec(rules)?.[1]),
      TreatMissingData: 'ignore',
      Threshold: 1,
    });
  });

  it('is told where nothing comes back by itself, too, and every alarm is there', () => {
    const without = synthesized(config, { autoRedrive: false });
    without.remove();
    expect(alarmsOf(without.template).map(anchorIn)).toEqual(alarms.map(anchorIn));
    expect(variablesOf(without.template, 'Redrive')).toMatchObject({ UPLOADER_REDRIVE_ONLY_COUNTS: 'true' });
    expect(variablesOf(template, 'Redrive')).toMatchObject({ UPLOADER_REDRIVE_ONLY_COUNTS: 'false' });
  });
});

describe('the pipes that tell others', () => {
  const { template: withEvents, remove: away } = synthesizedIn((stack) => ({
    ...config,
    eventBus: EventBus.fromEventBusName(stack, 'Bus', 'documents'),
    eventKinds: ['uploaded', 'parked'],
  }));
  away();

  it('have an alarm each, which rings when one fails again and again', () => {
    const ofPipes = alarmsOf(withEvents).filter(({ Namespace }) => Namespace === 'AWS/EventBridge/Pipes');
    const pipes = Object.keys(withEvents.findResources('AWS::Pipes::Pipe'));
    expect(pipes).toHaveLength(2);
    expect(ofPipes.map((alarm) => dimensionsOf(alarm)['PipeName'])).toEqual(pipes.map((id) => ({ Ref: id })));
    for (const alarm of ofPipes) {
      expect(alarm).toMatchObject({ MetricName: 'ExecutionFailed', Statistic: 'Sum', Threshold: 3 });
      expect(anchorIn(alarm)).toBe('events-untold');
    }
    expect(alarmsOf(withEvents)).toHaveLength(alarms.length + 2);
  });
});
