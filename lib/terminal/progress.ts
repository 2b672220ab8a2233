import type { Terminal } from './terminal.ts';

/** What is written to a person while work goes on: lines that stay, and under them one that changes. */
export interface Progress {
  say(line: string): void;
  /** Replaces the live line. Where there is no terminal a changed one is written now and then, if at all. */
  show(status: string): void;
  /** Takes the live line away. Where there is no terminal the last status ends what was written of them. */
  clear(): void;
}

export interface Pace {
  /** Between two live lines: a terminal is no meter. */
  readonly liveMs: number;
  /** Between two plain lines where there is no terminal; `Infinity`: none. */
  readonly plainMs: number;
}

/** For whoever is not to be told. */
export const QUIET: Progress = { say() {}, show() {}, clear() {} };

const ERASE_LINE = '\r\x1b[2K';

export function createProgress(stream: Terminal, nowMs: () => number, pace: Pace): Progress {
  const live = createLive(stream, nowMs, pace.liveMs);
  const plain = createPlain(stream, nowMs, pace.plainMs);
  return {
    say: (line) => live.above(line),
    show: stream.isTTY === true ? live.show : plain.show,
    clear: () => {
      live.erase();
      plain.end();
    },
  };
}

function createLive(stream: Terminal, nowMs: () => number, paceMs: number) {
  let [line, drawnAtMs] = ['', Number.NEGATIVE_INFINITY];
  const wipe = () => {
    if (line !== '') stream.write(ERASE_LINE);
  };
  return {
    above: (text: string) => {
      wipe();
      stream.write(`${text}\n${line}`);
    },
    show: (status: string) => {
      const cut = [...status].slice(0, (stream.columns || 80) - 1).join('');
      if (cut === line || nowMs() - drawnAtMs < paceMs) return;
      wipe();
      [line, drawnAtMs] = [cut, nowMs()];
      stream.write(line);
    },
    erase: () => {
      wipe();
      line = '';
    },
  };
}

function createPlain(stream: Terminal, nowMs: () => number, paceMs: number) {
  let [written, last, writtenAtMs] = ['', '', nowMs()];
  const put = () => {
    [written, writtenAtMs] = [last, nowMs()];
    stream.write(`${last}\n`);
  };
  return {
    show: (status: string) => {
      last = status;
      if (last !== written && nowMs() - writtenAtMs >= paceMs) put();
    },
    end: () => {
      if (written !== '' && last !== written) put();
    },
  };
}
