import type { DeliveredMessage } from '../../../lib/pipeline/handle-message.ts';
import type { Clock } from '../../../lib/pipeline/ports.ts';
import { type Interference, noInterference, withInterference } from './interference.ts';
import { snapshot } from './snapshot.ts';

export type MessageAttributes = Readonly<Record<string, string>>;

export interface QueuedMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly sentAtMs: number;
  /** Nobody receives it before. */
  readonly visibleAtMs: number;
  readonly receiveCount: number;
  readonly firstReceivedAtMs?: number;
  /** The newest one; older ones mean nothing. */
  readonly receiptHandle?: string;
}

export interface ReceivedMessage extends DeliveredMessage {
  readonly receiptHandle: string;
  readonly attributes: MessageAttributes;
}

export interface MemoryQueueOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Prefix of message ids and of operations. Default `queue`. */
  readonly name?: string;
  /** Default 30 minutes. */
  readonly visibilityMs?: number;
  /** Default 14 days. */
  readonly retentionMs?: number;
  /** Received more often than this, a message moves to `deadLetters`, keeping its `sentAtMs`. Default: never. */
  readonly maxReceiveCount?: number;
  readonly deadLetters?: MemoryQueue;
  /** Whether acknowledging with an older handle deletes all the same: SQS may do either. Default false. */
  readonly oldHandlesDelete?: boolean;
  readonly interference?: Interference;
}

export interface MemoryQueue {
  send(body: string, delayMs?: number, attributes?: MessageAttributes): Promise<string>;
  /** Up to `max` visible messages, oldest first unless `pick` chooses and orders them. */
  receive(
    max?: number,
    pick?: (visible: readonly QueuedMessage[]) => readonly QueuedMessage[],
  ): Promise<ReceivedMessage[]>;
  changeVisibility(receiptHandle: string, visibleInMs: number): Promise<void>;
  acknowledge(receiptHandle: string): Promise<void>;
  /** What lies here, received or not; expired ones excepted. */
  messages(): readonly QueuedMessage[];
  visible(): readonly QueuedMessage[];
  /** When the next message that is not visible becomes so. */
  nextVisibleAtMs(): number | undefined;
  /** Makes a message visible at once, as a visibility timeout that runs out in mid-work does. */
  expireVisibility(messageId: string): void;
  /** SQS's own move to the dead-letter queue. */
  moveToDeadLetters(messageId: string): void;
  /** Puts a message here as it is. */
  accept(message: QueuedMessage): void;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A standard SQS queue in memory. Operations: `NAME.send`, `.receive`, `.changeVisibility`, `.acknowledge`. */
export function memoryQueue(options: MemoryQueueOptions): MemoryQueue {
  const { clock, name = 'queue', interference = noInterference } = options;
  const { visibilityMs = 30 * MINUTE_MS, retentionMs = 14 * DAY_MS } = options;
  const stored = new Map<string, QueuedMessage>();
  let made = 0;

  const accept = (message: QueuedMessage) => void stored.set(message.messageId, snapshot(message));
  const messages = () => {
    for (const { messageId, sentAtMs } of stored.values()) {
      if (sentAtMs + retentionMs <= clock.nowMs()) stored.delete(messageId);
    }
    return [...stored.values()];
  };
  const visible = () => messages().filter((message) => message.visibleAtMs <= clock.nowMs());
  const send = (body: string, delayMs: number, attributes: MessageAttributes) => {
    const [sentAtMs, messageId] = [clock.nowMs(), `${name}-${++made}`];
    accept({ messageId, body, attributes, sentAtMs, visibleAtMs: sentAtMs + delayMs, receiveCount: 0 });
    return messageId;
  };
  const moveToDeadLetters = (messageId: string) => {
    const message = stored.get(messageId);
    if (message === undefined || options.deadLetters === undefined) return;
    const { messageId: _, receiptHandle: __, firstReceivedAtMs: ___, ...kept } = message;
    options.deadLetters.accept({ ...kept, messageId, visibleAtMs: clock.nowMs() });
    stored.delete(messageId);
  };
  const receiveOne = (message: QueuedMessage): ReceivedMessage => {
    const receiptHandle = `${message.messageId}#${message.receiveCount + 1}`;
    const received = {
      ...message,
      receiptHandle,
      receiveCount: message.receiveCount + 1,
      firstReceivedAtMs: message.firstReceivedAtMs ?? clock.nowMs(),
    };
    accept({ ...received, visibleAtMs: clock.nowMs() + visibilityMs });
    const { visibleAtMs: _, ...delivered } = received;
    return snapshot(delivered);
  };
  const receive = (max: number, pick: (visible: readonly QueuedMessage[]) => readonly QueuedMessage[]) => {
    const { maxReceiveCount = Number.POSITIVE_INFINITY } = options;
    for (const { messageId, receiveCount } of visible()) {
      if (receiveCount >= maxReceiveCount) moveToDeadLetters(messageId);
    }
    return pick(visible()).slice(0, max).map(receiveOne);
  };
  const held = (receiptHandle: string, orOlder = false) => {
    const message = stored.get(receiptHandle.slice(0, receiptHandle.lastIndexOf('#')));
    return message?.receiptHandle === receiptHandle || orOlder ? message : undefined;
  };
  const changeVisibility = (receiptHandle: string, visibleInMs: number) => {
    const message = held(receiptHandle);
    if (message === undefined || message.visibleAtMs <= clock.nowMs()) throw new Error('MessageNotInflight');
    accept({ ...message, visibleAtMs: clock.nowMs() + visibleInMs });
  };
  const acknowledge = (receiptHandle: string) => {
    const message = held(receiptHandle, options.oldHandlesDelete);
    if (message !== undefined) stored.delete(message.messageId);
  };
  const run = <T>(operation: string, subject: unknown, work: () => T) =>
    withInterference(interference, `${name}.${operation}`, subject, work);
  return {
    send: (body, delayMs = 0, attributes = {}) => run('send', body, () => send(body, delayMs, attributes)),
    receive: (max = 10, pick = (all) => all) => run('receive', max, () => receive(max, pick)),
    changeVisibility: (handle, ms) => run('changeVisibility', handle, () => changeVisibility(handle, ms)),
    acknowledge: (handle) => run('acknowledge', handle, () => acknowledge(handle)),
    messages,
    visible,
    nextVisibleAtMs: () => {
      const later = messages().filter((message) => message.visibleAtMs > clock.nowMs());
      return later.length === 0 ? undefined : Math.min(...later.map((message) => message.visibleAtMs));
    },
    expireVisibility: (messageId) => {
      const message = stored.get(messageId);
      if (message !== undefined) accept({ ...message, visibleAtMs: clock.nowMs() });
    },
    moveToDeadLetters,
    accept,
  };
}
