import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { BUCKET, CONTENT_TYPE, keyOf } from '../document.ts';
import { type Open, UPLOAD_PATH } from './variant.ts';

/** `times` tells what the shell's children took: POSIX, so wherever there is a curl. */
const SCRIPT = `curl -sSf --cacert "$CA" "$FROM" | curl -sSf --cacert "$CA" -o /dev/null -T - -X POST -H "Content-Type: ${CONTENT_TYPE}" "$TO" && times`;

/** curl into curl, two processes for each document. */
export const open: Open = async ({ sourceUrl, sinkUrl }) => {
  const { PATH = '', NODE_EXTRA_CA_CERTS: CA = '' } = process.env;
  let cpuMs = 0;
  return {
    async send(sizeBytes) {
      const FROM = `${sourceUrl}/${BUCKET}/${keyOf(sizeBytes)}`;
      const env = { PATH, CA, FROM, TO: `${sinkUrl}${UPLOAD_PATH}` };
      const shell = spawn('sh', ['-c', SCRIPT], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      const exited = new Promise<number | null>((resolve) => shell.once('close', resolve));
      const [code, said, wrong] = await Promise.all([exited, text(shell.stdout), text(shell.stderr)]);
      if (code !== 0) throw new Error(wrong.trim());
      cpuMs += childrensMs(said);
    },
    cpuMs: () => cpuMs,
  };
};

/** The second line: user and system time of the children, as `0m0.12s 0m1.30s`. */
function childrensMs(times: string): number {
  const [user = '', system = ''] = times.split('\n')[1]?.split(' ') ?? [];
  return [user, system].map(msOf).reduce((sum, ms) => sum + ms, 0);
}

function msOf(time: string): number {
  const [minutes = '0', seconds = '0'] = time.replace('s', '').split('m');
  return (Number(minutes) * 60 + Number(seconds.replace(',', '.'))) * 1000;
}
