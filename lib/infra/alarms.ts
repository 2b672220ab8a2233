import type { Duration } from 'aws-cdk-lib';
import { type Alarm, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type AlarmRule, alarmRules, anchorOf } from './alarm-rules.ts';
import type { UploaderEvents } from './events.ts';

/** What is watched. */
export interface Watched {
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue;
  readonly table: Pick<ITable, 'tableName'>;
  /** Its timeout decides how soon a message that kills it shows again. */
  readonly uploadFunction: IFunction & { readonly timeout?: Duration };
  /** Sends back, or only counts: what the ledger has parked is told by it alone. */
  readonly redriveFunction: IFunction;
  /** Those that tell others. Default: there are none. */
  readonly pipes?: UploaderEvents['pipes'] | undefined;
}

export interface UploaderAlarmsProps extends Watched {
  /** Told when an alarm rings, and when it ends. Default: nobody; the alarms are there to be looked at. */
  readonly alarmTopic?: ITopic | undefined;
  /** Where people read the runbook; each alarm adds its section. Default: the file in this package. */
  readonly runbookUrl?: string | undefined;
}

const RUNBOOK = 'extracta-uploader/docs/runbook.md';

/** The alarms that say that a person is needed, each with its section of the runbook. */
export class UploaderAlarms extends Construct {
  /** By their ids. */
  readonly all: Readonly<Record<string, Alarm>>;

  constructor(scope: Construct, id: string, props: UploaderAlarmsProps) {
    super(scope, id);
    const runbook = props.runbookUrl ?? RUNBOOK;
    const alarms = alarmRules(props).map((rule) => [rule.id, this.alarm(rule, runbook)] as const);
    this.all = Object.fromEntries(alarms);
    if (props.alarmTopic !== undefined) this.tell(props.alarmTopic);
  }

  private alarm(rule: AlarmRule, runbook: string): Alarm {
    return rule.metric.createAlarm(this, rule.id, {
      threshold: rule.threshold,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...rule.rings,
      alarmDescription: `${rule.says} Runbook: ${runbook}#${anchorOf(rule.section ?? rule.id)}`,
    });
  }

  private tell(topic: ITopic): void {
    const action = new SnsAction(topic);
    for (const alarm of Object.values(this.all)) {
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
  }
}
