import { spawnSync } from 'node:child_process';
import { freemem } from 'node:os';
import type { Load } from './uploader.ts';
import type { Variant } from './variants/variants.ts';
import { sizeShown } from './words.ts';

/** Why a variant can't be measured here. */
export function lacking({ isProcesses, holdsTimes = 0 }: Variant, load: Load): string | undefined {
  if (isProcesses && !hasCurl()) return 'there is no curl here';
  const needed = load.sizeBytes * load.atOnce * holdsTimes;
  return freemem() < needed ? `it would need up to ${sizeShown(needed)} of free memory` : undefined;
}

let curl: boolean | undefined;

function hasCurl(): boolean {
  curl ??= spawnSync('curl', ['--version'], { stdio: 'ignore' }).status === 0;
  return curl;
}
