// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../api/kubernetes.js';
import type { BackoffOptions } from '../lib/backoff.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { errorText } from '../lib/operator-error.js';
import type { Random } from '../lib/random.js';
import { badAnswer } from './errors.js';
import type { Watcher } from './kube-client.js';
import { isAborted, linkAbort } from './linked-abort.js';
import type { ObjectStore, Snapshot, StoredObject } from './object-store.js';
import type { ResourceKind } from './resources.js';
import { retryDelayMs } from './retry.js';
import { WatchHealth } from './watch-health.js';
import type { WatchFrame } from './watch-stream.js';
import { Watchdog } from './watchdog.js';

/** What a reflector did, for metrics and logs. */
export type ReflectorActivity =
  | { readonly kind: 'listed'; readonly resource: string; readonly objects: number; readonly durationMs: number }
  | { readonly kind: 'frame'; readonly resource: string; readonly frame: WatchFrame<unknown>['kind'] }
  /** `error` is undefined when the watch ended in due time or was opened anew because it was quiet. */
  | { readonly kind: 'watchEnded'; readonly resource: string; readonly error: unknown }
  | { readonly kind: 'listFailed'; readonly resource: string; readonly error: unknown };

export interface ReflectorOptions<K extends KubeObject, T extends StoredObject> {
  readonly client: Watcher;
  readonly kind: ResourceKind<K>;
  /** Undefined: all namespaces. */
  readonly namespace?: string | undefined;
  /** Reads metadata alone; `transform` then gets objects without spec, status and data. */
  readonly metadataOnly?: boolean;
  /** What to keep of an object; its uid and resourceVersion must stay. `keepWhole` keeps all. */
  readonly transform: (object: K) => T;
  /** Fed by this reflector alone. */
  readonly store: ObjectStore<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Objects per page of a list. Default 500. */
  readonly pageSize?: number;
  /**
   * A watch without any frame for this long is opened anew, for it may be dead. Default 3 min: most API servers send a
   * bookmark each minute.
   */
  readonly idleLimitMs?: number;
  readonly onActivity?: (activity: ReflectorActivity) => void;
}

/** The transform that keeps everything but managedFields. */
export function keepWhole<K extends KubeObject>(object: K): K {
  return object;
}

/** The transform for `metadataOnly` reflectors: also reduces whole objects that a write returned. */
export function keepMetadata(object: KubeObject): KubeObject {
  return { apiVersion: object.apiVersion, kind: object.kind, metadata: object.metadata };
}

/** Short enough that the operator sees within seconds that an apiserver is back. */
const reconnectBackoff: BackoffOptions = { firstMs: 250, maxMs: 5_000 };

/** The server ends a watch after a random time between these, so that watches do not all end at once. */
const watchSeconds = { least: 300, spread: 300 };
/** A watch still open this long after the server should have ended it is dead. */
const overdueMs = 30_000;
/** A watch that ends in order within this time without a frame is a failure: something in between refuses watches. */
const shortestWatchMs = 1_000;
/** A watch that has been open for this long is sound. */
const soundAfterMs = 10_000;
/** A server may ask to wait longer; but then the operator would be blind for longer. */
const longestDelayMs = 30_000;

/**
 * Keeps a store equal to what the apiserver has: lists once, then watches, for ever, whatever goes wrong.
 * A lost watch goes on where it stopped; only when the server has forgotten that point is everything listed again,
 * and what vanished in the meantime is deleted from the store.
 */
export class Reflector<K extends KubeObject, T extends StoredObject> {
  readonly #options: ReflectorOptions<K, T>;
  readonly #synced = Promise.withResolvers<undefined>();
  readonly #health: WatchHealth;
  #isSynced = false;

  constructor(options: ReflectorOptions<K, T>) {
    this.#options = options;
    this.#health = new WatchHealth(options.kind.plural, options.log);
  }

  /** Whether the store has held the whole of the collection at least once. It never becomes false again. */
  hasSynced(): boolean {
    return this.#isSynced;
  }

  /** Resolves when `hasSynced`. */
  async whenSynced(): Promise<void> {
    await this.#synced.promise;
  }

  /**
   * Takes in an object that a write has just returned, as if the watch had told it already.
   * @returns whether it was news
   */
  put(object: K): boolean {
    const kept = this.#transformed(object);
    return kept !== undefined && this.#options.store.put(kept);
  }

