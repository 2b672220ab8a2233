import { afterAll, afterEach } from 'vitest';
import { growEars } from './ears.ts';
import { expectNoLeaks } from './heard.ts';

/** Runs once for each test file; files share a process. */
const EARS = Symbol.for('extracta-uploader.ears');
const here = globalThis as { [EARS]?: true };
if (here[EARS] === undefined) growEars();
here[EARS] = true;

afterEach(expectNoLeaks);
afterAll(expectNoLeaks);
