import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { beforeAll, describe, expect, it } from 'vitest';
import { EVENT_KINDS, type EventKind } from '../../lib/infra/event-kinds.ts';
import { UploaderEvents, type UploaderEventsProps } from '../../lib/infra/events.ts';
import { ledgerTable } from '../../lib/infra/ledger.ts';
import { UploaderError } from '../../lib/pipeline/failures.ts';
import type { Arrival } from '../../lib/pipeline/model.ts';
import { BUCKET, CLASSIFICATION, memoryWorld, type World } from '../support/memory/world.ts';
import { filledIn, matches } from './event-pattern.ts';
import { type StreamRecord, streamOf } from './stream-records.ts';

/** The ledger and its events in a stack; nothing else of ours. */
function synthesizedEvents(
  props: Pick<UploaderEventsProps, 'kinds'> & { encrypted?: boolean } = {},
): Template {
  const stack = new Stack(new App(), 'Events');
  const encryptionKey = props.encrypted === true ? new Key(stack, 'Key') : undefined;
  const { kinds } = props;
  const eventBus = new EventBus(stack, 'Bus');
  new UploaderEvents(stack, 'Told', { table: ledgerTable(stack, {}), eventBus, kinds, encryptionKey });
  return Template.fromStack(stack);
}

const template = synthesizedEvents();

interface Pipe {
  readonly detailType: string;
  readonly patterns: readonly unknown[];
  readonly inputTemplate: string;
}

const pipes: readonly Pipe[] = Object.values(template.findResources('AWS::Pipes::Pipe')).map(
  ({ Properties }) => ({
    detailType: Properties.TargetParameters.EventBridgeEventBusParameters.DetailType,
    inputTemplate: Properties.TargetParameters.InputTemplate,
    patterns: Properties.SourceParameters.FilterCriteria.Filters.map(({ Pattern }: { Pattern: string }) =>
      JSON.parse(Pattern),
    ),
  }),
);

interface Told {
  readonly type: string;
  readonly detail: Readonly<Record<string, string>>;
}

/** What the pipes make of these records. */
const told = (records: readonly StreamRecord[]): readonly Told[] =>
  records.flatMap((record) =>
    pipes
      .filter(({ patterns }) => patterns.some((pattern) => matches(pattern, record)))
      .map(({ detailType, inputTemplate }) => ({
        type: detailType,
        detail: filledIn(inputTemplate, record) as Told['detail'],
      })),
  );

const STRANGE_KEY = 'Q3/été + "offer" <$.eventID>\n.pdf';
const rejected = new UploaderError('extracta.rejected', 'Extracta says: "no"');

