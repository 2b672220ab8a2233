import type { Outcome } from './model.ts';
import type { Visit } from './visit.ts';

/** One message as the queue delivered it. */
export interface DeliveredMessage {
  readonly messageId: string;
  readonly body: string;
  readonly sentAtMs: number;
  readonly firstReceivedAtMs: number;
  readonly receiveCount: number;
}

/** Let the message go, or keep it and make it visible again after `visibleInMs`. */
export type Verdict =
  | { readonly kind: 'acknowledge'; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'keep'; readonly visibleInMs: number; readonly outcomes: readonly Outcome[] };

/** Never throws: whatever happens ends in a verdict. */
export async function handleMessage(_message: DeliveredMessage, _visit: Visit): Promise<Verdict> {
  throw new Error('not yet written');
}
