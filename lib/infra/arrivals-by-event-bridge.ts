import { type IRuleTarget, Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { eventKeyPattern, type KeyFilter } from './source-options.ts';

export interface EventBridgeSource {
  readonly bucket: IBucket;
  readonly filter: KeyFilter;
  readonly queue: Queue;
  /** Takes what EventBridge could not put into the queue for a day; it would be lost otherwise. */
  readonly deadLetterQueue: Queue;
}

/** A rule that puts the bucket's events into the queue. The bucket itself is not touched. */
export function arrivalsRule(scope: Construct, id: string, source: EventBridgeSource): Rule {
  const { bucket, filter, queue, deadLetterQueue } = source;
  const key = eventKeyPattern(filter);
  const rule = new Rule(scope, id, {
    description: 'Documents that land in the bucket',
    eventPattern: {
      source: ['aws.s3'],
      detailType: ['Object Created'],
      detail: { bucket: { name: [bucket.bucketName] }, ...(key && { object: { key } }) },
    },
    targets: [target(queue, deadLetterQueue)],
  });
  for (const to of [queue, deadLetterQueue]) letRuleSend(rule, to, id);
  return rule;
}

/** Not CDK's `SqsQueue`: it writes to the key's policy, whose statements here are our own. */
function target(queue: Queue, deadLetterQueue: Queue): IRuleTarget {
  const deadLetterConfig = { arn: deadLetterQueue.queueArn };
  return { bind: () => ({ arn: queue.queueArn, deadLetterConfig, targetResource: queue }) };
}

function letRuleSend(rule: Rule, queue: Queue, id: string): void {
  const statement = new PolicyStatement({
    sid: `${id}Announces`,
    principals: [new ServicePrincipal('events.amazonaws.com')],
    actions: ['sqs:SendMessage'],
    resources: [queue.queueArn],
    conditions: { ArnEquals: { 'aws:SourceArn': rule.ruleArn } },
  });
  queue.addToResourcePolicy(statement);
}