describe('the events', () => {
  let world: World;
  let records: readonly StreamRecord[];
  beforeAll(() => {
    world = memoryWorld();
    records = streamOf(world);
  });

  async function toldOf(work: () => Promise<Arrival>): Promise<readonly Told[]> {
    const before = records.length;
    await work();
    await world.deliverUntilQuiet();
    expect(records.length).toBeGreaterThan(before + 1);
    return told(records.slice(before));
  }

  it('tell of an upload once, with the mapping, whatever the key is', async () => {
    const [event, ...more] = await toldOf(() => world.put(STRANGE_KEY));
    expect(more).toEqual([]);
    const [item] = world.ledger.documents();
    expect(event).toEqual({
      type: 'Document Uploaded',
      detail: {
        version: '1',
        changeId: expect.stringMatching(/^change-\d+$/),
        bucket: BUCKET,
        key: STRANGE_KEY,
        objectVersion: item?.sort,
        eTag: item?.arrival.eTag,
        state: 'uploaded',
        edition: '1',
        firstSeenAtMs: String(item?.firstSeenAtMs),
        changedAtMs: String(item?.updatedAtMs),
        classificationId: CLASSIFICATION,
        batchId: item?.mapping?.batchId,
        fileId: item?.mapping?.fileId,
        fileName: item?.mapping?.fileName,
        uploadedAtMs: String(item?.mapping?.uploadedAtMs),
      },
    });
  });

  it('tell of a parked document why, and again when it is parked again', async () => {
    const [letterBefore] = world.deadLetters.messages();
    expect(letterBefore).toBeUndefined();
    const parked = await toldOf(async () => {
      world.extracta.planUpload({ kind: 'fail', error: rejected });
      return world.put('Q3/rejected.pdf');
    });
    const why = { reasonCode: 'extracta.rejected', message: 'Extracta says: "no"', redrives: '0' };
    expect(parked).toMatchObject([{ type: 'Document Parked', detail: { key: 'Q3/rejected.pdf', ...why } }]);
    const again = await toldOf(async () => {
      world.extracta.planUpload({ kind: 'fail', error: rejected });
      await world.redrive();
      return {} as Arrival;
    });
    expect(again).toMatchObject([{ type: 'Document Parked', detail: { ...why, redrives: '1' } }]);
    expect(again[0]?.detail['parkId']).not.toBe(parked[0]?.detail['parkId']);
  });

  it('tell of a skipped document why', async () => {
    const events = await toldOf(async () => {
      const arrival = await world.put('Q3/gone.pdf');
      world.source.removeVersion(arrival);
      return arrival;
    });
    expect(events).toMatchObject([{ type: 'Document Skipped', detail: { reasonCode: 'document.gone' } }]);
  });

  it('tell nothing of what changes within a state, nor of slots, the breaker and the gate', () => {
    const settled = records.filter(({ dynamodb }) => dynamodb.NewImage['state']?.S === 'uploaded');
    const [record] = settled;
    if (record === undefined) throw new Error('Nothing was uploaded');
    const within = { ...record, eventName: 'MODIFY' as const };
    expect(
      told([{ ...within, dynamodb: { ...record.dynamodb, OldImage: record.dynamodb.NewImage } }]),
    ).toEqual([]);
    const others = records.filter(({ dynamodb }) => dynamodb.NewImage['kind']?.S !== 'document');
    expect(others.length).toBeGreaterThan(1);
    expect(told(others)).toEqual([]);
  });

  it('tell of a document that the ledger learnt of by its answer', () => {
    const [record] = records.filter(({ dynamodb }) => dynamodb.NewImage['state']?.S === 'uploaded');
    if (record === undefined) throw new Error('Nothing was uploaded');
    const { OldImage: _, ...dynamodb } = record.dynamodb;
    expect(told([{ ...record, eventName: 'INSERT', dynamodb }])).toMatchObject([
      { type: 'Document Uploaded' },
    ]);
  });

  it('hold to their schemas, in which every field is described', () => {
    const ajv = new Ajv2020({ strict: true, allErrors: true });
    const schemas = Object.fromEntries(EVENT_KINDS.map((kind) => [kind, schemaOf(kind)]));
    const all = told(records);
    expect(new Set(all.map(({ type }) => type)).size).toBe(EVENT_KINDS.length);
    for (const { detail } of all) {
      const schema = schemas[detail['state'] ?? ''];
      if (schema === undefined) throw new Error(`There is no schema for ${detail['state']}`);
      expect(ajv.validate(schema, detail), ajv.errorsText()).toBe(true);
      expect(Object.keys(detail).sort()).toEqual(Object.keys(schema.properties).sort());
    }
  });
});

function schemaOf(kind: EventKind): { readonly properties: object } {
  return JSON.parse(
    readFileSync(join(import.meta.dirname, `../../schemas/document-${kind}.v1.json`), 'utf8'),
  );
}

describe('the pipes', () => {
  it('lead from the stream of the ledger, from its beginning, to the bus, one a kind', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    });
    template.allResourcesProperties('AWS::Pipes::Pipe', {
      Source: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Ledger'), 'StreamArn'] },
      SourceParameters: { DynamoDBStreamParameters: { StartingPosition: 'TRIM_HORIZON' } },
      Target: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Bus'), 'Arn'] },
      TargetParameters: { EventBridgeEventBusParameters: { Source: 'extracta-uploader' } },
    });
    expect(pipes.map(({ detailType }) => detailType)).toEqual([
      'Document Uploaded',
      'Document Parked',
      'Document Skipped',
    ]);
  });

  it('are no more than asked for', () => {
    synthesizedEvents({ kinds: ['uploaded'] }).resourceCountIs('AWS::Pipes::Pipe', 1);
  });

  it('may read the stream and write to the bus, and are the only ones who may', () => {
    const policies = template.findResources('AWS::IAM::Policy');
    const [{ Properties } = { Properties: undefined }, ...more] = Object.values(policies);
    expect(more).toEqual([]);
    expect(Properties?.PolicyDocument.Statement).toEqual([
      {
        Sid: 'ReadTheStream',
        Effect: 'Allow',
        Action: [
          'dynamodb:DescribeStream',
          'dynamodb:GetRecords',
          'dynamodb:GetShardIterator',
          'dynamodb:ListStreams',
        ],
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^Ledger/), 'StreamArn'] },
      },
      {
        Sid: 'TellTheBus',
        Effect: 'Allow',
        Action: 'events:PutEvents',
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^Bus/), 'Arn'] },
      },
    ]);
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: 'sts:AssumeRole',
            Principal: { Service: 'pipes.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ],
      },
    });
  });

  it("may decrypt with the ledger's key where it has one of its own", () => {
    synthesizedEvents({ encrypted: true }).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 'kms:Decrypt',
            Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] },
          }),
        ]),
      },
    });
  });
});
