import type { Asked, Reach, Section, Table } from '../section.ts';
import { verdictOn } from '../verdict.ts';
import { type BudgetLine, budgetLines } from './budget.ts';
import { quantile } from './quantile.ts';
import { callCount, type LineRun, runLine, SERVICES } from './run-line.ts';

/** Of the second run, against the first. */
const TIMES = 10;
const DOCUMENT_BYTES = 10_000;

/**
 * The whole line: documents through S3 event, queue, handler, form and ledger, on the local stack with the deployed bundle;
 * then ten times as many, which must not cost more each.
 */
export async function measureLine(asked: Asked): Promise<Section> {
  const documents = asked.quick ? 150 : 5_000;
  const load = {
    // A process that has just begun compiles as it goes: what is measured would be that.
    warmUp: asked.quick ? 150 : 1_000,
    documentBytes: DOCUMENT_BYTES,
    inAFolder: documents,
    signal: asked.signal,
  };
  asked.say(`The whole line: ${documents} documents`);
  const few = await runLine({ ...load, documents });
  asked.say(`The whole line: ${documents * TIMES} documents`);
  const many = await runLine({ ...load, documents: documents * TIMES });
  return sectionOf(few, many);
}

export function sectionOf(few: LineRun, many: LineRun): Section {
  return {
    title: 'The whole line',
    says: [
      `Documents of ${DOCUMENT_BYTES / 1000} KB are put into the local stack, never more than 60 on their way at once; two processes run the deployed bundle, each with one delivery at a time. The second column is a new stack with ten times as many.`,
      'The emulators, the pump, the embedded Extracta and the one that puts share a process, and with the two functions this machine: how many documents it does a second is theirs more than ours. What is ours is the CPU of the function processes, and the calls.',
      'Calls are counted in the processes that make them. Receiving and deleting messages is the event-source mapping’s part, and shown apart; on Lambda it is AWS’s.',
      'From put to mapping is a full line’s time, most of it in the queue: 60 documents, divided by those a second.',
    ],
    tables: [figures(few, many), calls(few, many)],
    reach: [...growth(few, many), ...budgetLines(many).map(budgetReach)],
  };
}

type Measure = readonly [what: string, of: (run: LineRun) => number, digits: number];

const functionCpu = ({ function: used, documents }: LineRun) => used.cpuMs / documents;
const allCpu = (run: LineRun) => functionCpu(run) + run.stackCpuMs / run.documents;
const allCalls = ({ calls: made, documents }: LineRun) =>
  SERVICES.reduce((sum, service) => sum + callCount(made[service]), 0) / documents;

const FIGURES: readonly Measure[] = [
  ['documents', ({ documents }) => documents, 0],
  ['documents a second', ({ documents, seconds }) => documents / seconds, 1],
  ['CPU of the function processes, ms a document', functionCpu, 2],
  ['CPU of everything, ms a document', allCpu, 2],
  ['billed, ms a document', ({ function: used, documents }) => used.billedMs / documents, 1],
  ['documents in a delivery', ({ function: used, documents }) => documents / used.invocations, 1],
  ['from put to mapping, p50, ms', ({ tookMs }) => quantile(tookMs, 0.5), 0],
  ['from put to mapping, p99, ms', ({ tookMs }) => quantile(tookMs, 0.99), 0],
];

function figures(few: LineRun, many: LineRun): Table {
  const rows = FIGURES.map(([what, of, digits]) => {
    const [one, other] = [of(few), of(many)];
    return [what, one.toFixed(digits), other.toFixed(digits), (other / one).toFixed(2)];
  });
  return { title: 'Figures', columns: ['', 'few', 'ten times as many', 'ratio'], rows };
}

function calls(few: LineRun, many: LineRun): Table {
  const shown = (count: number, { documents }: LineRun) => (count / documents).toFixed(3);
  const named = (run: LineRun) => [
    ...SERVICES.flatMap((service) =>
      Object.entries(run.calls[service]).map(([name, count]) => [`${service} ${name}`, count] as const),
    ),
    ...Object.entries(run.pollerCalls).map(([name, count]) => [`SQS ${name} (the poller)`, count] as const),
  ];
  const fewer = new Map(named(few));
  const rows = named(many).map(([name, count]) => [
    name,
    shown(fewer.get(name) ?? 0, few),
    shown(count, many),
  ]);
  return { title: 'Calls a document', columns: ['', 'few', 'ten times as many'], rows };
}

function growth(few: LineRun, many: LineRun): readonly Reach[] {
  const ratio = (what: string, of: (run: LineRun) => number): Reach => {
    const grown = of(many) / of(few);
    return {
      what: `${what}, ten times as many documents against few`,
      target: '≤ 1',
      stretch: null,
      measured: grown.toFixed(3),
      reached: verdictOn(grown, { better: 'less', target: 1 }),
    };
  };
  return [
    ratio('CPU of the function processes a document', functionCpu),
    ratio('CPU of everything a document', allCpu),
    ratio('calls a document', allCalls),
  ];
}

function budgetReach({ what, most, counted }: BudgetLine): Reach {
  return {
    what: `calls a document: ${what}`,
    target: `≤ ${most}`,
    stretch: null,
    measured: counted.toFixed(3),
    reached: verdictOn(counted, { better: 'less', target: most, isExact: true }),
  };
}
