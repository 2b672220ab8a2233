import { styleText } from 'node:util';

/** A stream that a person or a program reads. */
export interface Terminal extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Colours only on a terminal, and not against NO_COLOR. */
export type Paint = (colour: 'bold' | 'dim' | 'green' | 'red' | 'yellow', text: string) => string;

export function paintFor(stream: Terminal): Paint {
  return (colour, text) => styleText(colour, text, { stream, validateStream: true });
}

export function write(stream: Terminal, text: string): Promise<void> {
  // A reader that has gone (`| head`) is no failure of ours.
  return new Promise((resolve) => {
    stream.write(text, () => resolve());
  });
}
