import { UploaderError } from '../../lib/pipeline/failures.ts';
import type { DocumentItem } from '../../lib/pipeline/model.ts';
import type {
  DeadLetters,
  RedrivePorts,
  ReturnedMessage,
  UnsettledDocuments,
} from '../../lib/pipeline/ports.ts';
import { memoryDeadLetters } from '../support/memory/dead-letters.ts';
import type { Interference } from '../support/memory/interference.ts';
import { memoryLedgerQueries } from '../support/memory/ledger.ts';
import type { RecordAtWork } from './delivery.ts';
import type { Fault } from './faults.ts';
import { chancePort, clockPort, journalPort, ledgerPort, passage } from './gated-ports.ts';
import type { World } from './world.ts';

/** The ports of one run of the schedule: the real redrive on gated twins. */
export function redrivePorts(world: World, record: RecordAtWork): RedrivePorts {
  return {
    ledger: ledgerPort(world, record),
    documents: documentsPort(world, record),
    deadLetters: deadLettersPort(world, record),
    clock: clockPort(world, record),
    chance: chancePort(world, record),
    journal: journalPort(world, record),
  };
}

/** The index of what is not done; one that lags shows every document that ever was parked, as it was then. */
function documentsPort(world: World, record: RecordAtWork): UnsettledDocuments {
  async function* unsettled(state: 'parked' | 'unknown'): AsyncGenerator<DocumentItem> {
    await passage(world, record, `asks for what is ${state}`);
    if (world.faults.fires('ledger.throttled', `${record.name} asks for what is ${state}`))
      throw new UploaderError('ledger.throttled', 'The ledger is out of reach.');
    if (state === 'parked' && world.faults.fires('ledger.stale-index', record.name))
      yield* [...world.everParked.values()];
    else yield* memoryLedgerQueries(world.ledger).unsettled(state);
  }
  return { unsettled };
}

/** Each batch is one gate; each of its entries may fail on its own, or be done and its answer lost. */
function deadLettersPort(world: World, record: RecordAtWork): DeadLetters {
  const { queue, deadLetters, faults } = world;
  const fails = (fault: Fault) => {
    if (faults.fires(fault, record.name)) throw new UploaderError('queue.unavailable', `SQS: ${fault}`);
  };
  const interference: Interference = {
    before: async ({ operation, subject }) => {
      if (operation === 'deadLetters.sendBackOne') return fails('redrive.send-refused');
      if (operation === 'deadLetters.removeOne') return fails('redrive.delete-refused');
      await passage(world, record, operation);
      if (operation === 'deadLetters.receive') fails('redrive.receive-refused');
      if (operation === 'deadLetters.sendBack') mustKeepPace(world, record, (subject as unknown[]).length);
    },
    after: async ({ operation, subject }) => {
      world.changes += 1;
      if (operation === 'deadLetters.sendBackOne') {
        world.tell(record.name, () => `sends back ${(subject as ReturnedMessage).body.slice(0, 300)}`);
        fails('redrive.send-answer-lost');
      }
      if (operation === 'deadLetters.removeOne') {
        world.tell(record.name, `removes letter ${String(subject)}`);
        fails('redrive.delete-answer-lost');
      }
    },
  };
  return memoryDeadLetters({ queue, deadLetters, interference });
}

/** One run sends no faster than the pace that is set. */
function mustKeepPace(world: World, record: RecordAtWork, messages: number): void {
  const nowMs = world.scheduler.nowMs();
  if (nowMs < record.mayRedriveAtMs)
    world.fail('redriven at its pace', `${record.name} sends ${record.mayRedriveAtMs - nowMs} ms too early`);
  record.mayRedriveAtMs = nowMs + messages * world.run.settings.waits.redrivePaceMs;
  world.count('redriven in a batch');
}
