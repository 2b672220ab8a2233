import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { countCalls, operationOf } from '../../../bench/line/calls.ts';
import { FunctionProcesses, measuredLine, usedBetween } from '../../../bench/line/measured.ts';
import type { LineRun } from '../../../bench/line/run-line.ts';
import { sectionOf } from '../../../bench/line/section.ts';
import { closeAtOnce, listenOnLoopback } from '../../../lib/local/loopback.ts';

describe('a call', () => {
  it('goes by the operation that its header or its query names, else by its method', () => {
    const get = { method: 'GET', path: '/documents/a?x-id=GetObject', target: undefined };
    expect(operationOf(get)).toBe('GetObject');
    expect(operationOf({ method: 'POST', path: '/', target: 'DynamoDB_20120810.PutItem' })).toBe('PutItem');
    expect(operationOf({ method: 'HEAD', path: '/documents/a', target: undefined })).toBe('HEAD');
  });
});

describe('calls are counted without a proxy', () => {
  it('those of Node’s client and of undici, by the origin that was asked', async () => {
    const server = createServer((_, response) => response.end());
    const origin = await listenOnLoopback(server, 0);
    const { host } = new URL(origin);
    const counted = countCalls();
    const headers = { 'x-amz-target': 'DynamoDB_20120810.GetItem' };
    const asked = httpRequest(origin, { method: 'POST', headers }).end();
    const [answer] = await once(asked, 'response');
    answer.resume();
    for (const path of ['/a?x-id=GetObject', '/b?x-id=GetObject'])
      await (await request(origin + path)).body.dump();
    await (await request(origin, { method: 'POST', headers })).body.dump();
    await closeAtOnce(server);
    expect(counted()).toEqual({ [`${host} GetItem`]: 2, [`${host} GetObject`]: 2 });
  });
});

describe('the processes of a function', () => {
  const measured = (pid: number, cpuMs: number, calls: Readonly<Record<string, number>>) =>
    measuredLine({ pid, cpuMs, billedMs: 2 * cpuMs, invocations: 1, calls });

  it('are summed, each by what it said last; another line is not theirs', () => {
    const processes = new FunctionProcesses();
    const read = [
      measured(1, 5, { a: 1 }),
      measured(1, 10, { a: 3 }),
      measured(2, 1, { b: 1 }),
      '{"event":"x"}',
    ];
    expect(read.map((line) => processes.read(line))).toEqual([true, true, true, false]);
    expect(processes.used()).toEqual({ cpuMs: 11, billedMs: 22, invocations: 2, calls: { a: 3, b: 1 } });
    expect(processes.pids).toEqual([1, 2]);
  });

  it('have used between two readings what the second has more', () => {
    const before = { cpuMs: 1, billedMs: 2, invocations: 3, calls: { a: 1 } };
    const after = { cpuMs: 11, billedMs: 22, invocations: 33, calls: { a: 4, b: 2 } };
    const between = { cpuMs: 10, billedMs: 20, invocations: 30, calls: { a: 3, b: 2 } };
    expect(usedBetween(before, after)).toEqual(between);
  });
});

describe('the section of the whole line', () => {
  const run = (documents: number, cpuMs: number, reads: number): LineRun => ({
    documents,
    seconds: 1,
    function: { cpuMs, billedMs: 1, invocations: documents / 10, calls: {} },
    stackCpuMs: 0,
    calls: {
      S3: { GetObject: documents },
      DynamoDB: { GetItem: reads, PutItem: 2 * documents },
      SQS: {},
      Extracta: { POST: documents },
    },
    pollerCalls: { ReceiveMessage: documents / 10 },
    tookMs: [1, 2, 3],
  });
  const reached = (few: LineRun, many: LineRun) =>
    Object.fromEntries(sectionOf(few, many).reach.map(({ what, reached }) => [what.split(',')[0], reached]));

  it('reaches what neither grows nor exceeds its budget', () => {
    expect(new Set(Object.values(reached(run(10, 50, 11), run(100, 500, 110))))).toEqual(new Set(['target']));
  });

  it('says what a document of ten times as many costs more', () => {
    const grown = reached(run(10, 50, 11), run(100, 600, 200));
    expect(grown).toMatchObject({
      'CPU of the function processes a document': 'no',
      'calls a document: DynamoDB (1 read': 'no',
      'calls a document: S3': 'target',
    });
  });
});
