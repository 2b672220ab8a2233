import { writeFile } from 'node:fs/promises';
import type { Bite } from './bite.ts';
import { DELIVERIES_TO_REST } from './run.ts';

const PROOF = new URL('../../docs/proof.md', import.meta.url);

export interface Measured {
  readonly bites: readonly Bite[];
  readonly seeds: number;
  readonly maxRuns: number;
}

/** Writes what was measured, and what no run can see, where people read it. */
export async function writeProof(measured: Measured): Promise<void> {
  await writeFile(PROOF, proofText(measured));
}

export function proofText({ bites, seeds, maxRuns }: Measured): string {
  const rows = bites.map(({ rule, medianRuns, violations }) => {
    const runs = medianRuns > maxRuns ? `not within ${maxRuns}` : String(medianRuns);
    return `| \`${rule}\` | ${medianRuns > maxRuns ? '–' : violations.slice(0, 2).join('; ')} | ${runs} |`;
  });
  return `# The proof, and what it cannot see

\`npm run sim -- --runs 20000\` plays the real pipeline on memory twins, a virtual clock and a seeded scheduler: several
containers and deliveries interleaved at every await, faults drawn alone, in pairs and many, and an Extracta whose truth is
kept apart from its answers. The rules of [protocol.md](protocol.md) §10 are checked after every step and at rest. With
faults stopped everything settles within ${DELIVERIES_TO_REST} deliveries for each document. A failing run prints its seed, leaves out every decision that it
can do without, and prints what is left as a trace; \`npm run sim -- --seed S --trace\` plays it again.

## It bites

Written by \`npm run sim -- --bite --seeds ${seeds}\`: each rule switched off, the same generator and settings as every other
run, until a rule of the simulator breaks; the median over ${seeds} seeds, at most ${maxRuns} runs each.

| rule switched off | what breaks first | median runs |
|---|---|---|
${rows.join('\n')}

${UNSEEN}`;
}

const UNSEEN = `## What no run can see

What no client can exclude:

- A complete body that Extracta accepts after the quiet time said that it is not there: a second file. The late look finds
  it, records it and tells it; the simulator checks that, not that it never happens.
- The answer to an opener's send (no batch named) that is lost: nobody can tell. The simulator allows one more file for each
  under \`send-again\`, and under \`park\` one for each decision of a person.
- A batch at Extracta that no slot names, made by an opener whose answer was lost.
- Content overwritten in an unversioned bucket before anybody read it.
- A clock that is wrong by more than the margin. Clocks here differ by up to the margin, no further.
- Names that Extracta does not keep, until the first answer shows it: what was lost before that can be sent again.

What this simulator leaves out:

- Two calls for results come nearer than two seconds where a clock is ahead, or where the gate's write or the caller takes
  long: the pace is checked only in runs without skew, slowness and frozen containers. Extracta then answers 429.
- The twins are as good as the contract suite that holds them against the adapters. What SDKs, sockets and AWS do is the
  business of the contract and flow tests and of the run with real processes.
- Stale indexes: nothing in the pipeline reads one. SendMessageBatch: the pipeline sends one message at a time.
- A route that is taken away: documents that the ledger never heard of are counted and let go.
- A parking that is interrupted may count one attempt more than the maximum.
- Deliberate re-uploads are one step here: a person who dies between the write and its arrival leaves a document waiting,
  which the ledger shows.
`;
