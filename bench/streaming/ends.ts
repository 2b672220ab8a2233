import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleEntry } from '../../lambdas/bundle.ts';
import { NODE_OPTIONS } from '../../lib/config/node-options.ts';
import { selfSigned } from './certificate.ts';
import { type Child, forkBeside } from './children.ts';
import type { Taking, Tally } from './taking.ts';
import type { Addresses } from './two-servers.ts';
import type { VariantName } from './variants/variants.ts';

export type Scheme = 'plain' | 'tls';
export const SCHEMES = ['plain', 'tls'] as const satisfies readonly Scheme[];

/** Source and sink, each a process of its own, and uploaders between them. */
export interface TwoEnds extends AsyncDisposable {
  /** A fresh process of one variant, warm. */
  uploader(variant: VariantName, scheme: Scheme): Promise<Child>;
  /** How the sink takes what comes next. Resolves to what it took since this was last called. */
  take(taking: Taking): Promise<Tally>;
}

export interface Opening {
  readonly signal: AbortSignal;
  /** With what is measured as ours bundled as the functions are; else from its sources, with names in its profile. */
  readonly asDeployed: boolean;
}

export async function openTwoEnds({ signal, asDeployed }: Opening): Promise<TwoEnds> {
  const opened = new AsyncDisposableStack();
  try {
    const folder = await mkdtemp(join(tmpdir(), 'bench-'));
    opened.defer(() => rm(folder, { recursive: true, force: true }));
    const certificate = selfSigned(Date.now());
    const authorityFile = join(folder, 'authority.pem');
    await writeFile(authorityFile, certificate.certPem);
    const source = opened.use(forkBeside('source.ts', { signal }));
    const sink = opened.use(forkBeside('sink.ts', { signal }));
    const [from, to] = await Promise.all([
      source.ask<Addresses>(certificate),
      sink.ask<Addresses>(certificate),
    ]);
    const ours = asDeployed
      ? [(await bundleEntry(join(import.meta.dirname, 'variants', 'ours.ts'), join(folder, 'ours'))).file]
      : [];
    const take = (taking: Taking) => sink.ask<Tally>({ taking });
    return {
      take,
      async uploader(variant, scheme) {
        await take('count');
        const child = forkBeside('uploader.ts', {
          args: [variant, from[scheme], to[scheme], ...(variant === 'ours' ? ours : [])],
          environment: {
            ...environmentOf(from[scheme], authorityFile, folder),
            // As the function is deployed; the others as Node is.
            ...(variant === 'ours' ? { NODE_OPTIONS } : {}),
          },
          signal,
        });
        await child.next().catch(async (error) => {
          await child[Symbol.asyncDispose]();
          throw error;
        });
        return child;
      },
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** All that an uploader knows of its surroundings; a person's own AWS files are not read. */
function environmentOf(endpoint: string, authorityFile: string, folder: string) {
  return {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_CONFIG_FILE: join(folder, 'none'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
    NODE_EXTRA_CA_CERTS: authorityFile,
    // The second process of a variant starts in half the time.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
  };
}
