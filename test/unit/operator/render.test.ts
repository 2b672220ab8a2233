import { PassThrough } from 'node:stream';
import { WriteStream } from 'node:tty';
import { afterEach, expect, test, vi } from 'vitest';
import type { FailedReport } from '../../../lib/operator/failed.ts';
import { render } from '../../../lib/operator/render/render.ts';
import { paintFor } from '../../../lib/terminal/terminal.ts';

const report: FailedReport = {
  verb: 'failed',
  line: 'a line',
  failed: [
    {
      object: 's3://documents/\u001b]0;title\u0007.pdf',
      versionId: null,
      reason: 'extracta.rejected',
      message: 'as told',
      httpStatus: 400,
      attempts: 1,
      redrives: 0,
      parkedAt: '2026-05-01T00:00:00.000Z',
      parkId: 'p',
      inLedger: true,
      inQueue: true,
      comesBackAt: null,
    },
  ],
  parked: 1,
  byReason: { 'extracta.rejected': 1 },
  letters: { read: 1, total: 1, areAll: true },
  notes: [],
};
const ESCAPE = '\u001b';

afterEach(() => vi.unstubAllEnvs());

/** As Node's own terminals decide it, by the environment. */
const terminalStream = () =>
  Object.assign(new PassThrough(), {
    isTTY: true,
    getColorDepth: () => WriteStream.prototype.getColorDepth.call({}, { TERM: 'xterm', ...process.env }),
  });

test('colours only on a terminal', () => {
  // Node asks all of these how many colours a terminal has.
  for (const name of ['NO_COLOR', 'NODE_DISABLE_COLORS', 'FORCE_COLOR', 'CI']) vi.stubEnv(name, undefined);
  vi.stubEnv('TERM', 'xterm-256color');
  const terminal = terminalStream();
  expect(render(report, paintFor(terminal))).toContain(`${ESCAPE}[31mextracta.rejected`);
  expect(render(report, paintFor(new PassThrough()))).not.toContain(ESCAPE);
});

test('on a terminal that wants none, none', () => {
  vi.stubEnv('FORCE_COLOR', undefined);
  vi.stubEnv('NO_COLOR', '1');
  const terminal = terminalStream();
  expect(render(report, paintFor(terminal))).not.toContain(ESCAPE);
});

test('what a name holds is never obeyed by a terminal', () => {
  const text = render(report, paintFor(new PassThrough()));
  expect(text).toContain(String.raw`s3://documents/\u001b]0;title\u0007.pdf`);
});

const plain = paintFor(new PassThrough());

test('what failed is told with its message, each once, and with what to do next', () => {
  const [one] = report.failed;
  if (one === undefined) throw new Error('nothing failed');
  const text = render({ ...report, failed: [one, one], parked: 2 }, plain);
  expect(text.split('extracta.rejected (400): as told (2 times)')).toHaveLength(2);
  expect(text).toContain('find DOCUMENT');
  expect(text).toContain('redrive --reason=CODE --dry-run');
});

test('filters that take nothing are no all-clear', () => {
  const unmatched = {
    filters: '--reason=empty',
    parked: 3,
    reasons: ['document.empty', 'extracta.rejected'],
  };
  const text = render({ ...report, failed: [], parked: 0, byReason: {}, unmatched }, plain);
  expect(text).not.toContain('Nothing is parked');
  expect(text).toContain('None of the 3 parked fit: --reason=empty');
  expect(text).toContain('Reasons there are: document.empty, extracta.rejected');
});

test('a backfill promises --resume only where it remembers how far it came', () => {
  const broken = {
    ...({
      verb: 'backfill',
      dryRun: false,
      line: 'a line',
      uri: 's3://documents/',
      versioned: false,
    } as const),
    ...{ listed: 120, known: 0, queued: 28, archived: 0, unrouted: 0, isWhole: false, interrupted: true },
    ...{ resumedAfter: null, notes: [] },
  };
  expect(render({ ...broken, stateFile: null }, plain)).not.toContain('--resume');
  expect(render({ ...broken, stateFile: '/there' }, plain)).toContain('with --resume goes on from here');
});
