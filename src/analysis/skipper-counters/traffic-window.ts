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
/** Slots older than this are merged; younger ones are needed to the second, by revisions that have just got weight. */
const preciseMs = 120_000;
/** Into so many, about: a long window loses at most this part of itself at its beginning. */
const mergedSlots = 120;

/** The traffic of one variant over all replicas, second by second, as far back as it is kept. Times are monotonic. */
export class TrafficWindow {
  /** Oldest first. */
  private readonly merged: Slot[] = [];
  private readonly precise: Slot[] = [];
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
    for (const slots of [this.merged, this.precise])
      for (const { fromMs, traffic } of slots) if (fromMs >= ms) sum.addTraffic(traffic);
    return sum;
  }

  private slotOf({ fromMs, toMs }: Span): Slot {
    const last = this.precise.at(-1);
    if (last !== undefined && toMs < last.openedMs + slotMs) return last;
    this.age(toMs);
    const slot = { openedMs: toMs, fromMs, traffic: new TrafficSum() };
    this.precise.push(slot);
    return slot;
  }

  private age(nowMs: number): void {
    const old = this.precise.findIndex(({ openedMs }) => openedMs >= nowMs - Math.min(preciseMs, this.keptMs + slotMs));
    const aged = this.precise.splice(0, old === -1 ? this.precise.length : old);
    for (const slot of aged) this.merge(slot);
    const oldestMs = nowMs - this.keptMs - this.mergedSlotMs;
    const kept = this.merged.findIndex(({ openedMs }) => openedMs >= oldestMs);
    this.merged.splice(0, kept === -1 ? this.merged.length : kept);
  }

  private merge(slot: Slot): void {
    const last = this.merged.at(-1);
    if (last === undefined || slot.openedMs >= last.openedMs + this.mergedSlotMs) {
      this.merged.push(slot);
      return;
    }
    last.fromMs = Math.min(last.fromMs, slot.fromMs);
    last.traffic.addTraffic(slot.traffic);
  }

  private get mergedSlotMs(): number {
    return Math.max(slotMs, this.keptMs / mergedSlots);
  }
}
