import {
  DescribeRuleCommand,
  EventBridgeClient,
  ListRuleNamesByTargetCommand,
  ListTargetsByRuleCommand,
} from '@aws-sdk/client-eventbridge';

/** A rule of EventBridge's default bus. */
export interface RuleFacts {
  readonly name: string;
  readonly isEnabled: boolean;
  /** JSON; undefined: it goes by a schedule. */
  readonly pattern: string | undefined;
}

export interface ScheduleFacts extends RuleFacts {
  /** ARNs. */
  readonly targets: readonly string[];
}

/** The rules that bring something to this target. Rejects with the SDK's own errors. */
export function rulesTo(targetArn: string): Promise<readonly RuleFacts[]> {
  return asking(async (client) => {
    const found: RuleFacts[] = [];
    let token: string | undefined;
    do {
      const asked = new ListRuleNamesByTargetCommand({ TargetArn: targetArn, NextToken: token });
      const { RuleNames = [], NextToken } = await client.send(asked);
      for (const name of RuleNames) found.push(await ruleNamed(client, name));
      token = NextToken;
    } while (token !== undefined);
    return found;
  });
}

/** Undefined: there is no such rule. Rejects with the SDK's own errors. */
export function scheduleFacts(name: string): Promise<ScheduleFacts | undefined> {
  return asking(async (client) => {
    try {
      const rule = await ruleNamed(client, name);
      const { Targets = [] } = await client.send(new ListTargetsByRuleCommand({ Rule: name }));
      return { ...rule, targets: Targets.flatMap(({ Arn }) => Arn ?? []) };
    } catch (error) {
      if ((error as Error).name === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  });
}

async function ruleNamed(client: EventBridgeClient, Name: string): Promise<RuleFacts> {
  const { State, EventPattern } = await client.send(new DescribeRuleCommand({ Name }));
  return { name: Name, isEnabled: State !== 'DISABLED', pattern: EventPattern };
}

async function asking<T>(ask: (client: EventBridgeClient) => Promise<T>): Promise<T> {
  const client = new EventBridgeClient({ maxAttempts: 3 });
  try {
    return await ask(client);
  } finally {
    client.destroy();
  }
}
