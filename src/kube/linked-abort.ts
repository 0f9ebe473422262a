// SPDX-License-Identifier: Apache-2.0

/** An AbortController that is also aborted, with the same reason, when the parent signal is. Unlink it when done. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Lets go of the parent, which usually lives much longer. */
  unlink(): void;
}

export function linkAbort(parent: AbortSignal | undefined): LinkedAbort {
  const controller = new AbortController();
  const follow = (): void => controller.abort(parent?.reason);
  if (parent?.aborted === true) follow();
  else parent?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink: () => parent?.removeEventListener('abort', follow),
  };
}

/** Reads the signal anew: after a wait, the compiler would take an earlier answer for settled. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
