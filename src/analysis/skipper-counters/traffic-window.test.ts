// SPDX-License-Identifier: Apache-2.0
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import type { CounterSeries } from './counter-series.js';
import { TrafficWindow } from './traffic-window.js';

const requests: CounterSeries = { place: 'served', route: 'r', code: '200', kind: 'count' };

/** A window into which each second one request came, up to `seconds`. */
function filled(keptMs: number, seconds: number): TrafficWindow {
  const window = new TrafficWindow();
  window.keep(keptMs);
  for (let second = 0; second < seconds; second += 1)
    window.add({ fromMs: second * 1_000, toMs: second * 1_000 + 900 }, requests, 1);
  return window;
}

describe('TrafficWindow', () => {
  it('is exact over the last two minutes, however long it is', () => {
    const window = filled(3_600_000, 4_000);
    for (const seconds of [1, 5, 30, 119]) expect(window.since((4_000 - seconds) * 1_000).requests).toBe(seconds);
  });

  it('loses no more than a hundredth of a long window, and never counts what is older', () => {
    fc.assert(
      fc.property(fc.integer({ min: 120, max: 3_600 }), fc.integer({ min: 3_600, max: 9_000 }), (range, seconds) => {
        const seen = filled(3_600_000, seconds).since((seconds - range) * 1_000).requests;
        expect(seen).toBeLessThanOrEqual(range);
        expect(seen).toBeGreaterThanOrEqual(range - 32);
      }),
      { numRuns: 20 },
    );
  });

  it('keeps all of a short window', () => {
    expect(filled(300_000, 1_000).since(700_000).requests).toBeGreaterThanOrEqual(296);
  });

  it('costs little for an hour', () => {
    setFlagsFromString('--expose-gc');
    // Only V8 itself can tell what is still held.
    const collect = runInNewContext('gc') as () => void;
    collect();
    const before = process.memoryUsage().heapUsed;
    const windows = Array.from({ length: 50 }, () => filled(3_600_000, 3_600));
    collect();
    const bytesEach = (process.memoryUsage().heapUsed - before) / windows.length;
    expect(bytesEach).toBeLessThan(250_000);
  });
});
