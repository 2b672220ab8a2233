import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Pool as PublicPool } from 'undici';
import DeepPool from 'undici/lib/dispatcher/pool.js';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS, openPool } from '../../../lib/extracta/pool.ts';
import { clientOf, stoppedClock } from './stand-in.ts';

describe('the pool', () => {
  it('is undici’s own, by a path that is private: an upgrade that moves it must be noticed', () => {
    expect(existsSync(createRequire(import.meta.url).resolve('undici/lib/dispatcher/pool.js'))).toBe(true);
    expect(DeepPool).toBe(PublicPool);
  });

  it('takes requests by `dispatch` alone', async () => {
    const pool = openPool('http://127.0.0.1:1', DEFAULT_TIMEOUTS);
    expect(pool).toBeInstanceOf(DeepPool);
    expect(typeof pool.dispatch).toBe('function');
    await pool.close();
  });
});

describe('the client', () => {
  it('refuses a base URL that is none', () => {
    expect(() => clientOf('not a url', stoppedClock())).toThrow(TypeError);
  });

  it('goes over a dispatcher that it is given', async () => {
    const dispatcher = openPool('http://127.0.0.1:1', DEFAULT_TIMEOUTS);
    await clientOf('http://127.0.0.1:1', stoppedClock(), { dispatcher }).close();
    expect((dispatcher as DeepPool).closed).toBe(true);
  });
});
