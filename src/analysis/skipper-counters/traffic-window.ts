// SPDX-License-Identifier: Apache-2.0
import type { Traffic } from '../traffic.js';
import type { CounterSeries } from './counter-series.js';

/** Traffic that is still being added to. */
class TrafficSum implements Traffic {
  requests = 0;
  failures = 0;
  uncoded = 0;
  timed = 0;
  seconds = 0;
  readonly buckets = new Map<number, number>();

  addGrowth(series: CounterSeries, growth: number): void {
    switch (series.kind) {
      case 'count':
        this.requests += growth;
        this.timed += growth;
        // Backends are counted without any code: what they answered, nobody can tell.
        if (series.code === undefined) this.uncoded += series.place === 'served' ? growth : 0;
        else if (/^5..$/.test(series.code)) this.failures += growth;
        return;
      case 'unanswered':
        this.requests += growth;
        this.failures += growth;
        return;
      case 'sum':
        this.seconds += growth;
        return;
      case 'bucket':
        this.addToBucket(series.le, growth);
        return;
    }
  }

  addTraffic({ requests, failures, uncoded, timed, seconds, buckets }: Traffic): void {
    this.requests += requests;
    this.failures += failures;
    this.uncoded += uncoded;
    this.timed += timed;
    this.seconds += seconds;
    for (const [bound, count] of buckets) this.addToBucket(bound, count);
  }

  private addToBucket(bound: number, count: number): void {
    this.buckets.set(bound, (this.buckets.get(bound) ?? 0) + count);
  }
}

/** The time in which something happened; when exactly, nobody knows. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

interface Slot {
  readonly openedMs: number;
  fromMs: number;
  readonly traffic: TrafficSum;
}

/** What replicas report within this time shares one slot: memory depends on time, not on the number of replicas. */
const slotMs = 1_000;

/** The traffic of one variant over all replicas, second by second, as far back as it is kept. Times are monotonic. */
export class TrafficWindow {
  private slots: Slot[] = [];
  private keptMs = 0;

  /** Keeps at least so much from now on. */
  keep(ms: number): void {
    this.keptMs = Math.max(this.keptMs, ms);
  }

  /** Takes in how much a counter grew. `span.toMs` never goes back. */
  add(span: Span, series: CounterSeries, growth: number): void {
    if (growth <= 0) return;
    const slot = this.slotOf(span);
    slot.fromMs = Math.min(slot.fromMs, span.fromMs);
    slot.traffic.addGrowth(series, growth);
  }

  /** What surely happened at or after a moment: what may have happened before it is left out whole. */
  since(ms: number): Traffic {
    const sum = new TrafficSum();
    for (const { fromMs, traffic } of this.slots) if (fromMs >= ms) sum.addTraffic(traffic);
    return sum;
  }

  private slotOf({ fromMs, toMs }: Span): Slot {
    const last = this.slots.at(-1);
    if (last !== undefined && toMs < last.openedMs + slotMs) return last;
    const oldest = toMs - this.keptMs - slotMs;
    if (this.slots[0] !== undefined && this.slots[0].openedMs < oldest)
      this.slots = this.slots.filter(({ openedMs }) => openedMs >= oldest);
    const slot = { openedMs: toMs, fromMs, traffic: new TrafficSum() };
    this.slots.push(slot);
    return slot;
  }
}
