import type { Figures } from './figures.ts';
import type { Broken } from './promises.ts';

/** Documents that may have more than one file, or a dead letter: the openers whose answer was lost. */
const MOST_EXCEPTIONS = 10;

/** Where the run itself did not do what it says, or more went wrong than openers explain. */
export function shortfalls(figures: Figures, kills: number, openKills: number): readonly Broken[] {
  const { documents, heldAsOneFile, killsWithARequestOpen } = figures;
  const least = Math.max(0, documents - MOST_EXCEPTIONS);
  const checks: readonly (readonly [string, boolean, string])[] = [
    ['the run kills as often as it says', figures.kills >= kills, `${figures.kills} of ${kills}`],
    [
      'the run kills with a request open as often as it says',
      killsWithARequestOpen >= openKills,
      `${killsWithARequestOpen} of ${openKills}`,
    ],
    [`at least ${least} documents are one file`, heldAsOneFile >= least, `${heldAsOneFile}`],
    ['no document has two files of a known batch', figures.doubles === 0, `${figures.doubles} have`],
    ['no document is lost', figures.lost === 0, `${figures.lost} are`],
  ];
  return checks.filter(([, holds]) => !holds).map(([promise, , what]) => ({ promise, what }));
}
