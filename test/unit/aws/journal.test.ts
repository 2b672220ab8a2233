import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createJournal, createTelemetry, EVENT_RULES, METRICS_NAMESPACE } from '../../../lib/aws/journal.ts';
import { caughtOutput } from '../../support/leaks/caught-output.ts';

let lines: Record<string, unknown>[];

beforeEach(() => {
  lines = [];
  caughtOutput((text) => {
    for (const line of text.trim().split('\n')) lines.push(JSON.parse(line));
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

test('an event is one JSON line with its name and its fields, and no secret', () => {
  createJournal(createTelemetry(), () => ['hush']).record('batch.opened', {
    batchId: 'b-1',
    url: 'https://files.example/f',
    note: 'hush!',
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    level: 'INFO',
    event: 'batch.opened',
    message: 'batch.opened',
    batchId: 'b-1',
    note: '[redacted]!',
  });
  expect(JSON.stringify(lines)).not.toContain('files.example');
});

test('a message among the fields is the message of the line', () => {
  createJournal(createTelemetry(), () => []).record('document.parked', { message: 'The object is empty' });
  expect(lines).toMatchObject([{ level: 'WARN', event: 'document.parked', message: 'The object is empty' }]);
});

test('metrics carry the service as their only dimension, and add up over an invocation', () => {
  const telemetry = createTelemetry();
  const journal = createJournal(telemetry, () => []);
  journal.record('document.uploaded', { sizeBytes: 100 });
  journal.record('document.uploaded', { sizeBytes: 23 });
  lines = [];
  telemetry.metrics.publishStoredMetrics();
  expect(lines).toHaveLength(1);
  const { _aws, ...values } = lines[0] as {
    _aws: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][] }[] };
  };
  expect(_aws.CloudWatchMetrics).toMatchObject([{ Namespace: METRICS_NAMESPACE, Dimensions: [['service']] }]);
  expect(values).toEqual({
    service: 'extracta-uploader',
    DocumentsUploaded: [1, 1],
    BytesUploaded: [100, 23],
  });
});

test('an event without a rule, or with a number missing, makes no metric of it', () => {
  const telemetry = createTelemetry();
  const journal = createJournal(telemetry, () => []);
  journal.record('batch.opened', {});
  journal.record('toString', {});
  expect(telemetry.metrics.hasStoredMetrics()).toBe(false);
  journal.record('document.uploaded', { sizeBytes: 'many' });
  telemetry.metrics.publishStoredMetrics();
  expect(lines.at(-1)).toMatchObject({ DocumentsUploaded: 1 });
  expect(lines.at(-1)).not.toHaveProperty('BytesUploaded');
});

describe('every event that is recorded', () => {
  /** A line of information, and nothing is measured of it. */
  const LOG_ONLY = [
    'arrival.requeued',
    'batch.asked',
    'breaker.closed',
    'breaker.probed',
    'document.claimed',
    'document.found',
    'document.redriven',
    'letter.discarded',
    'look.queued',
    'message.replaced',
    'record.postponed',
    'slot.freed',
    'slot.opened',
    'slot.taken',
  ];

  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const texts = globSync('{lib/pipeline,lambdas}/**/*.ts', { cwd: root }).map((file) =>
    readFileSync(join(root, file), 'utf8'),
  );
  const literals = (text: string) => [...text.matchAll(/'([^']+)'/g)].map(([, literal = '']) => literal);
  /** What stands first in each call, and, where that is a name, what its file's table of events says. */
  const eventsIn = (text: string) =>
    [...text.matchAll(/\.record\(([^,]+),/g)].flatMap(([, first = '']) => {
      const named = literals(first);
      if (named.length > 0) return named;
      const tabled = literals(/\bEVENTS\b[^=]*=\s*\{([^}]*)\}/.exec(text)?.[1] ?? '');
      return tabled.length > 0 ? tabled : [`the unknown event "${first}"`];
    });
  const recorded = [...new Set(texts.flatMap(eventsIn))].sort();

  test('is looked for where it is written', () => {
    expect(recorded).toEqual(
      expect.arrayContaining(['breaker.opened', 'document.parked', 'settings.refused']),
    );
  });

  test('has a rule, or is said to need none', () => {
    const known = new Set([...Object.keys(EVENT_RULES), ...LOG_ONLY]);
    expect(recorded.filter((event) => !known.has(event))).toEqual([]);
  });

  test('is still recorded by somebody where it is ruled', () => {
    expect([...Object.keys(EVENT_RULES), ...LOG_ONLY].filter((event) => !recorded.includes(event))).toEqual(
      [],
    );
  });
});
