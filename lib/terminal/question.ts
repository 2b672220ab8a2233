import { createInterface } from 'node:readline/promises';

/** What a question is asked through. */
export interface Conversation {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly interruption: AbortController;
}

/** Whether a person says yes. An input that ends (Ctrl-D) says no; Ctrl-C interrupts, and rejects. */
export async function assents(question: string, conversation: Conversation): Promise<boolean> {
  const { input, output, interruption } = conversation;
  const { signal } = interruption;
  signal.throwIfAborted();
  const terminal = createInterface({ input, output });
  // While a question stands, readline hears Ctrl-C, and nobody else.
  terminal.on('SIGINT', () => interruption.abort());
  // A moment later: an answer may have come with the end.
  const ended = new Promise<''>((resolve) => terminal.once('close', () => setImmediate(resolve, '')));
  try {
    const asked = terminal.question(`${question} [y/N] `, { signal });
    // Some versions of Node reject at the end of the input, others never answer.
    const answer = await Promise.race([asked.catch(() => ''), ended]);
    signal.throwIfAborted();
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
