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
