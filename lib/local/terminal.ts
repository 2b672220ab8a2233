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

/** What is written to a person while work goes on: lines that stay, and under them one that changes. */
export interface Progress {
  say(line: string): void;
  /** Replaces the live line. Where there is no terminal a changed one is written now and then. */
  show(status: string): void;
  /** Takes the live line away. Where there is no terminal the last status ends what was written of them. */
  clear(): void;
}

/** Between two plain status lines. */
const PLAIN_PACE_MS = 5000;
const ERASE_LINE = '\r\x1b[2K';

export function createProgress(stream: Terminal, nowMs: () => number): Progress {
  let live = '';
  let plain = '';
  let plainAtMs = nowMs();
  let last = '';
  const writePlain = () => {
    plainAtMs = nowMs();
    plain = last;
    stream.write(`${last}\n`);
  };
  const erase = () => {
    if (live !== '') stream.write(ERASE_LINE);
  };
  return {
    say: (line) => {
      erase();
      stream.write(`${line}\n${live}`);
    },
    show: (status) => {
      const line = stream.isTTY ? [...status].slice(0, (stream.columns || 80) - 1).join('') : '';
      if (line !== live) {
        erase();
        live = line;
        stream.write(live);
      }
      last = status;
      if (!stream.isTTY && last !== plain && nowMs() - plainAtMs >= PLAIN_PACE_MS) writePlain();
    },
    clear: () => {
      erase();
      live = '';
      if (plain !== '' && last !== plain) writePlain();
    },
  };
}
