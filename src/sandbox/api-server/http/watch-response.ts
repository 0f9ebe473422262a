// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import type { ApiServer } from '../server/api-server.js';
import type { ListQuery } from '../server/list-objects.js';
import { StatusError } from '../status-error.js';
import type { Watch, WatchEvent } from '../store/watch.js';
import { renderBookmark, renderObject, type Rendering } from './representation.js';

export interface WatchRequest {
  readonly query: ListQuery;
  readonly timeoutSeconds: number | undefined;
  readonly allowsBookmarks: boolean;
  /** Everything that is there first, and a bookmark that says so. */
  readonly sendsInitialEvents: boolean;
  readonly rendering: Omit<Rendering, 'nowMs'>;
}

/** Bookmarks come once a minute, and once more shortly before the end. */
const bookmarkIntervalMs = 60_000;
const lastBookmarkMs = 2_000;
const defaultTimeoutMs = 30 * 60_000;

/** Answers a watch: one line for each event until the client goes, the time is up or the watcher is too slow. */
export function serveWatch(server: ApiServer, request: WatchRequest, response: ServerResponse): void {
  new WatchResponse(server, request, response).start();
}

class WatchResponse {
  readonly #cancels: (() => void)[] = [];
  #watch: Watch | undefined;
  #isFlushPending = false;
  #isBlocked = false;

  constructor(
    private readonly server: ApiServer,
    private readonly request: WatchRequest,
    private readonly response: ServerResponse,
  ) {}

  start(): void {
    const { query, rendering, sendsInitialEvents } = this.request;
    const resourceVersion = sendsInitialEvents ? '' : query.resourceVersion;
    try {
      this.#watch = this.server.watch(rendering.resource, {
        ...query,
        resourceVersion,
        onEvents: () => this.#scheduleFlush(),
      });
    } catch (error) {
      if (!(error instanceof StatusError) || error.status !== 410) throw error;
      // What is too old is told in the stream, as by a real server.
      this.#open();
      this.#send('ERROR', error.toStatus());
      this.response.end();
      return;
    }
    this.#open();
    this.#flush();
    if (sendsInitialEvents) this.#sendBookmark({ 'k8s.io/initial-events-end': 'true' });
    this.#startTimers();
    this.response.once('close', () => this.#stop());
    this.response.on('drain', () => {
      this.#isBlocked = false;
      this.#flush();
    });
  }

  #open(): void {
    this.response.writeHead(200, { 'Content-Type': 'application/json' });
    this.response.flushHeaders();
  }

  #startTimers(): void {
    const { clock } = this.server;
    const { timeoutSeconds, allowsBookmarks } = this.request;
    const timeoutMs = timeoutSeconds === undefined || timeoutSeconds <= 0 ? defaultTimeoutMs : timeoutSeconds * 1_000;
    this.#cancels.push(
      clock.schedule(timeoutMs, () => {
        this.#flush();
        this.#stop();
        this.response.end();
      }),
    );
    if (!allowsBookmarks) return;
    if (timeoutMs > lastBookmarkMs)
      this.#cancels.push(clock.schedule(timeoutMs - lastBookmarkMs, () => this.#sendBookmark()));
    this.#repeatBookmarks();
  }

  #repeatBookmarks(): void {
    const index = this.#cancels.length;
    const again = (): void => {
      this.#sendBookmark();
      this.#cancels[index] = this.server.clock.schedule(bookmarkIntervalMs, again);
    };
    this.#cancels[index] = this.server.clock.schedule(bookmarkIntervalMs, again);
  }

  /** After the write under way: it may put several events into the queue, and must not be held up. */
  #scheduleFlush(): void {
    if (this.#isFlushPending) return;
    this.#isFlushPending = true;
    queueMicrotask(() => {
      this.#isFlushPending = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#isBlocked || this.#watch === undefined || this.response.destroyed) return;
    for (const event of this.#watch.take()) this.#sendEvent(event);
    if (!this.#watch.isOpen) this.response.end();
  }

  #sendEvent({ type, object }: WatchEvent): void {
    const rendering = { ...this.request.rendering, nowMs: this.server.clock.nowMs() };
    this.#send(type, renderObject(object, rendering));
  }

  #sendBookmark(annotations?: Readonly<Record<string, string>>): void {
    this.#flush();
    if (this.#isBlocked || this.response.writableEnded) return;
    const rendering = { ...this.request.rendering, nowMs: 0 };
    this.#send('BOOKMARK', renderBookmark(this.server.resourceVersion, rendering, annotations));
  }

  #send(type: string, object: unknown): void {
    if (!this.response.write(`${JSON.stringify({ type, object })}\n`)) this.#isBlocked = true;
  }

  #stop(): void {
    for (const cancel of this.#cancels) cancel();
    this.#watch?.stop();
  }
}
