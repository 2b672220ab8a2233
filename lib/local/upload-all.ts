import type { Expected } from './expected.ts';
import { putUntilAnswered } from './first-upload.ts';
import type { Input } from './inputs.ts';
import { each, put } from './put.ts';
import type { Session } from './session.ts';
import { statusLine } from './status-line.ts';
import { type Documents, watchDocuments } from './watch.ts';

/** Puts every input and waits until all has settled. */
export async function uploadAll(
  session: Session,
  inputs: readonly Input[],
  expected: Expected,
): Promise<Documents> {
  const { running, opened, screen, interrupted } = session;
  const stop = new AbortController();
  const signal = AbortSignal.any([interrupted, stop.signal]);
  let isPut = false;
  const watch = (isEnough: (documents: Documents) => boolean) =>
    watchDocuments(
      running.queries,
      (documents) => {
        screen.show(statusLine(documents, expected, inputs.length));
        return isEnough(documents);
      },
      signal,
    );
  const putOne = async (input: Input) => {
    const key = await put(running.ports.s3, running.ports.bucket, input, signal);
    expected.add(key);
    return key;
  };
  try {
    const rest = opened.extracta.isEmbedded ? inputs : await putUntilAnswered(inputs, putOne, watch);
    const puts = each(rest, async (input) => void (await putOne(input))).then(() => {
      isPut = true;
    });
    const [documents] = await Promise.all([watch((now) => isPut && expected.allSettled(now)), puts]);
    return documents;
  } finally {
    stop.abort();
    screen.clear();
  }
}
