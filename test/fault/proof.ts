import { writeFile } from 'node:fs/promises';
import type { Bite } from './bite.ts';
import { FAULT_NAMES } from './faults.ts';
import { RULE_TEXTS } from './rule-texts.ts';
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
  const rows = bites.map(({ rule, medianRuns, violations, runs }) => {
    const isFound = medianRuns <= maxRuns;
    const median = isFound ? String(medianRuns) : `not within ${maxRuns}`;
    const worst = Math.max(...runs);
    const most = worst > maxRuns ? `> ${maxRuns}` : String(worst);
    return `| \`${rule}\` | ${RULE_TEXTS[rule] ?? ''} | ${violations.slice(0, 2).join('; ') || '–'} | ${median} | ${most} |`;
  });
  return `# The proof, and what it cannot see

\`npm run sim -- --runs 20000\` plays the real walk, handlers, deciders and scheduled redrive on memory twins, a virtual clock
and a seeded scheduler. Several containers and deliveries are interleaved at every await. ${FAULT_NAMES.length} faults are drawn alone, in pairs
and many at once; Extracta's truth is kept apart from what it answers. After every step, and at rest, the promises of
[protocol.md](protocol.md) are checked against that truth. The run prints how often each fault and pair of faults fired and
which states, codes and fates were reached; with 20,000 runs or more it fails if one of them never was.

**With faults stopped**, be it in the midst of them, everything is settled within ${DELIVERIES_TO_REST} deliveries for each document: checked in every run.

**A failing run** prints its seed, leaves out every decision that it can do without, and prints what is left as a trace.
\`npm run sim -- --seed S --trace\` plays it again; \`--help\` names the faults and the rules.

**Crashes everywhere**: \`test/fault/exhaustive.test.ts\`, part of \`npm test\`, kills the process at every await point, alone and
with a second delivery begun at every other, for one and two documents in one slot.

## It bites

Written by \`npm run sim -- --bite --seeds ${seeds}\`: each rule switched off in the real code (or, where it is a matter of order, in
the twin that carries it out), with the same generator and settings as every other run, until a check fails; ${seeds} seeds,
at most ${maxRuns} runs each. \`npm run sim -- --without RULE\` shows one.

| rule switched off | what it says | what breaks first | median runs | most |
|---|---|---|---|---|
${rows.join('\n')}

Not in the table: that the schedule sends back no unknown outcome of the \`park\` policy (\`redriveRules.mayDecide\`). Without it
nothing breaks here, since what nobody can tell is parked as \`upload.unverifiable\`, which the schedule leaves to a person anyway.
It stands for documents that fail for another reason later; a unit test holds it.

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

What this simulator leaves out, and who sees to it:

- Secrets and file \`url\`s: they do not come as far as the pipeline; a test greps every log and report for them.
- Two calls for results come nearer than two seconds where a clock is ahead, or where the gate's write or the caller takes
  long: the pace is checked only in runs without skew, slowness and frozen containers. Extracta then answers 429.
- The twins are as good as the contract suite that holds them against the adapters. What SDKs, sockets and AWS do is the
  business of the contract and flow tests and of the run with real processes (\`npm run fault\`).
- A document that loses its route while it is in work: one that the ledger never heard of is counted and let go.
- A document that was skipped as gone, and is woken once more by an earlier delivery of the message that is deleted by then:
  should that one die, the ledger shows it \`uploading\` although its object is gone.
- Attempts may exceed the maximum by one for each parking, crash or lost answer of the ledger's that came between counting
  an attempt and using it.
- A person's redrive is played here as the sending and then the deleting of one letter. The schedule's is the real code; a
  letter that SQS itself moved and that the schedule has sent back three times waits for a person.
- A deliberate re-upload is one step here: a person who dies between the write and its arrival leaves a document waiting,
  which the ledger shows.
`;
