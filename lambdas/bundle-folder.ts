import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LambdaName } from './bundle.ts';

export const HANDLER_FILE = 'index.cjs';

/** The folder of a function's bundle: in the package the one that came with it, in a clone one that is made now. */
export async function bundleFolder(name: LambdaName): Promise<string> {
  const prebuilt = join(import.meta.dirname, name);
  if (existsSync(join(prebuilt, HANDLER_FILE))) return prebuilt;
  const { bundleLambda } = await import('./bundle.ts');
  return (await bundleLambda(name)).directory;
}
