import type { Profiler } from 'node:inspector';
import { expect, test } from 'vitest';
import { callTree, widths } from '../../../bench/profile/call-tree.ts';
import { renderFlames } from '../../../bench/profile/flame.ts';

const PROJECT = 'file:///project/';

interface Called {
  readonly id: number;
  readonly name: string;
  readonly url?: string;
  readonly children?: readonly number[];
}

function profile(nodes: readonly Called[], samples: readonly number[]): Profiler.Profile {
  return {
    nodes: nodes.map(({ id, name, url = '', children = [] }) => ({
      id,
      callFrame: { functionName: name, scriptId: '1', url, lineNumber: 6, columnNumber: 0 },
      children: [...children],
    })),
    samples: [...samples],
    startTime: 0,
    endTime: 0,
  };
}

const FORM = `${PROJECT}lib/extracta/form.ts`;
const PACKAGE = `${PROJECT}node_modules/@smithy/core/dist-cjs/index.js`;

const SAMPLE = profile(
  [
    { id: 1, name: '(root)', children: [2, 3, 4, 8] },
    { id: 2, name: '(idle)' },
    { id: 3, name: '_read', url: FORM, children: [5] },
    { id: 4, name: '_read', url: FORM, children: [6] },
    { id: 5, name: 'push', url: 'node:internal/streams/readable', children: [7] },
    { id: 6, name: 'push', url: 'node:internal/streams/readable' },
    { id: 7, name: 'push', url: 'node:internal/streams/readable' },
    { id: 8, name: '', url: PACKAGE },
  ],
  [2, 2, 2, 3, 5, 6, 6, 7, 8, 8],
);

test('what was called on the same way is one frame, and waiting is none', () => {
  const root = callTree(SAMPLE, PROJECT);
  expect(root.total).toBe(7);
  const [read, anonymous] = [...root.calls.values()];
  expect(read).toMatchObject({ name: '_read', home: 'lib/extracta/form.ts', self: 1, total: 5 });
  expect([...(read?.calls.values() ?? [])]).toMatchObject([
    { name: 'push', home: 'node:streams/readable', self: 3, total: 4 },
  ]);
  expect(anonymous).toMatchObject({ name: '(index.js:7)', home: '@smithy/core', self: 2, total: 2 });
});

test('a function that calls itself counts each sample once', () => {
  expect(widths(callTree(SAMPLE, PROJECT))).toEqual([
    { name: 'push', home: 'node:streams/readable', self: 4, total: 4 },
    { name: '(index.js:7)', home: '@smithy/core', self: 2, total: 2 },
    { name: '_read', home: 'lib/extracta/form.ts', self: 1, total: 5 },
  ]);
});

test('a frame is as wide as its share, stands on its caller and tells both times', () => {
  const svg = renderFlames([{ title: 'Load', root: callTree(SAMPLE, PROJECT) }], 'a <machine>');
  expect(svg).toContain('>Load: 7 samples<');
  expect(svg).toContain('>a &lt;machine&gt;<');
  expect(svg).toContain(
    '<rect class="ours" x="16.0" y="46" width="834.3" height="17"><title>_read · lib/extracta/form.ts: 71.4 %, itself 14.3 %</title></rect>',
  );
  expect(svg).toContain('<rect class="node" x="16.0" y="63" width="667.4"');
  expect(svg).toContain('<rect class="sdk" x="850.3" y="46" width="333.7"');
});

test('what is narrower than two in a thousand is left out, and a name is cut to its frame', () => {
  const nodes = [
    { id: 1, name: '(root)', children: [2, 3, 4] },
    { id: 2, name: 'wide', url: FORM },
    { id: 3, name: 'narrow', url: FORM },
    { id: 4, name: 'aNameTooLongForItsFrame', url: FORM },
  ];
  const samples = [...Array(950).fill(2), 3, ...Array(49).fill(4)];
  const svg = renderFlames([{ title: 'Load', root: callTree(profile(nodes, samples), PROJECT) }], '');
  expect(svg).not.toContain('narrow');
  expect(svg).toContain('>aNameTo…<');
});
