/**
 * NODE_OPTIONS of the functions, deployed and local. V8 may hold 8 MB of short-lived objects in each half of its young
 * generation: under many small documents its own 16 MB took a half to two thirds more memory, at the same CPU; 1 MB took up to a fifth
 * more CPU (docs/benchmarks-notes.md). And the form may ask for a small collection (`lib/extracta/spent-pieces.ts`).
 * https://nodejs.org/api/cli.html#node_optionsoptions
 */
export const NODE_OPTIONS = '--max-semi-space-size=8 --expose-gc';
