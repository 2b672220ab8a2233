import type { Readable } from 'node:stream';
import type { Arrival } from '../../lib/pipeline/model.ts';

/** A body without the stream: what it holds, and whose it is. The simulated Extracta takes it a step at a time. */
export interface SimulatedBody {
  readonly arrival: Arrival;
  readonly bytes: Buffer | undefined;
  destroy(): void;
}

export function bodyFrom(arrival: Arrival, bytes: Buffer | undefined): Readable {
  const body: SimulatedBody = { arrival, bytes, destroy: () => {} };
  return body as unknown as Readable;
}

export function simulatedBody(body: Readable): SimulatedBody {
  return body as unknown as SimulatedBody;
}
