import { documentKey } from '../pipeline/identity.ts';
import { readMessage } from '../pipeline/read-message.ts';
import type { RedriveRun } from '../pipeline/redrive-run.ts';
import { type Returning, sendBack } from '../pipeline/send-back.ts';

/**
 * What one order has sent. It sends a document once, and a message that SQS itself moved away once: what comes again while
 * it runs is for whoever gives the next order. What the queue did not confirm may be offered again, with the same `parkId`
 * only: of two such messages one only can be used.
 */
export class SentOnce {
  readonly #sent = new Set<string>();
  /** What was offered, by name: confirmed or not, the queue may have it. */
  readonly #offered = new Map<string, string>();
  readonly #cameAgain = new Set<string>();

  /** Those that failed again before the order was through. */
  get cameAgain(): number {
    return this.#cameAgain.size;
  }

  /** As `sendBack`, without what this order may not send. */
  async sendBack<T extends Returning>(returning: readonly T[], run: RedriveRun): Promise<readonly T[]> {
    const taken = returning.filter((each) => this.#takes(each));
    const back = await sendBack(taken, run);
    const refused = taken.filter((each) => !back.includes(each));
    for (const name of refused.flatMap(namesOf)) this.#sent.delete(name);
    return back;
  }

  #takes(returning: Returning): boolean {
    const message = nameOfMessage(returning);
    const itself = isStray(returning) ? [message] : namesOf(returning);
    const isOther = itself.some((name) => (this.#offered.get(name) ?? message) !== message);
    if (isOther || itself.some((name) => this.#sent.has(name))) {
      if (isOther || isStray(returning)) this.#cameAgain.add(itself.join(' '));
      return false;
    }
    for (const name of namesOf(returning)) {
      this.#sent.add(name);
      this.#offered.set(name, message);
    }
    return true;
  }
}

/** One that SQS itself had moved away: only they count their redrives in the message. */
const isStray = ({ message }: Returning) => message.redrives !== undefined;

const nameOfMessage = ({ message, wakes }: Returning) => wakes?.parkId ?? message.body;

/** The documents that it may wake; a stray message besides by its body, which may name none. */
function namesOf(returning: Returning): readonly string[] {
  const { body } = returning.message;
  const reading = readMessage(body);
  const arrivals = reading.kind === 'arrivals' ? reading.messages.map(({ arrival }) => arrival) : [];
  const documents = arrivals.map(documentKey).map(({ partition, sort }) => JSON.stringify([partition, sort]));
  return isStray(returning) ? [body, ...documents] : documents;
}
