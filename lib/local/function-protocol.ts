/** What the host and a container tell each other over IPC. Everything survives JSON. */

export interface Invocation {
  readonly requestId: string;
  readonly event: unknown;
  readonly functionName: string;
  readonly memoryLimitMb: number;
  /** When the container will be killed. */
  readonly deadlineMs: number;
}

export type ContainerMessage =
  | { readonly kind: 'ready' }
  /** The bundle could not be loaded. */
  | { readonly kind: 'broken'; readonly message: string }
  | { readonly kind: 'answer'; readonly requestId: string; readonly result: unknown }
  /** The handler threw. */
  | { readonly kind: 'threw'; readonly requestId: string; readonly message: string };
