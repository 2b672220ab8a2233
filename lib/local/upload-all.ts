import { BadInput } from './bad-input.ts';
import type { Expected } from './expected.ts';
import { putUntilAnswered } from './first-upload.ts';
import type { Input } from './inputs.ts';
import { each, put } from './put.ts';
import type { Session } from './session.ts';
import { statusLine } from './status-line.ts';
import { type Documents, watchDocuments } from './watch.ts';

/** Puts every input and waits until all has settled. Undefined: interrupted before that. */
export async function uploadAll(
  session: Session,
  inputs: readonly Input[],
  expected: Expected,
): Promise<Documents | undefined> {
  const { running, opened, screen, interrupted } = session;
  const stop = new AbortController();
  const signal = AbortSignal.any([interrupted, stop.signal]);
  const watch = (isEnough: (documents: Documents) => boolean) =>
    watchDocuments(
      running.queries,
      (documents) => {
        screen.show(statusLine(documents, expected));
        return isEnough(documents);
      },
      signal,
    );
  const putOne = async (input: Input) => {
    const key = await put(running.ports.s3, running.ports.bucket, input, signal);
    expected.hasPut(key);
    return key;
  };
  expected.willPut(inputs.length);
  try {
    const rest = opened.extracta.isEmbedded ? inputs : await putUntilAnswered(inputs, putOne, watch);
    const puts = each(rest, async (input) => void (await putOne(input)));
    const [documents] = await Promise.all([watch((now) => expected.allSettled(now)), puts]);
    return documents;
  } catch (error) {
    if (error instanceof BadInput || !interrupted.aborted) throw error;
    return undefined;
  } finally {
    stop.abort();
    screen.clear();
  }
}
