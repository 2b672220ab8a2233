import { functionFacts } from '../../aws/deployed-function.ts';
import { scheduleFacts } from '../../aws/event-rules.ts';
import type { OpenLine } from '../open-line.ts';
import { checked, type Finding, ok, wrong } from './finding.ts';
import { functionState } from './function.ts';

const REDEPLOY = 'Deploy the stack again; until then redrive by hand.';

/** What sends dead letters back by itself, and what calls it. Only of a deployed stack. */
export async function redriveFindings({ line }: OpenLine): Promise<readonly Finding[]> {
  const check = 'scheduled redrive';
  if (line.stack === undefined) return [];
  const { redrive } = line.stack;
  if (redrive === undefined)
    return [ok(check, 'The stack was deployed without it: what is parked waits for a person.')];
  const { functionName, ruleName } = redrive;
  return [
    ...(await checked(check, async () =>
      functionState(check, await functionFacts(functionName), functionName, line.tableName),
    )),
    ...(await checked('redrive schedule', () => schedule(functionName, ruleName))),
  ];
}

async function schedule(functionName: string, ruleName: string | undefined): Promise<Finding> {
  const check = 'redrive schedule';
  const rule = ruleName === undefined ? undefined : await scheduleFacts(ruleName);
  if (rule === undefined)
    return wrong(check, `No rule calls ${functionName}: nothing comes back by itself.`, REDEPLOY);
  if (!rule.isEnabled)
    return wrong(
      check,
      `The rule ${rule.name} is switched off: nothing comes back by itself.`,
      `aws events enable-rule --name ${rule.name}`,
    );
  if (!rule.targets.some((arn) => arn.endsWith(`:function:${functionName}`)))
    return wrong(check, `The rule ${rule.name} does not call ${functionName}.`, REDEPLOY);
  return ok(check, `${rule.name} calls ${functionName}.`);
}
