// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { CanaryStatus } from '../api/canary-status.js';
import { dataAgeMs } from './data-age.js';

const nowMs = Date.UTC(2026, 0, 1, 12);

/** A status that was last written so many seconds ago. */
function written(secondsAgo: number, counted: Partial<CanaryStatus> = {}): CanaryStatus {
  const lastTransitionTime = new Date(nowMs - secondsAgo * 1_000).toISOString();
  return { phase: 'Progressing', canaryWeight: 0, failedChecks: 0, iterations: 0, lastTransitionTime, ...counted };
}

describe('R19: the age of the data of a revision', () => {
  it.each<readonly [name: string, weighted: number | undefined, status: CanaryStatus | undefined, seconds: number]>([
    ['with weight: since it has weight', 42, written(5, { iterations: 3 }), 42],
    ['with weight, by a clock that was set back', -5, written(5), 0],
    ['blue/green, just begun', undefined, written(4), 4],
    ['blue/green, without data so far: it grows, and "too early" ends', undefined, written(90), 90],
    ['blue/green, at its first iteration', undefined, written(10, { iterations: 1 }), 10],
    ['blue/green, later', undefined, written(10, { iterations: 4 }), 40],
    ['blue/green, with failed checks', undefined, written(3, { iterations: 2, failedChecks: 2 }), 33],
    ['without any record', undefined, undefined, 0],
    ['with junk for a record', undefined, { ...written(1), lastTransitionTime: 'x' }, 0],
  ])('%s', (_name, weighted, status, seconds) => {
    const weightedSinceMs = weighted === undefined ? undefined : nowMs - weighted * 1_000;
    expect(dataAgeMs({ weightedSinceMs, status, intervalMs: 10_000, nowMs })).toBe(seconds * 1_000);
  });
});
