import { defineConfig } from 'vitest/config';

const project = (name: string, testTimeout: number, isolate = false) => ({
  test: {
    name,
    isolate,
    include: [`test/${name}/**/*.test.ts`],
    environment: 'node',
    setupFiles: ['test/support/leaks/setup.ts'],
    testTimeout,
    hookTimeout: testTimeout,
  },
});

// The timeouts only stop a hung test; nothing is judged by the clock. Most files share a worker's modules, since loading
// them anew for each file takes longer than the tests themselves; what stands in for a whole process does not. More
// workers than cores: many flow tests wait for a process of their own.
export default defineConfig({
  test: {
    reporters: ['default', './test/support/closing-line.ts'],
    maxWorkers: 4,
    projects: [
      project('unit', 30_000),
      project('contract', 60_000),
      project('flow', 240_000),
      project('infra', 240_000),
      project('fault', 240_000),
      // With infra: longer proofs, by a command of their own, npm run test:long
      project('long', 600_000, true),
    ],
    coverage: {
      provider: 'v8',
      include: ['lib/pipeline/**/*.ts', 'lib/extracta/**/*.ts'],
      reporter: ['text-summary'],
      thresholds: { lines: 100, branches: 100, functions: 100, statements: 100 },
    },
  },
});
