import { describe, expect, it } from 'vitest';
import { machineShown } from '../../../bench/machine.ts';
import { renderPicture } from '../../../bench/picture.ts';
import { type Findings, renderPage, renderTerminal } from '../../../bench/render.ts';
import type { Chart } from '../../../bench/section.ts';

const findings: Findings = {
  machine: {
    cpu: 'A CPU',
    cores: 2,
    memoryBytes: 8 * 1024 ** 3,
    node: 'v24.0.0',
    system: 'Linux 6',
    date: '2026-11-24',
  },
  quick: false,
  sections: [
    {
      title: 'Streaming',
      says: ['Measured so.', 'a | b: <broken>'],
      tables: [
        {
          title: 'MB/s',
          columns: ['', '1 MB'],
          rows: [
            ['ours', 1234],
            ['curl', null],
          ],
        },
      ],
      reach: [{ what: 'fast', target: '≥ 1', stretch: null, measured: '0.9', reached: 'no' }],
    },
  ],
  failed: [{ section: 'line', reason: 'no\nport' }],
};

describe('the terminal', () => {
  const shown = renderTerminal(findings);

  it('shows every row, a dash where nothing was measured, and what failed', () => {
    expect(shown).toMatch(/ours +│ +1,234/);
    expect(shown).toMatch(/curl +│ +–/);
    expect(shown).toMatch(/fast +│ ≥ 1 .*0\.9 .*not reached/);
    expect(shown).toContain('line could not be measured: no\nport');
    expect(shown).toContain(machineShown(findings.machine));
  });
});

describe('the page', () => {
  const page = renderPage(findings, '## What was tried\n\nThis.\n');

  it('names the machine, holds the reach and every table, and ends with what a person wrote', () => {
    expect(page).toContain(
      'Measured on 2 cores of A CPU, 8 GiB of memory, Linux 6, Node v24.0.0, on 2026-11-24.',
    );
    expect(page).toContain('| fast | ≥ 1 |  | 0.9 | not reached |');
    expect(page).toContain('|  | 1 MB |\n| --- | ---: |\n| ours | 1,234 |\n| curl | – |');
    expect(page).toContain('](benchmarks.svg)');
    expect(page.endsWith('## What was tried\n\nThis.\n')).toBe(true);
  });

  it('keeps what a failure says from breaking the page', () => {
    expect(page).toContain('- a \\| b: &lt;broken>');
    expect(page).toContain('**line could not be measured**: no port');
  });

  it('says that a quick run measured once', () => {
    expect(renderPage({ ...findings, quick: true }, '')).toContain('in a quick run: single measurements.');
    expect(page).not.toContain('quick run: single');
  });
});

describe('the picture', () => {
  const chart = (scale: Chart['scale'], ...values: readonly (number | null)[]): Chart => ({
    title: 'Bytes & <pieces>',
    scale,
    groups: [{ title: 'plain', bars: values.map((value, at) => ({ title: `variant ${at}`, value })) }],
  });
  const widths = (svg: string) =>
    [...svg.matchAll(/<rect class="(?:ours|bar)"[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));

  it('has bars as long as what they show', () => {
    const [first = 0, second = 0] = widths(renderPicture([chart('linear', 100, 50)], ''));
    expect(first / second).toBeCloseTo(2, 1);
  });

  it('has bars by their order of magnitude on a log scale, and one to be seen even for nothing', () => {
    const [first = 0, second = 0, third = 0] = widths(renderPicture([chart('log', 1000, 10, 0)], ''));
    expect(first / second).toBeCloseTo(3, 1);
    expect(third).toBe(1);
  });

  it('says what was not measured, marks ours, and escapes what it writes', () => {
    const svg = renderPicture([chart('linear', 3, null)], '2 cores');
    expect(svg).toContain('>not measured<');
    expect(svg.match(/class="ours"/g)).toHaveLength(1);
    expect(svg).toContain('Bytes &amp; &lt;pieces&gt;');
    expect(svg).toContain('>2 cores<');
    expect(svg).toContain('prefers-color-scheme: dark');
  });
});
