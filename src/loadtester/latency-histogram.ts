// SPDX-License-Identifier: Apache-2.0

/** Ratio of the ends of a bucket: percentiles are at most this much too high. */
const growth = 1.02;
const smallestMs = 0.01;

/** Durations in buckets that grow geometrically: any number of them in constant memory, percentiles within 2 %. */
export class LatencyHistogram {
  private readonly counts: number[] = [];
  private total = 0;
  private sumMs = 0;
  private highestMs = 0;

  record(durationMs: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log(durationMs / smallestMs) / Math.log(growth)));
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.total += 1;
    this.sumMs += durationMs;
    this.highestMs = Math.max(this.highestMs, durationMs);
  }

  get count(): number {
    return this.total;
  }

  get meanMs(): number {
    return this.total === 0 ? 0 : this.sumMs / this.total;
  }

  get maxMs(): number {
    return this.highestMs;
  }

  /** The duration that the given share (0 to 1) of all does not exceed; 0 when there are none. */
  percentileMs(share: number): number {
    let left = Math.max(1, Math.ceil(share * this.total));
    for (const [bucket, count = 0] of this.counts.entries()) {
      left -= count;
      if (left <= 0) return Math.min(this.highestMs, smallestMs * growth ** bucket);
    }
    return this.highestMs;
  }
}
