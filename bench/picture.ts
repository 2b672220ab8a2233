import type { Chart } from './section.ts';

/** docs/benchmarks.svg: bars beside each other, their figures written out. Follows the reader's dark or light. */

const WIDTH = 860;
const MARGIN = 24;
const LABEL_WIDTH = 300;
const VALUE_WIDTH = 76;
const BAR = { height: 18, step: 24 } as const;
const HEADING = 34;
const GROUP_HEADING = 24;
const GROUP_GAP = 10;
const GAP = 26;
/** Where bars begin, and how long one can be. */
const START = MARGIN + LABEL_WIDTH + 10;
const ROOM = WIDTH - MARGIN - VALUE_WIDTH - START;

const STYLE = `
  text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; fill: #1f2328; }
  .paper { fill: #ffffff; }
  .heading { font-size: 16px; font-weight: 600; }
  .group { font-weight: 600; fill: #59636e; }
  .bar { fill: #8c959f; }
  .ours { fill: #0969da; }
  .label { text-anchor: end; }
  .us { font-weight: 600; }
  .value { font-variant-numeric: tabular-nums; }
  .value, .none { paint-order: stroke; stroke: #ffffff; stroke-width: 5px; }
  .none, .foot, .step { fill: #59636e; }
  .step { font-size: 11px; text-anchor: middle; }
  .grid { stroke: #d1d9e0; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .paper { fill: #0d1117; }
    .group, .none, .foot, .step { fill: #9198a1; }
    .grid { stroke: #3d444d; }
    .value, .none { stroke: #0d1117; }
    .bar { fill: #656c76; }
    .ours { fill: #4493f8; }
  }`;

interface Drawn {
  readonly svg: string;
  readonly height: number;
}

export function renderPicture(charts: readonly Chart[], foot: string): string {
  const parts: string[] = [];
  let y = MARGIN;
  for (const chart of charts) {
    const { svg, height } = drawn(chart, y);
    parts.push(svg);
    y += height + GAP;
  }
  const height = y + MARGIN;
  parts.push(text(MARGIN, y, 'foot', foot));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escaped(charts.map(({ title }) => title).join('; '))}</title>
<style>${STYLE}
</style>
<rect class="paper" width="${WIDTH}" height="${height}" rx="8"/>
${parts.join('\n')}
</svg>
`;
}

function drawn(chart: Chart, top: number): Drawn {
  const length = lengths(chart);
  const parts = [text(MARGIN, top + 16, 'heading', chart.title)];
  let y = top + HEADING;
  for (const [number, { title, bars }] of chart.groups.entries()) {
    if (number > 0) y += GROUP_GAP;
    parts.push(text(MARGIN, y + 13, 'group', title));
    y += GROUP_HEADING;
    if (chart.scale === 'log') parts.push(...grid(length, y, bars.length * BAR.step));
    for (const [at, bar] of bars.entries()) {
      parts.push(barOf({ ...bar, isOurs: at === 0, length }, y));
      y += BAR.step;
    }
  }
  return { svg: parts.join('\n'), height: y - top };
}

/** Lines at 10, 100 and so on, as far as there is room. */
function grid(length: (value: number) => number, top: number, height: number): readonly string[] {
  const room = length(Number.POSITIVE_INFINITY);
  const powers = [1, 10, 100, 1000, 10_000, 100_000].filter((value) => value === 1 || length(value) < room);
  return powers.flatMap((value) => {
    const x = (START + (value === 1 ? 0 : length(value))).toFixed(1);
    return [
      `<line class="grid" x1="${x}" x2="${x}" y1="${top - 4}" y2="${top + height - 4}"/>`,
      text(Number(x), top - 8, 'step', value.toLocaleString('en-US')),
    ];
  });
}

interface Bar {
  readonly title: string;
  readonly value: number | null;
  readonly isOurs: boolean;
  readonly length: (value: number) => number;
}

function barOf({ title, value, isOurs, length }: Bar, y: number): string {
  const middle = y + BAR.height / 2 + 5;
  const label = text(MARGIN + LABEL_WIDTH, middle, isOurs ? 'label us' : 'label', title);
  if (value === null) return `${label}\n${text(START + 8, middle, 'none', 'not measured')}`;
  const width = length(value);
  const bar = `<rect class="${isOurs ? 'ours' : 'bar'}" x="${START}" y="${y}" width="${width.toFixed(1)}" height="${BAR.height}" rx="2"/>`;
  return `${label}\n${bar}\n${text(START + width + 8, middle, isOurs ? 'value us' : 'value', value.toLocaleString('en-US'))}`;
}

/** How long a value's bar is, at most as long as the longest. On a log scale a bar begins at 1: less has none. */
function lengths({ scale, groups }: Chart): (value: number) => number {
  const values = groups.flatMap(({ bars }) => bars.flatMap(({ value }) => value ?? []));
  const share = (value: number) => (scale === 'log' ? Math.log10(Math.max(1, value)) : value);
  const most = Math.max(...values.map(share), Number.MIN_VALUE);
  return (value) => Math.max(1, Math.min(1, share(value) / most) * ROOM);
}

function text(x: number, y: number, kind: string, content: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
