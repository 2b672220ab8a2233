import type { Asked, Section, Table } from '../section.ts';
import { type DocumentCounts, dollarsFor, EXTRACTA_SECONDS, FUNCTION_MEMORY_GB } from './dollars.ts';
import { PRICES, PRICES_OF, type Price, priceText } from './prices.ts';
import { type Delivered, runDeliveries } from './run-deliveries.ts';

const MILLION = 1_000_000;
/** Deliveries are as full as Lambda makes them. */
const PER_DELIVERY = 10;

interface Size {
  readonly name: string;
  readonly sizeBytes: number;
  readonly documents: number;
}

const sizes = (quick: boolean): readonly [Size, ...Size[]] => [
  { name: '100 KB', sizeBytes: 100_000, documents: quick ? 60 : 1_000 },
  { name: '1 MB', sizeBytes: 1_000_000, documents: quick ? 40 : 500 },
  { name: '20 MB', sizeBytes: 20_000_000, documents: quick ? 20 : 100 },
];

/** One size: counted behind proxies, then billed without them. */
interface Sized {
  readonly name: string;
  readonly counts: DocumentCounts;
}

/** Dollars for a million documents: requests, units and log counted; milliseconds measured; prices of prices.ts. */
export async function measureCost(asked: Asked): Promise<Section> {
  const [small] = sizes(asked.quick);
  const sized: Sized[] = [];
  for (const size of sizes(asked.quick)) sized.push(await measuredSize(size, asked));
  asked.say('Cost: one document a delivery');
  const alone = await runDeliveries({ ...small, perDelivery: 1, isCounted: true, signal: asked.signal });
  const together = await runDeliveries({
    ...small,
    perDelivery: PER_DELIVERY,
    isCounted: true,
    signal: asked.signal,
  });
  return {
    title: 'Cost',
    says: [
      'dollars = documents × Σ (count a document × price of one). Requests, DynamoDB’s units and the log are counted while the deployed bundle uploads over emulators; GB-seconds are billed milliseconds / 1,000 × memory in GB.',
      `Billed is what one warm process on this machine took for deliveries of ${PER_DELIVERY}, each rounded up, without the counting proxies but with the emulators’ own time, at ${FUNCTION_MEMORY_GB} GB. Lambda’s 1 GB has 0.58 of a core, and a network.`,
      `Extracta’s time is not measured: ${EXTRACTA_SECONDS} s are assumed, once a delivery. Its credits come on top.`,
      `AWS’s list prices of ${PRICES_OF}: ${Object.values(PRICES).map(shownPrice).join(', ')}.`,
    ],
    tables: [dollarsTable(sized), countedTable(alone, together)],
    reach: [],
  };
}

async function measuredSize(size: Size, { signal, say }: Asked): Promise<Sized> {
  say(`Cost: ${size.documents} documents of ${size.name}`);
  const load = { ...size, perDelivery: PER_DELIVERY, signal };
  const counted = await runDeliveries({ ...load, isCounted: true });
  const timed = await runDeliveries({ ...load, isCounted: false });
  return {
    name: size.name,
    counts: { ...countsOf(counted, size.sizeBytes), billedMs: timed.billedMs / timed.documents },
  };
}

/** S3 sends each message; messages of one delivery are received and deleted together. */
function countsOf(delivered: Delivered, sizeBytes: number): DocumentCounts {
  const { documents, invocations, requests } = delivered;
  const asked = (service: string) =>
    [...requests].reduce((sum, [name, count]) => sum + (name.startsWith(service) ? count : 0), 0);
  return {
    sizeBytes,
    gets: asked('S3 ') / documents,
    queueRequests: 1 + (2 * invocations + asked('SQS ')) / documents,
    invocations: invocations / documents,
    billedMs: delivered.billedMs / documents,
    writeUnits: delivered.writeUnits / documents,
    readUnits: delivered.readUnits / documents,
    logBytes: delivered.logBytes / documents,
  };
}

const shownPrice = (price: Price) => `${price.what} ${priceText(price)} (${price.source})`;

function dollarsTable(sized: readonly Sized[]): Table {
  const priced = sized.map(({ counts }) => dollarsFor(MILLION, counts));
  const parts = Object.keys(priced[0]?.parts ?? {});
  const shown = (dollars: number) => `$${dollars.toFixed(2)}`;
  return {
    title: 'Dollars for a million documents',
    columns: ['', ...sized.map(({ name }) => name)],
    rows: [
      ...parts.map((part) => [part, ...priced.map((each) => shown(each.parts[part] ?? 0))]),
      ['sum', ...priced.map(({ sum }) => shown(sum))],
      ['billed, ms a document', ...sized.map(({ counts }) => counts.billedMs.toFixed(1))],
    ],
  };
}

/** For a thousand documents, as docs/cost.md has it. */
function countedTable(alone: Delivered, together: Delivered): Table {
  const both = [shownCounts(alone), shownCounts(together)] as const;
  const names = [...new Set(both.flatMap((each) => Object.keys(each)))];
  return {
    title: 'Counted for a thousand documents of 100 KB',
    columns: ['', 'one a delivery', `${PER_DELIVERY} a delivery`],
    rows: names.map((name) => [name, both[0][name] ?? 0, both[1][name] ?? 0]),
  };
}

function shownCounts({ documents, ...figures }: Delivered): Readonly<Record<string, number>> {
  const perThousand = (value: number) => Math.round((value * 1000) / documents);
  return {
    ...Object.fromEntries([...figures.requests].sort().map(([name, times]) => [name, perThousand(times)])),
    'DynamoDB write units': perThousand(figures.writeUnits),
    'DynamoDB read units': perThousand(figures.readUnits),
    'largest ledger item, bytes': figures.largestItemBytes,
    invocations: perThousand(figures.invocations),
    'log, KB': Math.round(perThousand(figures.logBytes) / 1024),
  };
}
