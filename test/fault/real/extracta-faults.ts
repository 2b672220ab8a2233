import {
  type Behaviour,
  endings,
  type Script,
  type ScriptedRequest,
} from '../../../lib/local/extracta/behaviour.ts';
import type { Containers } from './containers.ts';
import type { FaultDocument } from './documents.ts';
import { draw } from './draw.ts';

/** One upload as the embedded Extracta treated it. */
export interface Upload {
  readonly n: number;
  readonly fileName: string;
  /** Undefined: it named none. */
  readonly batchId?: string;
  treatment: 'as usual' | Cut | KillMoment | 'kill failed';
}

type Cut = 'cut, kept' | 'cut, not kept';
/** When the process that is sending dies. Its request is unanswered then, in each of these. */
const KILL_MOMENTS = [
  'killed in the body',
  'killed after the body, not kept',
  'killed after the body, kept later',
  'killed after it was kept',
] as const;
type KillMoment = (typeof KILL_MOMENTS)[number];

export interface ExtractaFaultsOptions {
  readonly seed: number;
  readonly kills: number;
  readonly containers: Containers;
  readonly byTag: ReadonlyMap<string, FaultDocument>;
  readonly tagIn: (fileName: string) => string | undefined;
  /** The tags of what Extracta holds. */
  readonly held: () => readonly (string | undefined)[];
}

/** One in each ten uploads is cut off. */
const CUT_BLOCK = 10;
/** Kills go ahead of the uploads that are left, so that these do not run out first. */
const HASTE = 1.25;
/** At the most; what is decided of one is not yet seen by the next. */
const UPLOADS_AT_ONCE = 16;

/** Cuts answers off after the body, and has the process that is sending killed. */
export class ExtractaFaults {
  readonly uploads: Upload[] = [];
  kills = 0;
  #killsUnderWay = 0;
  /** The tags of those that were let through. */
  readonly #letThrough = new Set<string | undefined>();
  readonly #options: ExtractaFaultsOptions;

  constructor(options: ExtractaFaultsOptions) {
    this.#options = options;
  }

  readonly script: Script = (request) => {
    if (request.kind !== 'upload') return undefined;
    const { n, fileName = '', batchId } = request;
    const upload: Upload = {
      n,
      fileName,
      ...(batchId === undefined ? {} : { batchId }),
      treatment: 'as usual',
    };
    this.uploads.push(upload);
    const cut = this.#cut(request);
    if (cut !== undefined) {
      upload.treatment = cut;
      return { keep: cut === 'cut, kept', end: endings.reset() };
    }
    if (this.#isToKill(n)) return this.#killing(upload);
    this.#letThrough.add(this.#options.tagIn(fileName));
    return {};
  };

  #cut({ n }: ScriptedRequest): Cut | undefined {
    const block = Math.floor((n - 1) / CUT_BLOCK);
    const chosen = Math.floor(CUT_BLOCK * draw(this.#options.seed, 'cut', block));
    if ((n - 1) % CUT_BLOCK !== chosen) return undefined;
    return block % 2 === 0 ? 'cut, kept' : 'cut, not kept';
  }

  #isToKill(n: number): boolean {
    return draw(this.#options.seed, 'kill', n) * this.#missing() < HASTE * this.#killsLeft();
  }

  /** Documents of which at least one more upload is to come. */
  #missing(): number {
    const { byTag, held } = this.#options;
    return byTag.size - new Set([...this.#letThrough, ...held()]).size;
  }

  #killsLeft(): number {
    return this.#options.kills - this.kills - this.#killsUnderWay;
  }

  #moment(n: number): KillMoment {
    const moment = KILL_MOMENTS[Math.floor(KILL_MOMENTS.length * draw(this.#options.seed, 'moment', n))];
    const isShort = this.#missing() <= 2 * this.#killsLeft() + UPLOADS_AT_ONCE;
    // What was kept does not come again to be killed for.
    return moment === undefined || (isShort && moment === 'killed after it was kept')
      ? 'killed after the body, not kept'
      : moment;
  }

  #killing(upload: Upload): Behaviour {
    const moment = this.#moment(upload.n);
    const kill = () => this.#kill(upload, moment);
    const killed = moment === 'killed in the body' ? kill() : undefined;
    const behaviour = {
      // Read when the request has been read whole: the body is in, and nothing is kept yet.
      get holdBefore(): Promise<unknown> {
        return moment === 'killed after it was kept' ? Promise.resolve() : (killed ?? kill()).then(conclude);
      },
      get holdAfter(): Promise<unknown> {
        return moment === 'killed after it was kept' ? kill() : Promise.resolve();
      },
    };
    const conclude = (isDead: boolean) => {
      // Not kept either where its process had died before: it comes again.
      if (upload.treatment === 'kill failed' || (isDead && moment === 'killed after the body, not kept'))
        Object.assign(behaviour, { keep: false, end: endings.reset() });
    };
    return behaviour;
  }

  async #kill(upload: Upload, moment: KillMoment): Promise<boolean> {
    // Others were planned at the same time.
    if (this.#killsLeft() <= 0) return false;
    const { containers, byTag, tagIn } = this.#options;
    this.#killsUnderWay += 1;
    const document = byTag.get(tagIn(upload.fileName) ?? '');
    const invocation = document && (await containers.claimant(document.object));
    const isDead = invocation !== undefined && (await containers.kill(invocation));
    upload.treatment = isDead ? moment : 'kill failed';
    if (isDead) this.kills += 1;
    this.#killsUnderWay -= 1;
    return isDead;
  }
}
