import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends a run with one plain line, `12 passed, 0 failed` (`, 1 skipped` where there are), for people and for scripts that
 * read the last line. Written as the process exits: after the summary, after coverage, whatever comes late.
 */
export default class ClosingLine implements Reporter {
  #counts: Counts | undefined;

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    if (this.#counts === undefined) process.once('exit', (code) => this.#write(code));
    this.#counts = counts(modules, unhandledErrors.length);
  }

  #write(exitCode: number): void {
    const { passed, failed, skipped } = this.#counts ?? { passed: 0, failed: 0, skipped: 0 };
    // Coverage below its threshold fails the run, not a test: it must not end in "0 failed".
    const shownFailed = exitCode !== 0 ? Math.max(failed, 1) : failed;
    const parts = [
      `${passed} passed`,
      `${shownFailed} failed`,
      ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ];
    process.stdout.write(`${parts.join(', ')}\n`);
  }
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A file or a suite that broke outside its tests counts as one failure, and so does an error that nobody caught. */
function counts(modules: readonly TestModule[], unhandledErrors: number): Counts {
  const states = modules
    .flatMap((module) => [...module.children.allTests()])
    .map((test) => test.result().state);
  const count = (state: string) => states.filter((one) => one === state).length;
  const broken = modules
    .flatMap((module) => [module, ...module.children.allSuites()])
    .filter((part) => part.errors().length > 0).length;
  return {
    passed: count('passed'),
    failed: count('failed') + count('pending') + broken + unhandledErrors,
    skipped: count('skipped'),
  };
}
