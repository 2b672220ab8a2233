import { queueAttributes } from '../../aws/queue-depth.ts';
import { UploaderError } from '../../pipeline/failures.ts';
import type { OpenLine } from '../open-line.ts';
import { checked, type Finding, ok, wrong } from './finding.ts';

type Attributes = Readonly<Record<string, string>>;

export interface QueueFindings {
  readonly findings: readonly Finding[];
  /** Undefined: it could not be asked. */
  readonly queue: Attributes | undefined;
  readonly deadLetters: Attributes | undefined;
}

/** A message gone before its time is a document lost: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html */
const RETENTION_SECONDS = 14 * 24 * 60 * 60;
/** Receives are not attempts: a deferral costs one, too. */
const LEAST_RECEIVES = 100;

export async function queueFindings(open: OpenLine): Promise<QueueFindings> {
  const { line } = open;
  const queue = await asked(open, 'queue', line.queueUrl);
  const letters = await asked(open, 'dead-letter queue', line.deadLetterQueueUrl);
  const findings = [...queue.findings, ...letters.findings];
  const [own, dead] = [queue.attributes, letters.attributes];
  if (own !== undefined && dead !== undefined)
    findings.push(...(await checked('dead letters', async () => redrivePolicy(own, dead))));
  if (own !== undefined) findings.push(retention('queue', own));
  if (dead !== undefined) findings.push(retention('dead-letter queue', dead));
  return { findings, queue: own, deadLetters: dead };
}

async function asked({ clients }: OpenLine, check: string, url: string) {
  try {
    const attributes = await queueAttributes(clients.sqs, url);
    return { attributes, findings: [ok(check, `${url} is there.`)] };
  } catch (error) {
    if (!(error instanceof UploaderError)) throw error;
    const remedy =
      'Deploy the stack again, or name the queue (--queue-url, --dead-letter-queue-url), or allow sqs:GetQueueAttributes.';
    return { attributes: undefined, findings: [wrong(check, error.message, remedy)] };
  }
}

function redrivePolicy(queue: Attributes, deadLetters: Attributes): Finding {
  const check = 'dead letters';
  const remedy = 'Deploy the stack again: it sets the queue’s redrive policy.';
  const policy = JSON.parse(queue['RedrivePolicy'] ?? '{}') as {
    deadLetterTargetArn?: string;
    maxReceiveCount?: number | string;
  };
  if (policy.deadLetterTargetArn !== deadLetters['QueueArn'])
    return wrong(
      check,
      `What crashes again and again goes to ${policy.deadLetterTargetArn ?? 'no dead-letter queue'}.`,
      remedy,
    );
  if (Number(policy.maxReceiveCount) < LEAST_RECEIVES)
    return wrong(
      check,
      `SQS moves a message away after ${policy.maxReceiveCount} receives, and waiting for Extracta costs receives.`,
      remedy,
    );
  return ok(check, 'What crashes again and again ends in the dead-letter queue.');
}

function retention(name: string, attributes: Attributes): Finding {
  const check = `${name} retention`;
  const seconds = Number(attributes['MessageRetentionPeriod']);
  if (seconds >= RETENTION_SECONDS) return ok(check, 'Messages are kept for 14 days.');
  return wrong(
    check,
    `Messages are kept for ${Math.round(seconds / 86_400)} days only: after an outage of that length documents are forgotten.`,
    'Deploy the stack again, or set MessageRetentionPeriod to 1209600.',
  );
}
