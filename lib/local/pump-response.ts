/**
 * Which messages of a delivery are done, by what the function answered.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 * Nothing, or no failures, is success for all; an identifier that is missing, empty or of no message of this delivery is
 * failure for all.
 */
export function doneMessages(response: unknown, messageIds: readonly string[]): readonly string[] {
  if (response === null || response === undefined) return messageIds;
  if (typeof response !== 'object' || Array.isArray(response)) return [];
  const failures = (response as { batchItemFailures?: unknown }).batchItemFailures ?? [];
  if (!Array.isArray(failures)) return [];
  const failed = new Set(failures.map((failure: unknown) => identifier(failure)));
  const known = [...failed].every((id) => id !== undefined && messageIds.includes(id));
  return known ? messageIds.filter((id) => !failed.has(id)) : [];
}

function identifier(failure: unknown): string | undefined {
  const { itemIdentifier } = (failure ?? {}) as { itemIdentifier?: unknown };
  return typeof itemIdentifier === 'string' ? itemIdentifier : undefined;
}
