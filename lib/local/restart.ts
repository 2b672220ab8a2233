import type { S3Client } from '@aws-sdk/client-s3';
import { objectPages } from '../aws/object-pages.ts';
import { documentKey } from '../pipeline/identity.ts';
import { messageOf } from '../pipeline/message-of.ts';
import type { Arrival, ArrivalMessage, DeadLetter, DocumentItem, DocumentKey } from '../pipeline/model.ts';
import type { Outbox } from '../pipeline/ports.ts';
import { type Documents, nameOf } from './watch.ts';

/** What is begun here is ended: it takes a moment. */
const NEVER = new AbortController().signal;

export interface RestartPorts {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly outbox: Outbox;
}

export interface Restarted {
  /** Documents that have a message again. */
  readonly unsettled: number;
  /** Documents that have their dead letter again. */
  readonly parked: number;
  /** Objects that the ledger did not know. */
  readonly unknown: readonly DocumentKey[];
}

/**
 * The embedded queue forgets all on exit. So, from the ledger and the bucket as the last run left them: every unsettled
 * document gets a message again, every parked one its dead letter (or the message that the schedule had sent back),
 * every object without an item an arrival.
 */
export async function restart(ports: RestartPorts, documents: Documents): Promise<Restarted> {
  const items = [...documents.values()];
  const open = items.filter((item) => needsMessage(item) || isOnItsWay(item));
  const parked = items.filter((item) => item.state === 'parked' && !isOnItsWay(item));
  for (const item of open) await sendArrival(ports.outbox, messageOf(item));
  for (const item of parked) await ports.outbox.park(letterOf(item));
  const unknown: DocumentKey[] = [];
  for await (const arrival of objectsIn(ports)) {
    const key = documentKey(arrival);
    if (documents.has(nameOf(key))) continue;
    await sendArrival(ports.outbox, { uploader: 'arrival', arrival });
    unknown.push(key);
  }
  return { unsettled: open.length, parked: parked.length, unknown };
}

/** Unsettled; or uploaded with a late look that nobody queued yet: whoever meets it with a message does. */
function needsMessage({ state, lookAt }: DocumentItem): boolean {
  return (
    state === 'waiting' ||
    state === 'uploading' ||
    state === 'unknown' ||
    (state === 'uploaded' && lookAt !== undefined)
  );
}

/** Sent back by the schedule, and not woken yet: its letter is gone, and its message was forgotten. */
function isOnItsWay({ state, parkId, sentBack }: DocumentItem): boolean {
  return state === 'parked' && parkId !== undefined && sentBack === parkId;
}

function letterOf(item: DocumentItem): DeadLetter {
  const { parkId, lastFailure, attempts, redrives, firstSeenAtMs } = item;
  return {
    body: JSON.stringify(messageOf(item)),
    reason: lastFailure?.code ?? 'internal.unexpected',
    message: lastFailure?.message ?? '',
    ...(lastFailure?.httpStatus === undefined ? {} : { httpStatus: lastFailure.httpStatus }),
    attempts,
    redrives,
    firstSeenAtMs,
    ...(parkId === undefined ? {} : { parkId }),
  };
}

function sendArrival(outbox: Outbox, message: ArrivalMessage): Promise<void> {
  return outbox.send(JSON.stringify(message), 0);
}

async function* objectsIn({ s3, bucket }: RestartPorts): AsyncGenerator<Arrival> {
  const whole = { bucket, prefix: '', afterKey: undefined, signal: NEVER };
  // The embedded S3 keeps no versions.
  for await (const { objects } of objectPages(s3, whole, false)) yield* objects.map(({ arrival }) => arrival);
}
