import { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { UploaderError } from '../../../lib/pipeline/failures.ts';
import { heard, hearer } from './heard.ts';

/**
 * Listens wherever the uploader says something, in every test: its own output, that of every process that it starts, what
 * is sent to SQS and DynamoDB on this machine, and every error of ours. The memory twins say theirs themselves.
 */
export function growEars(): void {
  hearOutput();
  hearChildren();
  hearRequests();
  hearErrors();
}

/** What is caught instead of being written is heard by `caughtOutput`. */
function hearOutput(): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = process[name];
    const hear = hearer(`this process, ${name}`);
    const write = stream.write;
    stream.write = ((chunk: never, ...more: never[]) => {
      hear(chunk);
      return write.call(stream, chunk, ...more);
    }) as typeof stream.write;
  }
}

function hearChildren(): void {
  const prototype = ChildProcess.prototype as ChildProcess & { spawn(...options: unknown[]): unknown };
  const spawn = prototype.spawn;
  prototype.spawn = function hearing(this: ChildProcess, ...options) {
    const result = spawn.apply(this, options);
    for (const name of ['stdout', 'stderr'] as const)
      if (this[name]) hearAll(this[name], `a child’s ${name}`);
    return result;
  };
}

/** The AWS clients name SQS's and DynamoDB's operations in a header: dead letters and the ledger pass here. */
function hearRequests(): void {
  subscribe('http.server.request.start', (message) => {
    const { request } = message as { readonly request: IncomingMessage };
    const operation = request.headers['x-amz-target'];
    if (operation !== undefined) hearAll(request, String(operation));
  });
}

/** Without becoming a reader: who reads, and when, stays as it is. */
function hearAll(stream: Readable, where: string): void {
  const hear = hearer(where);
  const push = stream.push;
  stream.push = (chunk, encoding) => {
    if (chunk !== null) hear(chunk);
    return push.call(stream, chunk, encoding);
  };
}

/** `super(…)` of a class is looked up at each call: so every error of ours passes here as it is made. */
function hearErrors(): void {
  function Hearing(message: string, options?: ErrorOptions): Error {
    heard('an UploaderError', message);
    return Reflect.construct(Error, [message, options], new.target ?? Error) as Error;
  }
  Object.setPrototypeOf(UploaderError, Hearing);
}
