import type { Open } from './variant.ts';

export interface Variant {
  readonly title: string;
  readonly open: () => Promise<Open>;
  /** It starts processes for every document: neither its memory nor many at once are measured. */
  readonly isProcesses?: true;
  /** It keeps the whole object in memory, up to so many times. */
  readonly holdsTimes?: number;
  /** It is no uploader but one end of the measurement: its limit. */
  readonly isLimit?: true;
}

/** Each is loaded only in the process that measures it. */
export const VARIANTS = {
  ours: { title: 'extracta-uploader', open: async () => (await import('./ours.ts')).open },
  raw: { title: 'raw: SDK into http, no form', open: async () => (await import('./raw.ts')).open },
  curl: { title: 'curl into curl -T', open: async () => (await import('./curl.ts')).open, isProcesses: true },
  axios: {
    title: 'axios + form-data (the vendor’s sample)',
    open: async () => (await import('./vendor-sample.ts')).open,
    holdsTimes: 2,
  },
  fetch: {
    title: 'undici fetch + FormData',
    open: async () => (await import('./fetch-form.ts')).open,
    holdsTimes: 7,
  },
  source: {
    title: 'limit: the source alone',
    open: async () => (await import('./one-end.ts')).openSource,
    isLimit: true,
  },
  sink: {
    title: 'limit: the sink alone',
    open: async () => (await import('./one-end.ts')).openSink,
    isLimit: true,
  },
} as const satisfies Readonly<Record<string, Variant>>;

export type VariantName = keyof typeof VARIANTS;

export const VARIANT_NAMES = Object.keys(VARIANTS) as readonly VariantName[];

/** Its rules, those that it leaves out included. */
export const variantOf = (name: VariantName): Variant => VARIANTS[name];
