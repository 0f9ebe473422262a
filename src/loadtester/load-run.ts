// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events';
import type { Clock } from '../lib/clock.js';
import { formatDuration } from '../lib/duration.js';
import { errorText } from '../lib/operator-error.js';
import { LatencyHistogram } from './latency-histogram.js';
import { LoadClient } from './load-client.js';
import type { LoadPlan } from './load-plan.js';
import type { Outcome, TaskRun } from './task-run.js';

export interface LoadDeps {
  readonly clock: Clock;
  /** Longest time that a load may take, whatever its plan says. */
  readonly limitMs: number;
}

/** A request that could not leave within this time of its moment is left out instead of being sent in a burst. */
const longestDelayMs = 1_000;

/**
 * Sends requests at a constant rate: each has its moment, and the moments are spread evenly. It fails when no request got
 * an answer; answers of any status count, for judging them is the analysis' task.
 */
export function startLoad(plan: LoadPlan, deps: LoadDeps, signal: AbortSignal): TaskRun {
  const finished = new LoadRun(plan, deps, signal).run().catch((error: unknown): Outcome => {
    return { failure: errorText(error), output: '' };
  });
  return { finished, gone: finished.then(() => undefined) };
}

class LoadRun {
  private readonly latencies = new LatencyHistogram();
  private readonly countByStatus = new Map<number, number>();
  private readonly countByError = new Map<string, number>();
  private nextRequest = 0;
  private sent = 0;
  private missed = 0;

  constructor(
    private readonly plan: LoadPlan,
    private readonly deps: LoadDeps,
    private readonly signal: AbortSignal,
  ) {}

  async run(): Promise<Outcome> {
    const { plan, deps } = this;
    const stop = new AbortController();
    // One listener per connection is meant.
    setMaxListeners(0, stop.signal);
    const client = new LoadClient(plan, deps.clock);
    const abort = (): void => {
      stop.abort();
      client.close();
    };
    this.signal.addEventListener('abort', abort, { once: true });
    if (this.signal.aborted) abort();
    const startMs = deps.clock.monotonicMs();
    const endMs = startMs + Math.min(plan.durationMs, deps.limitMs);
    const connections = Array.from({ length: plan.connections }, () =>
      this.sendRequests(client, { startMs, endMs }, stop.signal),
    );
    await Promise.all(connections);
    this.signal.removeEventListener('abort', abort);
    client.close();
    return this.outcome(deps.clock.monotonicMs() - startMs);
  }

  /** Takes the next request of the plan, waits for its moment, sends it, waits for the answer, and so on. */
  private async sendRequests(
    client: LoadClient,
    { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
    stop: AbortSignal,
  ): Promise<void> {
    const { clock } = this.deps;
    while (!stop.aborted) {
      const dueMs = startMs + (this.nextRequest * 1_000) / this.plan.rps;
      if (dueMs >= endMs) return;
      this.nextRequest += 1;
      const waitMs = dueMs - clock.monotonicMs();
      if (waitMs < -longestDelayMs) {
        this.missed += 1;
        continue;
      }
      if (waitMs > 0) await clock.sleep(waitMs, stop);
      await this.sendOne(client, stop);
    }
  }

  private async sendOne(client: LoadClient, stop: AbortSignal): Promise<void> {
    if (stop.aborted) return;
    const { clock } = this.deps;
    const sentMs = clock.monotonicMs();
    this.sent += 1;
    const answer = await client.send();
    if (answer.kind === 'failed') {
      count(this.countByError, answer.code);
      return;
    }
    this.latencies.record(clock.monotonicMs() - sentMs);
    count(this.countByStatus, answer.status);
  }

  private outcome(elapsedMs: number): Outcome {
    return { failure: this.failure(), output: this.report(elapsedMs) };
  }

  private failure(): string | undefined {
    if (this.signal.aborted) return 'stopped';
    return this.latencies.count === 0 ? 'no request was answered' : undefined;
  }

  private report(elapsedMs: number): string {
    const { latencies, sent, missed } = this;
    const rate = ((sent * 1_000) / Math.max(1, elapsedMs)).toFixed(1);
    const percentiles = [0.5, 0.9, 0.95, 0.99].map(
      (share) => `p${share * 100} ${milliseconds(latencies.percentileMs(share))}`,
    );
    const lines = [
      `requests: ${sent} in ${formatDuration(Math.round(elapsedMs))}, ${rate} per second`,
      `answers: ${listed(this.countByStatus)}`,
      `errors: ${listed(this.countByError)}`,
      `latency: mean ${milliseconds(latencies.meanMs)}, ${percentiles.join(', ')}, max ${milliseconds(latencies.maxMs)}`,
    ];
    if (missed > 0) lines.push(`left out, because all connections were busy: ${missed}`);
    return `${lines.join('\n')}\n`;
  }
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function listed(counts: ReadonlyMap<string | number, number>): string {
  const parts = [...counts].map(([key, times]) => `${key}: ${times}`);
  return parts.length === 0 ? 'none' : parts.sort().join(', ');
}

function milliseconds(durationMs: number): string {
  return `${durationMs.toFixed(1)}ms`;
}
