import { type Profiler, Session } from 'node:inspector/promises';

/** Microseconds between two samples: small documents are done in few. */
const INTERVAL_US = 500;

/** What `node --cpu-prof` writes, of this work alone: neither the start of the process nor its warming up is in it. */
export async function sampled(work: () => Promise<void>): Promise<Profiler.Profile> {
  using session = connected();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  await session.post('Profiler.start');
  await work();
  return (await session.post('Profiler.stop')).profile;
}

function connected() {
  const session = new Session();
  session.connect();
  return Object.assign(session, { [Symbol.dispose]: () => session.disconnect() });
}
