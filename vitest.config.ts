import { defineConfig } from 'vitest/config';

const project = (name: string, testTimeout: number) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    environment: 'node',
    testTimeout,
    hookTimeout: testTimeout,
  },
});

// The timeouts only stop a hung test; nothing is judged by the clock.
export default defineConfig({
  test: {
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      project('unit', 30_000),
      project('contract', 60_000),
      project('flow', 240_000),
      project('infra', 240_000),
      project('fault', 240_000),
    ],
    coverage: {
      provider: 'v8',
      include: ['lib/pipeline/**/*.ts', 'lib/extracta/**/*.ts'],
      reporter: ['text-summary'],
      thresholds: { lines: 100, branches: 100, functions: 100, statements: 100 },
    },
  },
});
