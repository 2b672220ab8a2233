/** undici's Agent by its own file, as `lib/extracta/undici-pool.d.ts` says of its Pool. Pinned by `transport.test.ts`. */
declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici';
  export default Agent;
}
