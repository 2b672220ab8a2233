import { UploaderError } from '../../lib/pipeline/failures.ts';
import type { LedgerItem } from '../../lib/pipeline/model.ts';
import type {
  Chance,
  Clock,
  DocumentSource,
  Journal,
  Ledger,
  Outbox,
  Ports,
  WriteResult,
} from '../../lib/pipeline/ports.ts';
import { seededChance } from '../support/memory/chance.ts';
import { memoryOutbox } from '../support/memory/outbox.ts';
import { bodyFrom } from './body.ts';
import type { RecordAtWork } from './delivery.ts';
import { extractaPort } from './extracta.ts';
import type { Fault } from './faults.ts';
import { changeBeforeGet } from './person.ts';
import { noteWrite } from './record-notes.ts';
import { beginRedrive } from './schedule.ts';
import { shownItem } from './shown-item.ts';
import { nameOf, type World } from './world.ts';

/**
 * The ports as one record at work sees them. Every verb is one gate, then its work in one step: whatever may come
 * between two awaits of the pipeline comes at a gate.
 */
export function gatedPorts(world: World, record: RecordAtWork): Ports {
  return {
    ledger: ledgerPort(world, record),
    source: sourcePort(world, record),
    extracta: extractaPort(world, record),
    outbox: outboxPort(world, record),
    clock: clockPort(world, record),
    chance: chancePort(world, record),
    journal: journalPort(world, record),
  };
}

const LATE_MS = 20 * 60_000;
export const LEDGER_OUTAGE_MS = 20 * 60_000;

/** A gate, and what may go wrong at any of them. */
export async function passage(world: World, record: RecordAtWork, operation: string): Promise<void> {
  await world.scheduler.gate(record.delivery.actor, `${record.name} ${operation}`);
  if (world.faults.fires('process.defect', `${record.name} ${operation}`))
    throw new TypeError('a defect of ours');
}

export function ledgerPort(world: World, record: RecordAtWork): Ledger {
  const { ledger, scheduler, faults } = world;
  const enter = async (operation: string, key: { partition: string; sort: string }) => {
    const where = `${record.name} ${operation} ${shortName(key)}`;
    await passage(world, record, `${operation} ${shortName(key)}`);
    const isAnswer = operation === 'writes uploaded';
    if (faults.fires('ledger.down', where) || (isAnswer && faults.fires('ledger.down-at-answer', where)))
      world.ledgerDownUntilMs = scheduler.nowMs() + LEDGER_OUTAGE_MS;
    const isDown = scheduler.nowMs() < world.ledgerDownUntilMs && !faults.isStopped();
    if (isDown || faults.fires('ledger.throttled', where)) {
      throw new UploaderError(
        isDown ? 'ledger.unavailable' : 'ledger.throttled',
        'The ledger is out of reach.',
      );
    }
    return where;
  };
  const leave = async <T extends LedgerItem>(
    where: string,
    written: WriteResult<T>,
    again: () => Promise<WriteResult<T>>,
    rev: string,
    now: () => T | undefined,
  ): Promise<WriteResult<T>> => {
    if (written.applied && faults.fires('ledger.answer-lost', where))
      throw new UploaderError('ledger.unavailable', 'Applied, and its answer lost.');
    let result = written;
    if (written.applied && faults.fires('ledger.repeated', where)) {
      await passage(world, record, 'the SDK repeats the write');
      result = world.without?.ownToken === false ? notOwn(rev, now()) : await again();
    }
    if (!result.applied && faults.fires('ledger.no-all-old', where)) {
      await passage(world, record, 'reads what refused the write');
      const current = now();
      result = current?.rev === rev ? { applied: true } : { applied: false, current };
    }
    return result;
  };
  return {
    read: async (key) => {
      await enter('reads', key);
      return ledger.read(key);
    },
    write: async (item, expectedRev) => {
      const where = await enter(`writes ${stateOf(item)}`, item);
      const before = ledger.peek<typeof item>(item);
      const stored = world.without?.write?.(item, before) ?? item;
      const rev = world.without?.unconditional?.(item) === true ? before?.rev : expectedRev;
      const written = await ledger.write(stored, rev);
      world.changes += 1;
      world.tell(
        record.name,
        () => `writes ${shortName(item)}: ${shownItem(stored)}${written.applied ? '' : ' — refused'}`,
      );
      if (written.applied) noteWrite(world, record, stored, before);
      const result = await leave(
        where,
        written,
        () => ledger.write(stored, rev),
        item.rev,
        () => ledger.peek(item),
      );
      if (written.applied && item.kind === 'document' && item.state === 'parked') {
        for (const send of record.owedLetters.splice(0)) await send();
      }
      return result;
    },
    takePlace: async (request) => {
      const where = await enter('takes a place', request.slot);
      const placed = await ledger.takePlace(request);
      world.changes += 1;
      world.tell(
        record.name,
        `takes a place in ${shortName(request.slot)}${placed.applied ? '' : ' — refused'}`,
      );
      return leave(
        where,
        placed,
        () => ledger.takePlace(request),
        request.rev,
        () => ledger.peek(request.slot),
      );
    },
  };
}

