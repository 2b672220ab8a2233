import type { Frame } from './call-tree.ts';

/** docs/flame.svg: what was called from what, as wide as its share of the samples. Follows the reader's dark or light. */

export interface Flame {
  readonly title: string;
  readonly root: Frame;
}

const WIDTH = 1200;
const MARGIN = 16;
const ROOM = WIDTH - 2 * MARGIN;
const ROW = 17;
const HEADING = 30;
const GAP = 22;
const LETTER = 6.1;
/** A share of all samples below which a frame is left out, with all that it called. */
const LEAST_SHARE = 0.002;
/** Narrower ones are named by their tooltip alone. */
const LEAST_NAMED = 4 * LETTER;

const STYLE = `
  text { font: 11px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #1f2328; pointer-events: none; }
  .paper { fill: #ffffff; }
  .heading { font: 600 15px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
  .foot { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: #59636e; }
  rect { stroke: #ffffff; stroke-width: .6; }
  .ours { fill: #80b8ff; } .sdk { fill: #ffc680; } .undici { fill: #9be3a4; } .node { fill: #d5dae0; } .v8 { fill: #f3b3c4; }
  .other { fill: #e5d68a; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .foot { fill: #9198a1; }
    .paper { fill: #0d1117; }
    rect { stroke: #0d1117; }
    .ours { fill: #1f5fae; } .sdk { fill: #8a5512; } .undici { fill: #23662d; } .node { fill: #444c56; } .v8 { fill: #7d3048; }
    .other { fill: #635714; }
  }`;

const KINDS = {
  ours: 'the uploader',
  undici: 'undici',
  sdk: 'AWS SDK',
  node: 'Node',
  v8: 'V8 and native code',
  other: 'other packages',
} as const;
type Kind = keyof typeof KINDS;

/** One above the other; `foot` says what they were measured on. */
export function renderFlames(flames: readonly Flame[], foot: string): string {
  const parts: string[] = [];
  let y = MARGIN;
  for (const flame of flames) {
    const { svg, height } = drawn(flame, y);
    parts.push(svg);
    y += height + GAP;
  }
  parts.push(legend(y), text(MARGIN, y + 34, 'foot', foot));
  const height = y + 50;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escaped(flames.map(({ title }) => title).join('; '))}</title>
<style>${STYLE}
</style>
<rect class="paper" width="${WIDTH}" height="${height}" rx="8"/>
${parts.join('\n')}
</svg>
`;
}

function drawn({ title, root }: Flame, top: number) {
  const heading = `${title}: ${root.total.toLocaleString('en-US')} samples`;
  const parts = [text(MARGIN, top + 15, 'heading', heading)];
  const place = (frame: Frame, left: number, depth: number): number => {
    if (depth > 0) parts.push(box(frame, root.total, left, top + HEADING + (depth - 1) * ROW));
    let deepest = depth;
    let x = left;
    for (const called of widestFirst(frame)) {
      if (called.total < root.total * LEAST_SHARE) continue;
      deepest = Math.max(deepest, place(called, x, depth + 1));
      x += (called.total / root.total) * ROOM;
    }
    return deepest;
  };
  const rows = place(root, MARGIN, 0);
  return { svg: parts.join('\n'), height: HEADING + rows * ROW };
}

const widestFirst = ({ calls }: Frame) => [...calls.values()].sort((a, b) => b.total - a.total);

function box(frame: Frame, all: number, left: number, top: number): string {
  const width = (frame.total / all) * ROOM;
  const name = `${frame.name} · ${frame.home}`;
  const tip = `${name}: ${percent(frame.total, all)}, itself ${percent(frame.self, all)}`;
  const rect = `<rect class="${kindOf(frame.home)}" x="${left.toFixed(1)}" y="${top}" width="${width.toFixed(1)}" height="${ROW}"><title>${escaped(tip)}</title></rect>`;
  return width < LEAST_NAMED
    ? rect
    : rect + text(left + 3, top + 12, '', cut(name, Math.floor((width - 4) / LETTER)));
}

const percent = (part: number, all: number) => `${((part / all) * 100).toFixed(1)} %`;
const cut = (name: string, letters: number) =>
  name.length <= letters ? name : `${name.slice(0, letters - 1)}…`;

function kindOf(home: string): Kind {
  if (home === 'V8') return 'v8';
  if (home === 'undici') return 'undici';
  if (home.startsWith('node:')) return 'node';
  if (/^@(?:aws|smithy|aws-sdk|aws-crypto)\//.test(home)) return 'sdk';
  return home.endsWith('.ts') ? 'ours' : 'other';
}

function legend(top: number): string {
  return Object.entries(KINDS)
    .map(([kind, title], at) => {
      const x = MARGIN + at * 150;
      return `<rect class="${kind}" x="${x}" y="${top}" width="12" height="12"/>${text(x + 18, top + 11, 'foot', title)}`;
    })
    .join('\n');
}

function text(x: number, y: number, kind: string, content: string): string {
  return `<text${kind === '' ? '' : ` class="${kind}"`} x="${Number(x.toFixed(1))}" y="${y}">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
