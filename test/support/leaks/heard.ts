import { CANARIES } from './canaries.ts';

/** A secret that was said, and where. */
export interface Leak {
  readonly where: string;
  readonly canary: string;
}

const LONGEST = Math.max(...CANARIES.map(({ length }) => length));

let leaks: Leak[] = [];

/** Notes every secret in something that the uploader said; `before`: as much of it as was noted already. */
export function heard(where: string, text: string, before = ''): void {
  for (const canary of CANARIES)
    if (text.includes(canary) && !before.includes(canary)) leaks.push({ where, canary });
}

/** The same for something that is said piece by piece: also a secret that was cut in two. */
export function hearer(where: string): (piece: unknown) => void {
  let end = '';
  return (piece) => {
    const text = end + (Buffer.isBuffer(piece) ? piece.toString('latin1') : String(piece));
    heard(where, text, end);
    end = text.slice(1 - LONGEST);
  };
}

/** All that was noted since this was last asked. */
export function takeLeaks(): readonly Leak[] {
  const taken = leaks;
  leaks = [];
  return taken;
}

/** Throws where something was noted; says where, and not what. */
export function expectNoLeaks(): void {
  const places = new Set(takeLeaks().map(({ where, canary }) => `${canary.slice(0, 8)}… in ${where}`));
  if (places.size > 0) throw new Error(`A secret was said: ${[...places].join('; ')}`);
}
