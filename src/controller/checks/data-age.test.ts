// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { CanaryStatus } from '../../api/canary-status.js';
import { dataAgeMs } from './data-age.js';

const nowMs = Date.UTC(2026, 0, 1, 12);

/** A status that was last written so many seconds ago. */
function written(secondsAgo: number): CanaryStatus {
  const lastTransitionTime = new Date(nowMs - secondsAgo * 1_000).toISOString();
  return { phase: 'Progressing', canaryWeight: 0, failedChecks: 0, iterations: 0, lastTransitionTime };
}

describe('R19: the age of the data of a revision', () => {
  it.each<readonly [name: string, weighted: number | undefined, status: CanaryStatus | undefined, seconds: number]>([
    ['since it has traffic', 42, written(5), 42],
    ['by a clock that was set back', -5, written(5), 0],
    ['where nothing tells, since the last record', undefined, written(4), 4],
    ['where nothing tells and no data comes: it grows, so that "too early" ends', undefined, written(90), 90],
    ['without any record', undefined, undefined, 0],
    ['with junk for a record', undefined, { ...written(1), lastTransitionTime: 'x' }, 0],
  ])('%s', (_name, weighted, status, seconds) => {
    const weightedSinceMs = weighted === undefined ? undefined : nowMs - weighted * 1_000;
    expect(dataAgeMs({ weightedSinceMs, status, nowMs })).toBe(seconds * 1_000);
  });
});
