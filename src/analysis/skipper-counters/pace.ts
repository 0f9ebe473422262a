// SPDX-License-Identifier: Apache-2.0

/** What one scrape of a replica cost. */
export interface ScrapeCost {
  readonly durationMs: number;
  readonly bytes: number;
}

/** A quick replica with a small page is scraped this often. */
const shortestPeriodMs = 1_000;
/** However much a scrape costs: older data would make checks blind. */
const longestPeriodMs = 15_000;
/** A replica spends at most this share of its time on answering us. */
const replicaShare = 0.1;
/** Read from all replicas together, decompressed: about a fifth of a core here (see the benchmark). */
const budgetBytesPerSecond = 50_000_000;

/** From the begin of a scrape to the begin of the next one at the same replica. */
export function scrapePeriodMs({ durationMs, bytes }: ScrapeCost, replicas: number): number {
  const wanted = Math.max(durationMs / replicaShare, ((bytes * replicas) / budgetBytesPerSecond) * 1_000);
  return Math.min(longestPeriodMs, Math.max(shortestPeriodMs, wanted));
}
