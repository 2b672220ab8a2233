import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { paginateListSubscriptionsByTopic, SNSClient } from '@aws-sdk/client-sns';

export interface AlarmFacts {
  readonly name: string;
  readonly state: string | undefined;
  readonly why: string | undefined;
  /** ARNs of what it tells; empty: nobody. */
  readonly tells: readonly string[];
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
const MOST_NAMES = 100;

/** Rejects with the SDK's own errors. */
export async function alarmFacts(names: readonly string[]): Promise<readonly AlarmFacts[]> {
  const client = new CloudWatchClient({ maxAttempts: 3 });
  try {
    const found: AlarmFacts[] = [];
    const asked = { AlarmNames: names.slice(0, MOST_NAMES) };
    for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client }, asked))
      for (const {
        AlarmName = '',
        StateValue,
        StateReason,
        ActionsEnabled,
        AlarmActions = [],
      } of MetricAlarms)
        found.push({
          name: AlarmName,
          state: StateValue,
          why: StateReason,
          tells: ActionsEnabled === false ? [] : AlarmActions,
        });
    return found;
  } finally {
    client.destroy();
  }
}

/** Subscriptions of a topic that were confirmed. Rejects with the SDK's own errors. */
export async function confirmedSubscriptions(topicArn: string): Promise<number> {
  const client = new SNSClient({ maxAttempts: 3 });
  try {
    let confirmed = 0;
    for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic(
      { client },
      { TopicArn: topicArn },
    ))
      confirmed += Subscriptions.filter(({ SubscriptionArn = '' }) =>
        SubscriptionArn.startsWith('arn:'),
      ).length;
    return confirmed;
  } finally {
    client.destroy();
  }
}
