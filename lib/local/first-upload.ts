import type { DocumentItem, DocumentKey } from '../pipeline/model.ts';
import { BadInput } from './bad-input.ts';
import type { Input } from './inputs.ts';
import { isSettled } from './report.ts';
import { type Documents, nameOf } from './watch.ts';

/**
 * Where Extracta could not be asked for the classification, its answer to the first upload tells: documents are put one
 * by one until it came. Returns the inputs that are left. Throws `BadInput` if it does not know the classification.
 */
export async function putUntilAnswered(
  inputs: readonly Input[],
  put: (input: Input) => Promise<DocumentKey>,
  watch: (isEnough: (documents: Documents) => boolean) => Promise<Documents>,
): Promise<readonly Input[]> {
  for (const [index, input] of inputs.entries()) {
    const name = nameOf(await put(input));
    const found = (documents: Documents) => documents.get(name);
    const documents = await watch((now) => isConcluded(found(now)));
    if (wasSent(found(documents))) return inputs.slice(index + 1);
  }
  return [];
}

/** Settled, or tried and left for later: both tell what came of the first attempt. */
function isConcluded(item: DocumentItem | undefined): boolean {
  return (
    item !== undefined && (isSettled(item) || (item.state !== 'uploading' && item.lastFailure !== undefined))
  );
}

/** False: it ended before it was sent (empty, unsupported, superseded), so that nothing was answered. */
function wasSent(item: DocumentItem | undefined): boolean {
  const code = item?.lastFailure?.code ?? '';
  if (code === 'extracta.classification-not-found')
    throw new BadInput(
      `Extracta does not know the classification: check --classification-id. (${item?.lastFailure?.message})`,
    );
  return item?.state === 'uploaded' || item?.state === 'unknown' || /^(extracta|upload|line)\./.test(code);
}
