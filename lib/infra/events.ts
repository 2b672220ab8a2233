import { Aws } from 'aws-cdk-lib';
import { type CfnTable, StreamViewType, type Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnPipe } from 'aws-cdk-lib/aws-pipes';
import { Construct } from 'constructs';
import {
  DETAIL_TYPES,
  detailTemplate,
  EVENT_KINDS,
  EVENT_SOURCE,
  type EventKind,
  patternsOf,
} from './event-kinds.ts';

export interface UploaderEventsProps {
  /** The ledger. It gets a stream, which it has not otherwise. */
  readonly table: Table;
  /** Where events go. */
  readonly eventBus: IEventBus;
  /** What is told. Default: all three, by a pipe each. */
  readonly kinds?: readonly EventKind[] | undefined;
  /** The ledger's own key, if it has one: whoever reads the stream must be able to decrypt it. Default: AWS's. */
  readonly encryptionKey?: IKey | undefined;
}

/** What becomes of documents, told to others: the ledger's stream, filtered, as events on a bus. No code of ours runs. */
export class UploaderEvents extends Construct {
  readonly role: Role;
  readonly pipes: Readonly<Partial<Record<EventKind, CfnPipe>>>;

  constructor(scope: Construct, id: string, props: UploaderEventsProps) {
    super(scope, id);
    const streamArn = streamOf(props.table);
    this.role = this.pipeRole(streamArn, props);
    const kinds = props.kinds ?? EVENT_KINDS;
    this.pipes = Object.fromEntries(kinds.map((kind) => [kind, this.pipe(kind, streamArn, props.eventBus)]));
  }

  private pipe(kind: EventKind, source: string, { eventBusArn }: IEventBus): CfnPipe {
    const pipe = new CfnPipe(this, DETAIL_TYPES[kind].replace(' ', ''), {
      description: `${DETAIL_TYPES[kind]}, from the ledger of the Extracta uploader`,
      roleArn: this.role.roleArn,
      source,
      sourceParameters: {
        // From the stream's beginning: what is settled while the pipe is being made is told, too.
        dynamoDbStreamParameters: { startingPosition: 'TRIM_HORIZON', batchSize: 1 },
        filterCriteria: {
          filters: patternsOf(kind).map((pattern) => ({ pattern: JSON.stringify(pattern) })),
        },
      },
      target: eventBusArn,
      targetParameters: {
        eventBridgeEventBusParameters: { source: EVENT_SOURCE, detailType: DETAIL_TYPES[kind] },
        inputTemplate: detailTemplate(kind),
      },
    });
    // A pipe tries its role while it is made.
    pipe.node.addDependency(this.role);
    return pipe;
  }

  /** Only EventBridge Pipes of this account may take it. Each statement has its reason. */
  private pipeRole(streamArn: string, { eventBus, encryptionKey }: UploaderEventsProps): Role {
    const assumedBy = new ServicePrincipal('pipes.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    });
    const role = new Role(this, 'PipesRole', { assumedBy });
    role.addToPolicy(allow('ReadTheStream', READ_STREAM, streamArn));
    role.addToPolicy(allow('TellTheBus', ['events:PutEvents'], eventBus.eventBusArn));
    // What reads a stream reads with the table's key. Without kms:ViaService: by which name a stream of DynamoDB's asks for
    // a key is written nowhere, and a wrong one would end every event in silence.
    if (encryptionKey !== undefined) {
      role.addToPolicy(allow('DecryptTheStream', ['kms:Decrypt'], encryptionKey.keyArn));
    }
    return role;
  }
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html */
const READ_STREAM = [
  'dynamodb:DescribeStream',
  'dynamodb:GetRecords',
  'dynamodb:GetShardIterator',
  'dynamodb:ListStreams',
];

/** Both images: a filter asks what the state was before. The L2's own prop would have to be known when the table is made. */
function streamOf(table: Table): string {
  const resource = table.node.defaultChild as CfnTable;
  resource.streamSpecification = { streamViewType: StreamViewType.NEW_AND_OLD_IMAGES };
  return resource.attrStreamArn;
}

function allow(sid: string, actions: string[], resource: string): PolicyStatement {
  return new PolicyStatement({ sid, actions, resources: [resource] });
}
