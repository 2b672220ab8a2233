import type { Chart } from './section.ts';

/** docs/benchmarks.svg: bars beside each other, their figures written out. Follows the reader's dark or light. */

const WIDTH = 860;
const MARGIN = 24;
const LABEL_WIDTH = 300;
const VALUE_WIDTH = 76;
const BAR = { height: 18, step: 24 } as const;
const HEADING = 34;
const GROUP_HEADING = 24;
const GAP = 18;

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
  .none, .foot { fill: #59636e; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .paper { fill: #0d1117; }
    .group, .none, .foot { fill: #9198a1; }
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
  const parts = [
    text(
      MARGIN,
      top + 16,
      'heading',
      `${chart.title}${chart.scale === 'log' ? ' (each line is ten times the one before)' : ''}`,
    ),
  ];
  let y = top + HEADING;
  for (const { title, bars } of chart.groups) {
    parts.push(text(MARGIN, y + 13, 'group', title));
    y += GROUP_HEADING;
    for (const [at, bar] of bars.entries()) {
      parts.push(barOf({ ...bar, isOurs: at === 0, length }, y));
      y += BAR.step;
    }
  }
  return { svg: parts.join('\n'), height: y - top };
}

interface Bar {
  readonly title: string;
  readonly value: number | null;
  readonly isOurs: boolean;
  readonly length: (value: number) => number;
}

function barOf({ title, value, isOurs, length }: Bar, y: number): string {
  const start = MARGIN + LABEL_WIDTH + 10;
  const middle = y + BAR.height / 2 + 5;
  const label = text(MARGIN + LABEL_WIDTH, middle, isOurs ? 'label us' : 'label', title);
  if (value === null) return `${label}\n${text(start, middle, 'none', 'not measured')}`;
  const width = length(value);
  const bar = `<rect class="${isOurs ? 'ours' : 'bar'}" x="${start}" y="${y}" width="${width.toFixed(1)}" height="${BAR.height}" rx="2"/>`;
  return `${label}\n${bar}\n${text(start + width + 8, middle, isOurs ? 'value us' : 'value', value.toLocaleString('en-US'))}`;
}

/** How long a value's bar is. On a log scale a bar begins at 1: less has none. */
function lengths({ scale, groups }: Chart): (value: number) => number {
  const values = groups.flatMap(({ bars }) => bars.flatMap(({ value }) => value ?? []));
  const room = WIDTH - 2 * MARGIN - LABEL_WIDTH - 10 - VALUE_WIDTH;
  const share =
    scale === 'log' ? (value: number) => Math.log10(Math.max(1, value)) : (value: number) => value;
  const most = Math.max(...values.map(share), Number.MIN_VALUE);
  return (value) => Math.max(1, (share(value) / most) * room);
}

function text(x: number, y: number, kind: string, content: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
