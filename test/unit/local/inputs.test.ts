import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listInputs } from '../../../lib/local/inputs.ts';
import { temporaryFolder } from '../../support/local-s3.ts';

const NOBODY = 65_534;

/** Root may read everything: it steps back until the answer is there. */
function asNobodySpecial(): void {
  if (process.geteuid?.() !== 0) return;
  process.seteuid?.(NOBODY);
}

it('a folder that may not be read is refused with what to change', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'closed');
  await mkdir(folder, { mode: 0o000 });
  asNobodySpecial();
  const listed = listInputs([folder], '/').finally(() => process.seteuid?.(process.getuid?.() ?? 0));
  await expect(listed).rejects.toThrow(`${folder} may not be read: change its permissions, or leave it out.`);
});
