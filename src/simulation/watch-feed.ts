// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../api/kubernetes.js';
import { ApiError, keepMetadata, type ResourceKind, type WatchFrame, type WatchOptions } from '../kube/index.js';
import type { Watch, WatchEvent } from '../sandbox/api-server/index.js';
import type { Cluster } from './cluster.js';
import type { Faults } from './faults.js';
import type { ProcessClock } from './process-clock.js';

export interface WatchFeedDeps {
  readonly cluster: Cluster;
  readonly clock: ProcessClock;
  readonly faults: Faults;
}

const frameKinds = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' } as const;

/** Opens a watch whose events are on their way for a while, each kind's at a pace of its own, and which may not last. */
export function openWatch<T extends KubeObject>(
  deps: WatchFeedDeps,
  kind: ResourceKind<T>,
  namespace: string | undefined,
  options: WatchOptions,
): AsyncGenerator<WatchFrame<T>> {
  return new WatchFeed<T>(deps, kind, namespace, options).frames();
}

class WatchFeed<T extends KubeObject> {
  readonly #watch: Watch;
  readonly #ready: WatchFrame<T>[] = [];
  #isUnderWay = false;
  #isStalled = false;
  #end: { readonly error: Error | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(
    private readonly deps: WatchFeedDeps,
    private readonly kind: ResourceKind<T>,
    namespace: string | undefined,
    private readonly options: WatchOptions,
  ) {
    const { cluster, clock } = deps;
    const { resourceVersion, signal, timeoutSeconds } = options;
    const query = { namespace: namespace ?? '', resourceVersion, onEvents: () => this.#fetchLater() };
    this.#watch = cluster.server.watch(cluster.typeOf(kind), query);
    clock.onDeath(() => this.#watch.stop());
    this.#fetchLater();
    this.#meetFate();
    const cancelTimeout = clock.schedule(timeoutSeconds * 1_000, () => this.#finish(undefined));
    const abort = (): void => {
      cancelTimeout();
      this.#finish(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }

  async *frames(): AsyncGenerator<WatchFrame<T>> {
    try {
      for (;;) {
        const frame = this.#ready.shift();
        if (frame !== undefined) yield frame;
        else if (this.#end !== undefined) break;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      if (this.#end.error !== undefined) throw this.#end.error;
    } finally {
      this.#watch.stop();
    }
  }

  #meetFate(): void {
    const { faults, clock } = this.deps;
    const { plural } = this.kind;
    const fate = faults.forWatch(plural);
    if (fate.kind === 'sound') return;
    clock.schedule(fate.afterMs, () => {
      if (faults.areOver) return;
      if (fate.kind === 'stalls') this.#isStalled = true;
      else this.#finish(fate.kind === 'expires' ? expired(plural) : brokenOff(plural));
    });
  }

  /** Events that come while others are on their way travel with them: one watch never changes their order. */
  #fetchLater(): void {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    const { faults, clock } = this.deps;
    clock.schedule(faults.watchDelayMs(this.kind.plural), () => {
      this.#isUnderWay = false;
      if (this.#end !== undefined || this.#isStalled) return;
      for (const event of this.#watch.take()) this.#ready.push(this.#frame(event));
      this.#wake?.();
    });
  }

  #frame({ type, object }: WatchEvent): WatchFrame<T> {
    const shown: KubeObject = this.options.metadataOnly === true ? keepMetadata(object) : object;
    // Parse boundary: a watch of a kind shows objects of that kind.
    return { kind: frameKinds[type], object: shown as T };
  }

  #finish(error: Error | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#watch.stop();
    this.#wake?.();
  }
}

function expired(plural: string): ApiError {
  return new ApiError({ code: 'API_EXPIRED', message: `WATCH ${plural}: too old resource version`, status: 410 });
}

function brokenOff(plural: string): ApiError {
  return new ApiError({ code: 'API_UNREACHABLE', message: `WATCH ${plural}: the connection was reset` });
}
