import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { emitted, mistake } from './emitted.ts';
import { synthesized } from './synthesized.ts';

const { template, remove } = synthesized({ routes: [{ prefix: '', classificationId: 'c' }] });
afterAll(remove);

interface Widget {
  readonly x: number;
  readonly y: number;
  readonly properties: {
    readonly title: string;
    readonly query?: string;
    readonly metrics?: readonly (readonly unknown[])[];
  };
}

/** The body with each token replaced by its name, so that it is JSON again. */
function widgetsIn(dashboardBody: {
  readonly 'Fn::Join': readonly [string, readonly unknown[]];
}): readonly Widget[] {
  const named = (part: unknown) =>
    typeof part === 'string' ? part : JSON.stringify(part).replaceAll(/\W+/g, ' ');
  return JSON.parse(dashboardBody['Fn::Join'][1].map(named).join('')).widgets;
}

const [dashboard, ...others] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
const widgets = widgetsIn(dashboard?.['Properties'].DashboardBody);

/** `[namespace, metric, name, value, name, value, { … }]`, and `.` for "as in the line before". */
function watchingOf(line: readonly unknown[]) {
  const [namespace, metric, ...rest] = line.filter((part) => typeof part === 'string');
  const pairs = rest.flatMap((name, at) => (at % 2 === 0 ? [[name, rest[at + 1]] as const] : []));
  return { namespace: namespace ?? '', metric: metric ?? '', dimensions: Object.fromEntries(pairs) };
}

describe('the dashboard', () => {
  it('tells the story from left to right', () => {
    expect(others).toEqual([]);
    const inReadingOrder = [...widgets].sort((one, other) => one.y - other.y || one.x - other.x);
    expect(inReadingOrder.map(({ properties }) => properties.title)).toEqual([
      'Is a person needed?',
      'Arrivals',
      'Queue age',
      'Uploads',
      'Bytes',
      'Latency of a send, ms',
      'Retries by reason',
      'Breaker',
      'Parked',
      'Dead letters',
    ]);
  });

  it('draws only what somebody emits', async () => {
    const [line] = await emitted();
    if (line === undefined) throw new Error('Nothing was emitted');
    const drawn = widgets.flatMap(({ properties }) => properties.metrics ?? []).map(watchingOf);
    expect(drawn.length).toBeGreaterThan(15);
    expect(drawn.map((each) => mistake(each, line)).filter((each) => each !== undefined)).toEqual([]);
  });

  it('asks the log of the upload function for a field that its lines have', () => {
    const [asking, ...more] = widgets.flatMap(({ properties }) => properties.query ?? []);
    expect(more).toEqual([]);
    expect(asking).toMatch(/^SOURCE '[^']*UploadLogs[^']*'/);
    expect(asking).toContain("filter event = 'document.deferred'");
    expect(asking).toContain('by code');
    const recorded = readFileSync(join(import.meta.dirname, '../../lib/pipeline/deferred.ts'), 'utf8');
    expect(recorded).toMatch(/journal\.record\('document\.deferred', \{[^}]*\bcode:/);
  });
});
