// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../lib/clock.js';
import { createConcurrencyLimit } from '../../lib/concurrency-limit.js';
import type { HttpClient } from '../../lib/http-client.js';
import type { Logger } from '../../lib/logger.js';
import { errorText } from '../../lib/operator-error.js';
import { redactUrl } from '../../lib/redact-url.js';
import { MetricQueryError } from '../providers/provider.js';
import type { CounterPage } from './counter-page.js';
import { scrapePeriodMs } from './pace.js';
import type { RouteSelection } from './route-selection.js';
import { scrapePage } from './scrape-page.js';

/** Where the replicas of Skipper are. */
export interface ReplicaSource {
  /** Base URLs of their metrics, each once. Asked again and again while an analysis runs. */
  list(signal: AbortSignal): Promise<readonly string[]>;
  /** For messages: where they are looked for. */
  readonly place: string;
}

export interface ReplicaScraperDeps {
  readonly clock: Clock;
  readonly http: HttpClient;
  readonly log: Logger;
  readonly replicas: ReplicaSource;
  /** Which routes are wanted now. */
  readonly selection: () => RouteSelection;
  /** Told of every page that was read, and of the one before it from the same replica. */
  readonly onPage: (page: CounterPage, before: CounterPage | undefined) => void;
}

interface Replica {
  readonly abort: AbortController;
  /** The last page; undefined before the first. */
  page: CounterPage | undefined;
  /** Why the last attempt gave none; undefined when it did. */
  failure: string | undefined;
  /** From the begin of the last scrape to that of the next. */
  periodMs: number;
}

type Search =
  { readonly kind: 'running' } | { readonly kind: 'done' } | { readonly kind: 'failed'; readonly problem: string };

/** Bounds the memory; enough that a few replicas that do not answer hold nobody up. */
const scrapesAtATime = 8;
/** So often the replicas are looked for anew. */
const searchPeriodMs = 10_000;
/** While none is known, every check that asks fails. */
const firstSearchPeriodMs = 2_000;
/** All replicas may miss a scrape or two before the data counts as lost. */
const toleratedSilenceMs = 5_000;
/** Replicas that are asked whether they can be used. */
const probedReplicas = 3;

/** Finds the replicas of Skipper and reads each at its own pace, from `start` to `stop`. */
export class ReplicaScraper {
  private readonly known = new Map<string, Replica>();
  private readonly limit = createConcurrencyLimit(scrapesAtATime);
  private search: Search = { kind: 'running' };
  private session: AbortController | undefined;

  constructor(private readonly deps: ReplicaScraperDeps) {}

  /** Does nothing while it runs. */
  start(): void {
    if (this.session !== undefined) return;
    this.session = new AbortController();
    this.deps.log.debug({ place: this.deps.replicas.place }, 'reading the counters of Skipper');
    void this.keepSearching(this.session.signal);
  }

  /** Forgets everything. */
  stop(): void {
    this.session?.abort();
    this.session = undefined;
    this.search = { kind: 'running' };
    for (const { abort } of this.known.values()) abort.abort();
    this.known.clear();
  }

  get knownReplicas(): number {
    return this.known.size;
  }

  /** Replicas whose last scrape succeeded. */
  get answeringReplicas(): number {
    return this.answering().length;
  }

  /** Time between two pages of the replica that answers and is read least often. */
  get longestPeriodMs(): number {
    const periods = [...this.known.values()].map(({ failure, periodMs }) => (failure === undefined ? periodMs : 0));
    return Math.max(0, ...periods);
  }

  /** @throws MetricQueryError when the replicas cannot be found or read, or do not count by route */
  assertUsable(): void {
    if (this.search.kind === 'failed' && this.known.size === 0) throw this.searchFailed(this.search.problem);
    if (this.search.kind === 'done' && this.known.size === 0) throw this.noReplica();
    this.assertAnswering();
    const pages = this.answering();
    if (pages.some(({ facts }) => facts.hasServed) && !pages.some(({ facts }) => facts.countsRoutes))
      throw new MetricQueryError('Skipper runs without -serve-route-metrics: it counts no requests by route');
  }

