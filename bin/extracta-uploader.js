#!/usr/bin/env node
import { existsSync } from 'node:fs';

// The sources in a clone; in the package, which has none, what was compiled from them.
const sources = new URL('./uploader.ts', import.meta.url);
await import(existsSync(sources) ? sources.href : new URL('../dist/bin/uploader.js', import.meta.url).href);
