import { functionFacts } from '../../aws/deployed-function.ts';
import type { OpenLine } from '../open-line.ts';
import { checked, type Finding, ok } from './finding.ts';
import { functionState } from './function.ts';

/** What sends dead letters back by itself. Only of a deployed stack. */
export async function redriveFindings({ line }: OpenLine): Promise<readonly Finding[]> {
  const check = 'scheduled redrive';
  if (line.stack === undefined) return [];
  const { redrive } = line.stack;
  if (redrive === undefined)
    return [ok(check, 'The stack was deployed without it: what is parked waits for a person.')];
  const { functionName } = redrive;
  return checked(check, async () =>
    functionState(check, await functionFacts(functionName), functionName, line.tableName),
  );
}
