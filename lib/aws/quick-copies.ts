/** Enough for V8 to notice, in the interpreter too. */
const READS = 200;

/**
 * The SDK copies a client's configuration (67 properties of S3's) four times for each request. It is put together in a
 * way that leaves V8 a hash table, of which a copy takes 20 µs. Read through an heir it is laid out as an ordinary object,
 * and a copy takes 3 µs. Nothing in it changes; where V8 no longer does so, nothing is gained and nothing lost.
 * https://v8.dev/blog/fast-properties
 */
export function quickToCopy<T extends object>(config: T): T {
  const heir: { readonly serviceId?: unknown } = Object.create(config);
  for (let read = 0; read < READS; read += 1) void heir.serviceId;
  return config;
}
