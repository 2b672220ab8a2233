import type { Profiler } from 'node:inspector';
import { posix } from 'node:path';

/** A function as it was called on one way, with all that it called. */
export interface Frame {
  readonly name: string;
  /** An npm package, a file of ours, a module of Node's, or `V8`. */
  readonly home: string;
  /** Samples in which it was running itself. */
  self: number;
  /** And those of what it called. */
  total: number;
  readonly calls: Map<string, Frame>;
}

/** A function, whoever called it. */
export interface Width {
  readonly name: string;
  readonly home: string;
  readonly self: number;
  /** Where it calls itself, a sample counts once. */
  readonly total: number;
}

type CallFrame = Profiler.Profile['nodes'][0]['callFrame'];

/** Waiting is no work. */
const IDLE = '(idle)';
const ROOT = '(root)';

/**
 * The profile's samples by call path. Functions of one name in one package are one frame, so that neither lines nor
 * copies of a module part what belongs together. `projectUrl` is the project's own folder, with a slash at its end.
 * https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile
 */
export function callTree({ nodes, samples = [] }: Profiler.Profile, projectUrl: string): Frame {
  const counts = new Map<number, number>();
  for (const id of samples) counts.set(id, (counts.get(id) ?? 0) + 1);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const root = emptyFrame('all', '');
  const add = (id: number, parent: Frame): number => {
    const node = byId.get(id);
    if (node === undefined || node.callFrame.functionName === IDLE) return 0;
    const frame = frameIn(parent, node.callFrame, projectUrl);
    const self = counts.get(id) ?? 0;
    const total = (node.children ?? []).reduce((sum, child) => sum + add(child, frame), self);
    frame.self += self;
    frame.total += total;
    return total;
  };
  const top = nodes.find(({ callFrame }) => callFrame.functionName === ROOT);
  for (const child of top?.children ?? []) root.total += add(child, root);
  return root;
}

/** The widest by their own time first. */
export function widths(root: Frame): readonly Width[] {
  const found = new Map<string, { name: string; home: string; self: number; total: number }>();
  const visit = (frame: Frame, above: ReadonlySet<string>) => {
    for (const [key, called] of frame.calls) {
      const width = found.get(key) ?? { name: called.name, home: called.home, self: 0, total: 0 };
      found.set(key, width);
      width.self += called.self;
      if (!above.has(key)) width.total += called.total;
      visit(called, new Set([...above, key]));
    }
  };
  visit(root, new Set());
  return [...found.values()].sort((a, b) => b.self - a.self);
}

function frameIn(parent: Frame, called: CallFrame, projectUrl: string): Frame {
  const name = nameOf(called);
  const home = homeOf(called.url, projectUrl);
  const key = `${name} ${home}`;
  const known = parent.calls.get(key);
  if (known) return known;
  const frame = emptyFrame(name, home);
  parent.calls.set(key, frame);
  return frame;
}

/** One without a name is told by where it begins. */
function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  return functionName === '' ? `(${posix.basename(url)}:${lineNumber + 1})` : functionName;
}

const emptyFrame = (name: string, home: string): Frame => ({
  name,
  home,
  self: 0,
  total: 0,
  calls: new Map(),
});

function homeOf(url: string, projectUrl: string): string {
  if (url === '') return 'V8';
  if (url.startsWith('node:')) return url.replace('node:internal/', 'node:');
  const dependency = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  return dependency ?? (url.startsWith(projectUrl) ? url.slice(projectUrl.length) : posix.basename(url));
}
