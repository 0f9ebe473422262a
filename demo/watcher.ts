// SPDX-License-Identifier: Apache-2.0
import { objectAt, objectsAt, numberAt, textAt, type JsonObject } from '../src/sandbox/api-server/json.js';
import type { ApiServer, Watch } from '../src/sandbox/api-server/index.js';
import type { Clock } from '../src/lib/clock.js';
import type { Visitors } from '../src/sandbox/local-cluster/index.js';
import type { DemoView, SaidLine, VariantView } from './frame.js';
import { rateBetween, readRouteCounts, type RouteCounts } from './route-counters.js';

/** Rates are those of this last part of time. */
const windowMs = 3_000;

export interface WatcherDeps {
  readonly api: ApiServer;
  readonly clock: Clock;
  readonly visitors: Visitors;
  /** Of Skipper. */
  readonly metricsUrl: string;
}

/** Looks at the cluster from outside: the Canary, its Events, Skipper's counters, what visitors get. */
export class Watcher {
  readonly #events: Watch;
  readonly #said: SaidLine[] = [];
  readonly #startMs: number;
  #counts: readonly { readonly atMs: number; readonly counts: RouteCounts }[] = [];
  act = '';

  constructor(private readonly deps: WatcherDeps) {
    this.#startMs = deps.clock.monotonicMs();
    const events = deps.api.resource('', 'v1', 'events');
    this.#events = deps.api.watch(events, { namespace: 'test', onEvents: () => undefined });
  }

  stop(): void {
    this.#events.stop();
  }

  /** Reads what is new. */
  async look(): Promise<void> {
    const atMs = this.#elapsedMs();
    for (const { type, object } of this.#events.take()) {
      const isOfCanary = objectAt(object, 'involvedObject').kind === 'Canary';
      // A message that is repeated at once raises a count instead.
      if (type !== 'DELETED' && isOfCanary) {
        this.#said.push({ atMs, type: textAt(object, 'type'), message: textAt(object, 'message') });
      }
    }
    const page = await (await fetch(`${this.deps.metricsUrl}/metrics`)).text();
    const kept = this.#counts.filter((each) => each.atMs > atMs - windowMs);
    this.#counts = [...kept, { atMs, counts: readRouteCounts(page) }];
  }

  /** What was said since the n-th message. */
  messages(from = 0): readonly string[] {
    return this.#said.slice(from).map(({ message }) => message);
  }

  phase(): string {
    return textAt(this.#canary('status'), 'phase');
  }

  /** Answers of 500 and above since the start. */
  errors(): { readonly primary: number; readonly canary: number } {
    const last = this.#counts.at(-1)?.counts;
    return { primary: last?.primary.errors ?? 0, canary: last?.canary.errors ?? 0 };
  }

  view(): DemoView {
    const status = this.#canary('status');
    const { visits, failed } = this.deps.visitors.totals();
    const weight = numberAt(status, 'canaryWeight') ?? 0;
    return {
      elapsedMs: this.#elapsedMs(),
      act: this.act,
      phase: textAt(status, 'phase'),
      failedChecks: numberAt(status, 'failedChecks') ?? 0,
      threshold: numberAt(objectAt(this.#canary('spec'), 'analysis'), 'threshold') ?? 0,
      variants: [this.#variant('primary', 100 - weight), this.#variant('canary', weight)],
      said: this.#said,
      visits,
      failedVisits: failed,
    };
  }

  /** Tag of the image that a Deployment runs; empty when there is none. */
  version(deployment: string): string {
    const { api } = this.deps;
    const found = api.find(api.resource('apps', 'v1', 'deployments'), { namespace: 'test', name: deployment });
    if (found === undefined) return '';
    const template = objectAt(objectAt(found, 'spec'), 'template');
    const [container = {}] = objectsAt(objectAt(template, 'spec'), 'containers');
    return textAt(container, 'image').split(':').at(-1) ?? '';
  }

  #variant(name: VariantView['name'], weight: number): VariantView {
    const first = this.#counts[0];
    const last = this.#counts.at(-1);
    const seconds = first === undefined || last === undefined ? 0 : (last.atMs - first.atMs) / 1_000;
    const rate =
      first === undefined || last === undefined
        ? undefined
        : rateBetween(first.counts[name], last.counts[name], seconds);
    return { name, version: this.version(name === 'primary' ? 'podinfo-primary' : 'podinfo'), weight, rate };
  }

  #canary(part: 'spec' | 'status'): JsonObject {
    const { api } = this.deps;
    const canaries = api.resource('flagger.app', 'v1beta1', 'canaries');
    const found = api.find(canaries, { namespace: 'test', name: 'podinfo' });
    return found === undefined ? {} : objectAt(found, part);
  }

  #elapsedMs(): number {
    return this.deps.clock.monotonicMs() - this.#startMs;
  }
}
