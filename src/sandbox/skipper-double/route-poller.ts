// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import { errorText } from '../../lib/operator-error.js';
import type { RouteOptions } from './ingress-routes.js';
import { buildRouteTable, type RouteTable } from './route-table.js';
import type { SnapshotSource } from './snapshot.js';

export interface RoutePollerDeps {
  readonly source: SnapshotSource;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pollMs: number;
  readonly options: RouteOptions;
  /** Called with each table that differs from the one before. */
  readonly onTable: (table: RouteTable) => void;
}

/** A read that takes longer counts as failed. */
const readTimeoutMs = 10_000;

/** Reads the cluster again and again on its own clock. While it cannot be read, the last table stays. */
export class RoutePoller {
  private current: RouteTable | undefined;

  constructor(private readonly deps: RoutePollerDeps) {}

  /** Reads once. Never rejects. */
  async poll(signal: AbortSignal): Promise<void> {
    const { source, clock, log, options, onTable } = this.deps;
    const deadline = new AbortController();
    const cancel = clock.schedule(readTimeoutMs, () => deadline.abort());
    try {
      const table = buildRouteTable(await source.snapshot(AbortSignal.any([signal, deadline.signal])), options);
      if (table.fingerprint === this.current?.fingerprint) return;
      this.current = table;
      this.report(table);
      onTable(table);
    } catch (error) {
      if (!signal.aborted) log.warn({ error: errorText(error) }, 'the cluster cannot be read, the last routes stay');
    } finally {
      cancel();
    }
  }

  /** Polls until the signal is aborted, one pause after the other. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, pollMs } = this.deps;
    for (;;) {
      await clock.sleep(pollMs, signal);
      if (signal.aborted) return;
      await this.poll(signal);
    }
  }

  private report(table: RouteTable): void {
    const { log } = this.deps;
    for (const { route, message } of table.dropped) log.error({ route: route.id, error: message }, 'route dropped');
    for (const problem of table.problems) log.warn({ problem }, 'the routes are not what their author meant');
    log.info({ routes: table.routes.length }, 'route settings applied');
  }
}