  /** Reads one page of some replica. @throws MetricQueryError when there is none, or none that answers */
  async checkOnline(signal: AbortSignal): Promise<void> {
    const addresses = await this.deps.replicas.list(signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw this.searchFailed(errorText(error));
    });
    let problem: unknown = this.noReplica();
    for (const address of addresses.slice(0, probedReplicas)) {
      try {
        await scrapePage(address, this.deps.selection(), this.deps, signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        problem = error;
      }
    }
    throw problem;
  }

  private answering(): readonly CounterPage[] {
    return [...this.known.values()].flatMap(({ page, failure }) =>
      page === undefined || failure !== undefined ? [] : [page],
    );
  }

  private assertAnswering(): void {
    const all = [...this.known.values()];
    const [failure] = all.flatMap((replica) => replica.failure ?? []);
    if (failure === undefined || all.some((replica) => replica.failure === undefined)) return;
    const lastMs = Math.max(...all.map(({ page }) => page?.taken.toMs ?? Number.NEGATIVE_INFINITY));
    if (lastMs >= this.deps.clock.monotonicMs() - toleratedSilenceMs) return;
    throw new MetricQueryError(`none of the ${all.length} replicas of Skipper answers: ${failure}`);
  }

  private searchFailed(problem: string): MetricQueryError {
    return new MetricQueryError(`the replicas of Skipper cannot be found by ${this.deps.replicas.place}: ${problem}`);
  }

  private noReplica(): MetricQueryError {
    return new MetricQueryError(`no replica of Skipper found by ${this.deps.replicas.place}`);
  }

  private async keepSearching(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.searchOnce(signal);
      await this.deps.clock.sleep(this.known.size === 0 ? firstSearchPeriodMs : searchPeriodMs, signal);
    }
  }

  private async searchOnce(signal: AbortSignal): Promise<void> {
    const { replicas, log } = this.deps;
    try {
      const addresses = await replicas.list(signal);
      if (!signal.aborted) this.adopt(new Set(addresses));
    } catch (error) {
      if (signal.aborted) return;
      // Those that are known stay: nobody has said that they are gone.
      const problem = errorText(error);
      const isNews = this.search.kind !== 'failed' || this.search.problem !== problem;
      this.search = { kind: 'failed', problem };
      if (isNews) log.warn({ error: problem, place: replicas.place }, 'cannot look for the replicas of Skipper');
    }
  }

  private adopt(addresses: ReadonlySet<string>): void {
    this.search = { kind: 'done' };
    for (const [address, { abort }] of this.known) {
      if (addresses.has(address)) continue;
      abort.abort();
      this.known.delete(address);
    }
    for (const address of addresses) {
      if (this.known.has(address)) continue;
      const replica = { abort: new AbortController(), page: undefined, failure: undefined, periodMs: 0 };
      this.known.set(address, replica);
      void this.follow(address, replica);
    }
  }

  private async follow(address: string, replica: Replica): Promise<void> {
    const { clock } = this.deps;
    const { signal } = replica.abort;
    while (!signal.aborted) {
      const cost = await this.scrape(address, replica);
      replica.periodMs = scrapePeriodMs(cost, this.known.size);
      await clock.sleep(Math.max(0, replica.periodMs - cost.durationMs), signal);
    }
  }

  /** @returns what it cost; never rejects */
  private async scrape(address: string, replica: Replica): Promise<{ durationMs: number; bytes: number }> {
    const { clock, selection, onPage } = this.deps;
    const { signal } = replica.abort;
    let startedMs = clock.monotonicMs();
    try {
      const page = await this.limit.run(
        'skipper',
        () => {
          startedMs = clock.monotonicMs();
          return scrapePage(address, selection(), this.deps, signal);
        },
        signal,
      );
      if (!signal.aborted) {
        onPage(page, replica.page);
        replica.page = page;
        this.note(address, replica, undefined);
      }
    } catch (error) {
      if (!signal.aborted) this.note(address, replica, errorText(error));
    }
    return { durationMs: clock.monotonicMs() - startedMs, bytes: replica.page?.facts.bytes ?? 0 };
  }

  private note(address: string, replica: Replica, failure: string | undefined): void {
    const fields = { address: redactUrl(address), error: failure };
    if (failure !== undefined && replica.failure === undefined)
      this.deps.log.warn(fields, 'a replica of Skipper cannot be read');
    if (failure === undefined && replica.failure !== undefined)
      this.deps.log.info({ address: fields.address }, 'a replica of Skipper can be read again');
    replica.failure = failure;
  }
}
