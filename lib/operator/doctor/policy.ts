/** Whoever sends what lands in the bucket to the queue. */
export type Announcer = 's3' | 'events';

interface Statement {
  readonly Effect?: string;
  readonly Principal?: unknown;
  readonly Action?: string | readonly string[];
}

/** Whether a resource's policy lets one of these services do all of these actions. Conditions are not judged. */
export function lets(policy: string, services: readonly Announcer[], actions: readonly string[]): boolean {
  const { Statement = [] } = JSON.parse(policy) as { Statement?: Statement | readonly Statement[] };
  const allowing = ([Statement].flat() as readonly Statement[]).filter(({ Effect }) => Effect === 'Allow');
  return services.some((service) => {
    const said = allowing.filter(({ Principal }) => names(Principal, `${service}.amazonaws.com`));
    return actions.every((action) => said.some(({ Action = [] }) => covers([Action].flat(), action)));
  });
}

function names(principal: unknown, service: string): boolean {
  return principal === '*' || JSON.stringify(principal ?? '').includes(`"${service}"`);
}

/** `kms:GenerateDataKey*` covers `kms:GenerateDataKey`. */
function covers(patterns: readonly string[], action: string): boolean {
  return patterns.some((pattern) => {
    const told = pattern.toLowerCase().replace(/[^a-z\d:*]/g, '');
    return new RegExp(`^${told.replaceAll('*', '.*')}$`).test(action.toLowerCase());
  });
}
