/** What one check came to. */
export interface Finding {
  readonly check: string;
  /** `unknown`: it could not be checked; `says` tells why. */
  readonly verdict: 'ok' | 'wrong' | 'unknown';
  readonly says: string;
  /** Null where nothing is wrong. */
  readonly remedy: string | null;
}

export const ok = (check: string, says: string): Finding => ({ check, verdict: 'ok', says, remedy: null });

export const wrong = (check: string, says: string, remedy: string): Finding => ({
  check,
  verdict: 'wrong',
  says,
  remedy,
});

export const unknown = (check: string, says: string, remedy: string | null = null): Finding => ({
  check,
  verdict: 'unknown',
  says,
  remedy,
});

/** A check that could not be made is no finding that all is well. */
export async function checked(
  check: string,
  work: () => Promise<Finding | readonly Finding[]>,
  remedy = 'Allow this command to ask, or look by hand.',
): Promise<readonly Finding[]> {
  try {
    const found = await work();
    return Array.isArray(found) ? (found as readonly Finding[]) : [found as Finding];
  } catch (error) {
    const { name, message } = error as Error;
    return [unknown(check, `${name}: ${message}`, remedy)];
  }
}
