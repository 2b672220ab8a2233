import { median } from '../line/quantile.ts';
import type { Judgement } from './samples.ts';
import type { Soak } from './soak.ts';

/** Eight small curves: four of the function processes, four of the stack's process. The two thirds that are judged are shaded. */

const [WIDTH, HEIGHT, GAP, TOP] = [250, 110, 24, 34];
/** Points of a curve: each is the median of the samples that it stands for. */
const POINTS = 120;

export function pictureOf({ functions, stack, minutes }: Soak): string {
  const columns = functions.length;
  const total = { width: columns * (WIDTH + GAP) + GAP, height: 2 * (HEIGHT + TOP + GAP) + GAP };
  const row = (whose: string, judgements: readonly Judgement[], at: number) =>
    judgements.map((each, column) =>
      panel(
        `${whose}: ${each.what}`,
        each,
        GAP + column * (WIDTH + GAP),
        GAP + at * (HEIGHT + TOP + GAP),
        minutes,
      ),
    );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total.width} ${total.height}" font-family="sans-serif" font-size="11" role="img">
<title>What the processes held over the run</title>
<rect width="100%" height="100%" fill="#fff"/>
${[...row('functions', functions, 0), ...row('stack', stack, 1)].join('\n')}
</svg>
`;
}

function panel(title: string, judgement: Judgement, x: number, y: number, minutes: number): string {
  const { curve, middle, last } = judgement;
  const values = thinned(curve.values);
  const most = Math.max(1, ...values) * 1.15;
  const top = y + TOP;
  const point = (value: number, at: number) =>
    `${round(x + (at / Math.max(1, values.length - 1)) * WIDTH)},${round(top + HEIGHT * (1 - value / most))}`;
  const level = (value: number, third: number, color: string) => {
    const height = round(top + HEIGHT * (1 - value / most));
    return `<path d="M${round(x + (WIDTH * third) / 3)} ${height}h${round(WIDTH / 3)}" stroke="${color}" stroke-width="2"/>`;
  };
  return `<g>
<text x="${x}" y="${y + 12}" font-weight="bold">${title}</text>
<text x="${x}" y="${y + 26}" fill="#555">${round(middle)} → ${round(last)}${judgement.isJudged ? '' : ' (only shown)'}</text>
<rect x="${round(x + WIDTH / 3)}" y="${top}" width="${round(WIDTH / 3)}" height="${HEIGHT}" fill="#eef3fa"/>
<rect x="${round(x + (2 * WIDTH) / 3)}" y="${top}" width="${round(WIDTH / 3)}" height="${HEIGHT}" fill="#dde8f5"/>
<path d="M${x} ${top}v${HEIGHT}h${WIDTH}" fill="none" stroke="#999"/>
<polyline points="${values.map(point).join(' ')}" fill="none" stroke="#1b5e9b"/>
${level(middle, 1, '#c9731b')}${level(last, 2, '#c9731b')}
<text x="${x + WIDTH}" y="${top + HEIGHT + 12}" text-anchor="end" fill="#555">${round(minutes)} min</text>
</g>`;
}

function thinned(values: readonly number[]): readonly number[] {
  const size = Math.max(1, Math.ceil(values.length / POINTS));
  return Array.from({ length: Math.ceil(values.length / size) }, (_, at) =>
    median(values.slice(at * size, (at + 1) * size)),
  );
}

const round = (value: number): number => Math.round(value * 10) / 10;
