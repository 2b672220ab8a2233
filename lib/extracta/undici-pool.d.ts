/** undici's Pool by its own file: the index costs a cold start 50 ms more. Pinned by `pool.test.ts`. */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export default Pool;
}
