import { vi } from 'vitest';
import { hearer } from './heard.ts';

/** Gives on what this process would write, until mocks are restored. */
export function caughtOutput(onText: (text: string) => void): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const hear = hearer(`this process, ${name}`);
    vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      hear(chunk);
      onText(String(chunk));
      return true;
    });
  }
}
