import { type AlarmFacts, alarmFacts, confirmedSubscriptions } from '../../aws/deployed-alarms.ts';
import type { OpenLine } from '../open-line.ts';
import { checked, type Finding, ok, unknown, wrong } from './finding.ts';

/** Whether anybody is told. Only of a deployed stack. */
export async function alarmFindings({ line }: OpenLine): Promise<readonly Finding[]> {
  if (line.stack === undefined) return [];
  const { alarms } = line.stack;
  if (alarms.length === 0) return [wrong('alarms', 'The stack has no alarms.', 'Deploy the stack again.')];
  let facts: readonly AlarmFacts[] = [];
  const found = await checked('alarms', async () => {
    facts = await alarmFacts(alarms);
    return [subscribed(facts), ringing(facts)];
  });
  const topics = [...new Set(facts.flatMap(({ tells }) => tells))].filter(
    (arn) => arn.split(':')[2] === 'sns',
  );
  const listeners = await Promise.all(topics.map((topic) => checked('subscriptions', () => listened(topic))));
  return [...found, ...listeners.flat()];
}

function subscribed(facts: readonly AlarmFacts[]): Finding {
  const mute = facts.filter(({ tells }) => tells.length === 0);
  if (facts.length === 0)
    return unknown('alarms', 'CloudWatch knows none of the stack’s alarms.', 'Deploy the stack again.');
  if (mute.length === 0) return ok('alarms', `All ${facts.length} alarms tell somebody.`);
  return wrong(
    'alarms',
    `${mute.length} of ${facts.length} alarms tell nobody: ${mute.map(({ name }) => name).join(', ')}.`,
    'Give each an action: aws cloudwatch put-metric-alarm … --alarm-actions TOPIC_ARN, or in the CDK app.',
  );
}

function ringing(facts: readonly AlarmFacts[]): Finding {
  const loud = facts.filter(({ state }) => state === 'ALARM');
  if (loud.length === 0) return ok('alarm state', 'No alarm rings.');
  const told = loud.map(({ name, why }) => `${name}: ${why ?? ''}`).join('; ');
  return wrong(
    'alarm state',
    `Ringing: ${told}`,
    'Its description says what it means; status and failed say what is wrong.',
  );
}

async function listened(topic: string): Promise<Finding> {
  const confirmed = await confirmedSubscriptions(topic);
  return confirmed > 0
    ? ok('subscriptions', `${topic} has ${confirmed} confirmed subscriptions.`)
    : wrong(
        'subscriptions',
        `Nobody has confirmed a subscription to ${topic}: alarms are told to nobody.`,
        `aws sns subscribe --topic-arn ${topic} --protocol email --notification-endpoint YOU, and confirm the letter that comes.`,
      );
}
