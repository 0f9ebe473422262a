// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { Random } from '../../lib/random.js';
import { EndpointPools, type Dial } from './endpoint-pools.js';
import { defaultRouteOptions, type RouteOptions } from './ingress-routes.js';
import { listen, type ListenAddress, type Listener } from './listener.js';
import { defaultProxyOptions, Proxy, type ProxyOptions } from './proxy.js';
import { RoutePoller } from './route-poller.js';
import { buildRouteTable, type RouteTable } from './route-table.js';
import { defaultMetricsOptions, SkipperMetrics, type SkipperMetricsOptions } from './skipper-metrics.js';
import type { SnapshotSource } from './snapshot.js';
import { createSupportHandler } from './support-listener.js';

export interface SkipperDoubleDeps {
  readonly source: SnapshotSource;
  /** Where clients are served. */
  readonly listen: ListenAddress;
  /** Where /metrics and /routes are served. */
  readonly support: ListenAddress;
  /** Pause between two reads of the cluster. Skipper: 3000. */
  readonly pollMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** How endpoints are reached; directly when left out. */
  readonly dial?: Dial;
  readonly routes?: Partial<RouteOptions>;
  readonly proxy?: Partial<ProxyOptions>;
  readonly metrics?: Partial<SkipperMetricsOptions>;
}

export interface SkipperDouble {
  /**
   * Reads the cluster once, listens, and goes on polling. When the cluster cannot be read it starts without routes, as
   * Skipper does. Rejects when an address cannot be bound.
   */
  start(): Promise<{ readonly url: string; readonly supportUrl: string }>;
  /** Cuts all connections and waits until nothing runs any more. A stopped double cannot be started again. */
  stop(): Promise<void>;
  /** The table in use. */
  table(): RouteTable;
  /** Requests for which a real Skipper would have chosen among equal routes at random: a test should find 0. */
  ambiguous(): number;
}

/** A stand-in for Skipper: an HTTP proxy that routes by the Ingresses of a cluster under Skipper's rules. */
export function createSkipperDouble(deps: SkipperDoubleDeps): SkipperDouble {
  return new RunnableDouble(deps);
}

class RunnableDouble implements SkipperDouble {
  private readonly stopping = new AbortController();
  private readonly pools: EndpointPools;
  private readonly metrics: SkipperMetrics;
  private readonly proxy: Proxy;
  private readonly poller: RoutePoller;
  private readonly listeners: Listener[] = [];
  private current = buildRouteTable({ ingresses: [], services: [], endpointSlices: [] });
  private updatedAtMs = 0;
  private polling: Promise<void> | undefined;

  constructor(private readonly deps: SkipperDoubleDeps) {
    const { clock, random, log, source, pollMs } = deps;
    this.pools = new EndpointPools(deps.dial);
    this.metrics = new SkipperMetrics({ ...defaultMetricsOptions, ...deps.metrics });
    this.proxy = new Proxy({
      table: () => this.current,
      pools: this.pools,
      metrics: this.metrics,
      clock,
      random,
      log,
      options: { ...defaultProxyOptions, ...deps.proxy },
    });
    this.poller = new RoutePoller({
      source,
      clock,
      log,
      pollMs,
      options: { ...defaultRouteOptions, ...deps.routes },
      onTable: (table) => this.apply(table),
    });
  }

  async start(): Promise<{ readonly url: string; readonly supportUrl: string }> {
    const { signal } = this.stopping;
    await this.poller.poll(signal);
    const proxy = await this.listen(this.deps.listen, (request, response) => this.proxy.handle(request, response));
    const support = await this.listen(
      this.deps.support,
      createSupportHandler({ table: () => this.current, updatedAtMs: () => this.updatedAtMs, metrics: this.metrics }),
    );
    this.polling = this.poller.run(signal);
    return { url: proxy.url, supportUrl: support.url };
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.listeners.map((listener) => listener.close()));
    this.pools.close();
    await this.polling;
  }

  table(): RouteTable {
    return this.current;
  }

  ambiguous(): number {
    return this.metrics.ambiguousCount;
  }

  private async listen(...args: Parameters<typeof listen>): Promise<Listener> {
    const listener = await listen(...args);
    this.listeners.push(listener);
    return listener;
  }

  private apply(table: RouteTable): void {
    this.current = table;
    this.updatedAtMs = this.deps.clock.nowMs();
    for (const { route, reason } of table.dropped) this.metrics.routeDropped(route.id, reason);
    this.metrics.routesUpdated(this.updatedAtMs, table.routes.length);
    this.pools.retain(new Set(table.routes.flatMap(({ backend }) => (backend.kind === 'network' ? backend.urls : []))));
  }
}
