import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { realpath, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Another process keeps its data in this folder. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
  readonly folder: string;

  constructor(folder: string) {
    super(`The folder ${folder} is in use by another process.`);
    this.folder = folder;
  }
}

/**
 * Keeps a folder for this process until disposed of, or until the process is gone, however it ended: the hold is a
 * socket that somebody listens on. Throws `FolderInUse`.
 */
export async function holdFolder(folder: string): Promise<AsyncDisposable> {
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 24);
  const address =
    process.platform === 'win32' ? `\\\\.\\pipe\\uploader-${name}` : join(tmpdir(), `uploader-${name}.sock`);
  const server = (await listening(address)) ?? (await afterTheDead(address));
  if (server === undefined) throw new FolderInUse(folder);
  server.unref();
  return {
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

/** A socket whose process was killed is still a file, but nobody answers. */
async function afterTheDead(address: string): Promise<Server | undefined> {
  if (await somebodyAnswers(address)) return undefined;
  await rm(address, { force: true });
  return listening(address);
}

async function listening(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.listen(address);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

async function somebodyAnswers(address: string): Promise<boolean> {
  const socket = connect(address);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
