import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { BUCKET, keyOf, piecesOf } from '../document.ts';
import { type Open, UPLOAD_PATH } from './variant.ts';

/** The limits of what is measured with: one end alone, by a plain socket client that does as little as can be done. */

/** The source, read and thrown away. */
export const openSource: Open = async ({ sourceUrl }) => {
  const line = connections(sourceUrl);
  return { send: (sizeBytes) => line.ask(`GET /${BUCKET}/${keyOf(sizeBytes)} HTTP/1.1`, 0) };
};

/** The sink, fed from memory. */
export const openSink: Open = async ({ sinkUrl }) => {
  const line = connections(sinkUrl);
  return {
    send: (sizeBytes) => line.ask(`POST ${UPLOAD_PATH} HTTP/1.1\r\ncontent-length: ${sizeBytes}`, sizeBytes),
  };
};

interface Connection {
  readonly socket: Socket;
  onPiece: (piece: Buffer) => void;
}

function connections(url: string) {
  const idle: Connection[] = [];
  return {
    async ask(head: string, bodyBytes: number): Promise<void> {
      const connection = idle.pop() ?? connected(url);
      await Promise.all([answered(connection), sent(connection.socket, head, bodyBytes)]);
      idle.push(connection);
    },
  };
}

/** Reads into one buffer again and again. */
function connected(url: string): Connection {
  const { protocol, hostname: host, port } = new URL(url);
  const onread = {
    buffer: Buffer.allocUnsafe(262_144),
    callback(bytes: number, buffer: Uint8Array) {
      connection.onPiece(Buffer.from(buffer.buffer, buffer.byteOffset, bytes));
      return true;
    },
  };
  const to = { host, port: Number(port), onread, noDelay: true };
  const connection: Connection = {
    socket: protocol === 'https:' ? connectTls(to) : connect(to),
    onPiece: () => {},
  };
  return connection;
}

async function sent(socket: Socket, head: string, bodyBytes: number): Promise<void> {
  socket.write(`${head}\r\nhost: 127.0.0.1\r\n\r\n`);
  for (const piece of piecesOf(bodyBytes)) {
    if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve));
  }
}

/** Resolves after the last byte that the answer's head promises. */
function answered(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    let left: number | undefined;
    let text = '';
    connection.socket.once('error', reject);
    connection.onPiece = (piece) => {
      if (left === undefined) {
        text += piece.toString('latin1');
        left = bytesAfter(text);
      } else left -= piece.length;
      if (left !== 0) return;
      connection.socket.off('error', reject);
      resolve();
    };
  });
}

/** What of the answer is still to come; undefined while its head is not there. */
function bytesAfter(text: string): number | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = text.slice(0, headEnd);
  if (!head.startsWith('HTTP/1.1 200')) throw new Error(head);
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
  return length - (text.length - headEnd - 4);
}