function notOwn<T extends LedgerItem>(_rev: string, current: T | undefined): WriteResult<T> {
  return { applied: false, current };
}

function sourcePort(world: World, record: RecordAtWork): DocumentSource {
  const { source, faults } = world;
  const codes = ['document.unavailable', 'document.throttled', 'document.access-denied'] as const;
  const enter = async (operation: string) => {
    await passage(world, record, operation);
    const where = `${record.name} ${operation}`;
    if (!faults.fires('s3.refused', where)) return;
    throw new UploaderError(codes[world.dice.pick('s3 code', codes.length)] ?? codes[0], 'S3 refused.');
  };
  return {
    describe: async (arrival, signal) => {
      await enter('describes');
      return source.describe(arrival, signal);
    },
    open: async (arrival, signal) => {
      await enter('opens');
      changeBeforeGet(world, arrival, `${record.name} opens`);
      const { sizeBytes } = await source.describe(arrival, signal);
      const isShort = faults.fires('s3.short', `${record.name} opens`);
      return {
        sizeBytes: isShort ? sizeBytes - 1 : sizeBytes,
        body: bodyFrom(arrival, world.source.bytesOf(arrival)),
      };
    },
    present: async (bucket, key, signal) => {
      await enter('asks what is there');
      return source.present(bucket, key, signal);
    },
  };
}

function outboxPort(world: World, record: RecordAtWork): Outbox {
  const { queue, deadLetters, faults } = world;
  const outbox = memoryOutbox({ queue, deadLetters });
  const sent = async (operation: string, send: () => Promise<void>) => {
    const where = `${record.name} ${operation}`;
    await passage(world, record, operation);
    if (faults.fires('queue.send-refused', where))
      throw new UploaderError('queue.unavailable', 'SQS refused.');
    await send();
    world.changes += 1;
    world.tell(record.name, operation);
    if (faults.fires('queue.send-answer-lost', where))
      throw new UploaderError('queue.unavailable', 'Sent, and its answer lost.');
  };
  return {
    send: (body, delayMs) =>
      sent(`queues ${body.slice(13, 22)}`, async () => {
        // Longer than SQS's longest delay: a queue gives its messages out when it likes.
        if (faults.fires('queue.late', record.name)) await queue.send(body, LATE_MS);
        else await outbox.send(body, delayMs);
      }),
    park: async (letter) => {
      world.parkings += 1;
      const send = () =>
        sent(`sends dead letter ${letter.reason} ${letter.parkId ?? ''}`, async () => {
          await outbox.park(letter);
          if (faults.fires('queue.letter-duplicated', record.name)) await outbox.park(letter);
          if (faults.fires('redrive.meanwhile', record.name)) beginRedrive(world);
        });
      if (world.without?.letterFirst === false && letter.parkId !== undefined) record.owedLetters.push(send);
      else await send();
    },
  };
}

export function clockPort(world: World, record: RecordAtWork): Clock {
  const { scheduler } = world;
  const { actor, host } = record.delivery;
  return {
    nowMs: () => scheduler.nowMs() + host.skewMs,
    sleep: async (ms, signal) => {
      if (signal.aborted) return;
      const gate = scheduler.openable(actor, `${record.name} sleeps`, scheduler.nowMs() + Math.max(0, ms));
      signal.addEventListener('abort', gate.open, { once: true });
      await gate.passed;
      signal.removeEventListener('abort', gate.open);
    },
  };
}

export function chancePort(world: World, record: RecordAtWork): Chance {
  const chance = seededChance(world.seed + record.delivery.actor.name.length * 7919 + hash(record.name));
  let tokens = 0;
  return {
    fraction: chance.fraction,
    token: () => {
      tokens += 1;
      return `${record.name}:${tokens}`;
    },
  };
}

export function journalPort(world: World, record: RecordAtWork): Journal {
  return {
    record: (event, fields) => {
      world.count(`event ${event}`);
      if (event === 'claim.lost') world.count('code claim.lost');
      const { cause, ...plain } = fields;
      world.tell(
        record.name,
        () => `· ${event} ${JSON.stringify(plain)}${cause instanceof Error ? ` ${cause.message}` : ''}`,
      );
      if (event === 'document.deferred' || event === 'message.deferred')
        world.count(`deferred ${String(fields['code'])}`);
    },
  };
}

export function shortName(key: { readonly partition: string; readonly sort: string }): string {
  return key.partition.startsWith('#')
    ? `${key.partition.slice(1, 5)}${key.sort}`
    : nameOf(key).replace('bucket/in/', '');
}

function stateOf(item: LedgerItem): string {
  return item.kind === 'gate' ? 'gate' : item.state;
}

function hash(text: string): number {
  let value = 0;
  for (const character of text) value = (Math.imul(value, 31) + character.charCodeAt(0)) | 0;
  return value >>> 0;
}

export type { Fault };