  /** Runs until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#listAndWatch(signal);
      } catch (error) {
        if (isAborted(signal)) return;
        this.#health.failed(error);
        const delayMs = retryDelayMs(error, this.#health.failures - 1, reconnectBackoff, random);
        await clock.sleep(Math.min(delayMs, longestDelayMs), signal);
      }
    }
  }

  async #listAndWatch(signal: AbortSignal): Promise<void> {
    if (this.#health.needsList) await this.#list(signal);
    try {
      const frames = await this.#watch(signal);
      this.#report({ kind: 'watchEnded', resource: this.#resource, error: undefined });
      if (frames === 0) this.#health.endedSilently();
      this.#health.soundAgain();
    } catch (error) {
      if (!signal.aborted) {
        this.#report({ kind: 'watchEnded', resource: this.#resource, error });
        this.#health.watchFailed(error);
      }
      throw error;
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#options;
    const startedMs = clock.monotonicMs();
    try {
      const snapshot = await this.#readPages(signal);
      store.replaceAll(snapshot);
      this.#health.listed();
      this.#isSynced = true;
      this.#synced.resolve(undefined);
      const durationMs = clock.monotonicMs() - startedMs;
      this.#report({ kind: 'listed', resource: this.#resource, objects: snapshot.objects.length, durationMs });
    } catch (error) {
      if (!signal.aborted) this.#report({ kind: 'listFailed', resource: this.#resource, error });
      throw error;
    }
  }

  async #readPages(signal: AbortSignal): Promise<Snapshot<T>> {
    const { client, kind, namespace, pageSize: limit = 500, metadataOnly = false } = this.#options;
    const objects: T[] = [];
    let resourceVersion = '';
    let continueToken: string | undefined;
    do {
      const page = await client.listPage(kind, namespace, { limit, continueToken, metadataOnly, signal });
      // Each page is reduced at once, so that a large cluster never lies in memory whole.
      for (const object of page.objects) {
        const kept = this.#transformed(object);
        if (kept !== undefined) objects.push(kept);
      }
      resourceVersion = page.resourceVersion ?? resourceVersion;
      continueToken = page.continueToken;
    } while (continueToken !== undefined);
    if (resourceVersion === '') throw badAnswer(`LIST ${kind.plural}`, 'a list without resourceVersion');
    return { objects, resourceVersion };
  }

  /** @returns the number of frames, when the watch ended in due time or was taken for dead */
  async #watch(signal: AbortSignal): Promise<number> {
    const { clock, random, idleLimitMs = 180_000 } = this.#options;
    const timeoutSeconds = Math.round(watchSeconds.least + watchSeconds.spread * random());
    const startedMs = clock.monotonicMs();
    const link = linkAbort(signal);
    const quiet = new Error('the watch went quiet');
    const watchdog = new Watchdog(clock, {
      idleMs: idleLimitMs,
      totalMs: timeoutSeconds * 1_000 + overdueMs,
      stalled: () => link.abort(quiet),
    });
    let frames = 0;
    try {
      for await (const frame of this.#frames(timeoutSeconds, link.signal)) {
        watchdog.touch();
        this.#apply(frame);
        frames += 1;
      }
    } catch (error) {
      // Most likely nothing happened at all, and a new watch from here on costs next to nothing.
      if (error !== quiet) throw error;
    } finally {
      watchdog.stop();
      link.unlink();
    }
    signal.throwIfAborted();
    if (frames === 0 && clock.monotonicMs() - startedMs < shortestWatchMs) {
      throw badAnswer(`WATCH ${this.#resource}`, 'an empty watch');
    }
    return frames;
  }

  /** Opens a watch where the store is. */
  async *#frames(timeoutSeconds: number, signal: AbortSignal): AsyncGenerator<WatchFrame<K>> {
    const { client, kind, namespace, store, clock, metadataOnly = false } = this.#options;
    const resourceVersion = store.resourceVersion ?? '';
    const options = { resourceVersion, timeoutSeconds, metadataOnly, signal };
    const frames = await client.watch(kind, namespace, options);
    const cancelTimer = clock.schedule(soundAfterMs, () => this.#health.soundAgain());
    try {
      yield* frames;
    } finally {
      cancelTimer();
    }
  }

  #apply(frame: WatchFrame<K>): void {
    const { store } = this.#options;
    this.#health.frameCame();
    this.#report({ kind: 'frame', resource: this.#resource, frame: frame.kind });
    if (frame.kind === 'bookmark') {
      store.advance(frame.resourceVersion);
      return;
    }
    const kept = this.#transformed(frame.object);
    if (kept === undefined) store.advance(frame.object.metadata.resourceVersion);
    else if (frame.kind === 'deleted') store.remove(kept);
    else store.apply(kept);
  }

  /** One object that cannot be read must not cost all others. */
  #transformed(object: K): T | undefined {
    try {
      return this.#options.transform(object);
    } catch (error) {
      const { namespace, name } = object.metadata;
      this.#options.log.error({ resource: this.#resource, namespace, name, error: errorText(error) }, 'object ignored');
      return undefined;
    }
  }

  #report(activity: ReflectorActivity): void {
    this.#options.onActivity?.(activity);
  }

  get #resource(): string {
    return this.#options.kind.plural;
  }
}
