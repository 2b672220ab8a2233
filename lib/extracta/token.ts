/** Where Extracta's API token comes from. Throws `secret.unavailable`; `invocation.ending` where the signal aborts. */
export interface TokenSource {
  /** The token as it is known, read if it is not. */
  get(signal: AbortSignal): Promise<string>;
  /** Reads it again: after a 401 it may have been rotated. */
  refresh(signal: AbortSignal): Promise<string>;
}
