import { readdirSync, readlinkSync } from 'node:fs';

/** What a process holds at this moment. */
export interface Holdings {
  readonly rssBytes: number;
  readonly sockets: number;
  /** Those that keep the process alive: Node does not show the others. */
  readonly timers: number;
  /** Open files of every kind, sockets and pipes among them. */
  readonly handles: number;
}

/** Linux and macOS show a process's open files here; elsewhere what Node itself shows must do. */
const OPEN_FILES = '/dev/fd';

export function holdings(): Holdings {
  const resources = process.getActiveResourcesInfo();
  const timers = resources.filter((name) => name === 'Timeout').length;
  const rssBytes = process.memoryUsage.rss();
  const files = openFiles();
  if (files === undefined) {
    const sockets = resources.filter((name) => name === 'TCPSocketWrap').length;
    return { rssBytes, sockets, timers, handles: resources.length - timers };
  }
  return { rssBytes, sockets: files.filter(isSocket).length, timers, handles: files.length };
}

/** What each open file is, the folder itself that is read left out; undefined: it can't be told here. */
function openFiles(): readonly string[] | undefined {
  try {
    return readdirSync(OPEN_FILES).flatMap((number) => {
      try {
        return [readlinkSync(`${OPEN_FILES}/${number}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return undefined;
  }
}

/** Also counts idle ones, which Node's own list leaves out: they keep no process alive. */
const isSocket = (target: string) => target.startsWith('socket:');
