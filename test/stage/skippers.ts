// SPDX-License-Identifier: Apache-2.0
import type { ApiServer } from '../../src/sandbox/api-server/index.js';
import { faultOf } from '../../src/sandbox/podinfo/pod-behaviour.js';
import { clusterSource } from '../../src/sandbox/local-cluster/cluster-source.js';
import { buildRouteTable, selectRoute, type Route, type RouteTable } from '../../src/sandbox/skipper-double/index.js';
import { defaultRouteOptions } from '../../src/sandbox/skipper-double/ingress-routes.js';
import { teeLoopbackHeader } from '../../src/sandbox/skipper-double/predicates.js';
import { changeHeaders } from '../../src/sandbox/skipper-double/proxy-headers.js';
import { RoutePoller } from '../../src/sandbox/skipper-double/route-poller.js';
import { SkipperMetrics } from '../../src/sandbox/skipper-double/skipper-metrics.js';
import type { RoutedRequest } from '../../src/sandbox/skipper-double/routed-request.js';
import type { Clock } from '../../src/lib/clock.js';
import { silentLogger } from '../../src/lib/logger.js';
import type { Random } from '../../src/lib/random.js';

/** What a user got. */
export interface Answer {
  readonly status: number;
  /** Empty when no pod answered. */
  readonly version: string;
  /** Lines of `Set-Cookie`. */
  readonly cookies: readonly string[];
}

export interface SkippersDeps {
  readonly api: ApiServer;
  readonly clock: Clock;
  readonly random: Random;
  /** The version that runs at an address of a pod; undefined where nobody listens. */
  readonly versionAt: (address: string) => string | undefined;
}

interface Replica {
  readonly url: string;
  readonly metrics: SkipperMetrics;
  table: RouteTable;
  /** What it last told of its counters; undefined when they have changed since. */
  page: Promise<string> | undefined;
}

const pollMs = 3_000;
const replicaCount = 2;
/** Copies of copies, as Skipper limits them. */
const maxLoopbacks = 9;
const answerSeconds = 0.02;
/** What the checks read, and no more: most of the time of a rollout goes into these pages. */
const metricsOptions = { bucketsSeconds: [0.1], serveRoute: true, serveHost: false, response: false };

/**
 * Replicas of Skipper as the double has them, without HTTP: each reads the cluster at its own moments, and a request is
 * answered at once by the pod that it would reach.
 */
export class Skippers {
  /** Requests that a real Skipper would have routed at random. */
  ambiguous = 0;
  /** Copies of requests that were answered, by version. */
  readonly copies = new Map<string, number>();
  readonly #replicas: readonly Replica[];

  constructor(private readonly deps: SkippersDeps) {
    this.#replicas = Array.from({ length: replicaCount }, (_, index) => ({
      url: `http://skipper-${index}:9911`,
      metrics: new SkipperMetrics(metricsOptions),
      table: buildRouteTable({ ingresses: [], services: [], endpointSlices: [] }),
      page: undefined,
    }));
  }

  start(): void {
    const { api, clock } = this.deps;
    this.#replicas.forEach((replica, index) => {
      const poller = new RoutePoller({
        source: clusterSource(api),
        clock,
        log: silentLogger,
        pollMs,
        options: defaultRouteOptions,
        onTable: (table) => (replica.table = table),
      });
      // Never at the same moment: what one knows, the other may not know yet.
      clock.schedule((index * pollMs) / replicaCount, () => void poller.run(new AbortController().signal));
    });
  }

  /** Where each replica tells what it counted. */
  get metricsUrls(): readonly string[] {
    return this.#replicas.map(({ url }) => url);
  }

  metricsAt(url: string): Promise<string> {
    const replica = this.#replicas.find((each) => url.startsWith(each.url));
    if (replica === undefined) throw new Error(`there is no Skipper at ${url}`);
    return (replica.page ??= replica.metrics.text());
  }

  /** Sends a request to some replica. */
  ask(request: RoutedRequest): Answer {
    const replica = this.#replicas[Math.floor(this.deps.random() * this.#replicas.length)];
    if (replica === undefined) throw new Error('there is no Skipper');
    replica.page = undefined;
    const { answer, route } = this.#resolve(replica, request, 0);
    replica.metrics.served(
      { code: answer.status, method: request.method, routeId: route?.id ?? '_unknownroute_', host: request.host },
      answerSeconds,
    );
    return answer;
  }

  #resolve(replica: Replica, request: RoutedRequest, loopbacks: number): { answer: Answer; route: Route | undefined } {
    const selection = selectRoute(replica.table, request, this.deps.random);
    if (selection === undefined) return { answer: { status: 404, version: '', cookies: [] }, route: undefined };
    const { route, ambiguousWith } = selection;
    if (ambiguousWith !== undefined) this.ambiguous += 1;
    if (loopbacks < maxLoopbacks) this.#mirror(replica, { route, request, loopbacks });
    return { answer: this.#answer(replica, route), route };
  }

  #mirror(
    replica: Replica,
    { route, request, loopbacks }: { route: Route; request: RoutedRequest; loopbacks: number },
  ): void {
    for (const effect of route.effects) {
      if (effect.kind !== 'mirror') continue;
      const headers = { ...request.headers, [teeLoopbackHeader]: [effect.key] };
      const { answer } = this.#resolve(replica, { ...request, headers }, loopbacks + 1);
      this.copies.set(answer.version, (this.copies.get(answer.version) ?? 0) + 1);
    }
  }

  /** A pod that is gone is a failed connection, which Skipper tries once more at another one. */
  #answer({ metrics }: Replica, route: Route): Answer {
    const { backend, effects, id } = route;
    const urls = backend.kind === 'network' ? backend.urls : [];
    const start = Math.floor(this.deps.random() * urls.length);
    const attempts = [0, 1].slice(0, urls.length).map((turn) => new URL(urls[(start + turn) % urls.length] ?? ''));
    const changes = effects.flatMap((effect) => (effect.kind === 'responseHeader' ? [effect.change] : []));
    for (const { hostname, host } of attempts) {
      const version = this.deps.versionAt(hostname);
      if (version === undefined) {
        metrics.backendFailed(id);
        continue;
      }
      const status = faultOf(version) === 'error' ? 500 : 200;
      metrics.backendAnswered({ routeId: id, host, code: status }, answerSeconds);
      return { status, version, cookies: changeHeaders({}, changes)['set-cookie'] ?? [] };
    }
    return { status: backend.kind === 'network' ? 502 : 404, version: '', cookies: [] };
  }
}
