/**
 * NODE_OPTIONS of the functions, deployed and local. V8 may hold 8 MB of short-lived objects in each half of its young
 * generation. Its own 16 MB hold what is over for longer: warm, 50 MB peaked at 108 MB above idle with them and at 70 with
 * these, 10 KB at 50 at once at 169 and 64, at the same CPU. 1 MB costs a fifth of it (docs/benchmarks-notes.md).
 * https://nodejs.org/api/cli.html#--max-semi-space-sizesize-in-mib
 */
export const NODE_OPTIONS = '--max-semi-space-size=8';
