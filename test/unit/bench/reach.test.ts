import { describe, expect, it } from 'vitest';
import { SCHEMES } from '../../../bench/streaming/ends.ts';
import type { Sample } from '../../../bench/streaming/figures.ts';
import { AT_ONCE, SIZES, SLOW_SIZES } from '../../../bench/streaming/plan.ts';
import { reachOf } from '../../../bench/streaming/reach.ts';
import { sample } from './sample.ts';

type Name = Sample['name'];
type Scheme = Sample['scheme'];

/** All cells, of which `peak` and `wall` say what differs. */
function samplesOf(
  wall: (name: Name, sizeBytes: number, scheme: Scheme) => number,
  peak: (name: Name, sizeBytes: number) => number,
): Sample[] {
  const names: readonly Name[] = ['ours', 'raw', 'axios'];
  const timed = names.flatMap((name) =>
    SCHEMES.flatMap((scheme) =>
      SIZES.flatMap((sizeBytes) =>
        AT_ONCE.map((atOnce) =>
          sample({
            name,
            scheme,
            sizeBytes,
            atOnce,
            wallMs: wall(name, sizeBytes, scheme),
            cpuMs: wall(name, sizeBytes, scheme),
            peakBytes: peak(name, sizeBytes),
          }),
        ),
      ),
    ),
  );
  const slow = SLOW_SIZES.map((sizeBytes) =>
    sample({ sizeBytes, taking: 'slow', peakBytes: peak('ours', sizeBytes) }),
  );
  return [...timed, ...slow];
}

const MB = 1_000_000;
const equal = samplesOf(
  () => 100,
  () => 50 * MB,
);
const said = (samples: readonly Sample[], part: string) => {
  const found = reachOf(samples).find(({ what }) => what.includes(part));
  if (found === undefined) throw new Error(`Nothing is said of ${part}`);
  return found;
};

describe('what was to be reached', () => {
  it('has a verdict on every line of the streaming part', () => {
    expect(reachOf(equal).map(({ what, reached }) => [what, reached])).toEqual([
      ['throughput from 500 MB, plain, against raw', 'target'],
      ['CPU per GB from 500 MB, TLS on both ends, against raw', 'target'],
      ['throughput from 500 MB, TLS, against raw', 'target'],
      ['10 KB, 50 at once, requests a second against raw', 'target'],
      ['peak memory above idle, any size, the slow sink too', 'stretch'],
      ['peak memory of 2 GB beyond that of 500 MB', 'target'],
      ['throughput of 500 MB against the vendor’s sample', 'no'],
      ['memory of 500 MB against the vendor’s sample', 'no'],
    ]);
  });

  it('is judged by the worst of what was measured', () => {
    const large = samplesOf(
      (name, sizeBytes) => (name === 'ours' ? (sizeBytes === 500 * MB ? 50 : 120) : 100),
      () => 50 * MB,
    );
    const plain = said(large, '500 MB, plain');
    expect(plain.reached).toBe('no');
    expect(plain.measured).toBe('plain, 500 MB: 2.00 ×; plain, 2 GB: 0.83 ×');
    expect(said(large, 'CPU per GB').reached).toBe('no');
  });

  it('is within the noise where a target is missed by a tenth at most', () => {
    const slower = samplesOf(
      (name) => (name === 'ours' ? 109 : 100),
      (_, sizeBytes) => (sizeBytes === 2000 * MB ? 109 : 100) * MB,
    );
    expect(said(slower, 'CPU per GB').reached).toBe('noise');
    expect(said(slower, '500 MB, plain').reached).toBe('noise');
    expect(said(slower, 'any size').reached).toBe('noise');
    expect(said(slower, 'throughput of 500 MB against').reached).toBe('no');
  });

  it('is a stretch where even the worst is one', () => {
    const fast = samplesOf(
      (name) => (name === 'ours' ? 50 : 200),
      (name) => (name === 'ours' ? 50 : 600) * MB,
    );
    expect(said(fast, 'throughput from 500 MB, TLS')).toMatchObject({
      target: '≥ 0.95 ×',
      stretch: '≥ 1.3 ×',
      reached: 'stretch',
    });
    expect(said(fast, 'throughput of 500 MB')).toMatchObject({ stretch: null, reached: 'target' });
    expect(said(fast, 'memory of 500 MB')).toMatchObject({ target: '≤ 0.1 ×', reached: 'target' });
  });

  it('counts memory that grows with the size', () => {
    const growing = samplesOf(
      () => 100,
      (_, sizeBytes) => (sizeBytes === 2000 * MB ? 117 : 100) * MB,
    );
    expect(said(growing, '2 GB beyond')).toMatchObject({
      measured: 'plain: 17.0 MB; TLS: 17.0 MB; slow sink: 17.0 MB',
      reached: 'no',
    });
    expect(said(growing, 'any size').reached).toBe('no');
  });

  it('is not reached where something was not measured', () => {
    const { measured, reached } = said(
      equal.filter(({ taking }) => taking !== 'slow'),
      'any size',
    );
    expect(measured).toContain('slow sink: not measured');
    expect(reached).toBe('no');
  });
});
