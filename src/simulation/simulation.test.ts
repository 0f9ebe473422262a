// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { createMetrics } from '../observability/index.js';
import { simulate } from './simulation.js';
import { brokenSeeds } from './testing.js';

const metrics = createMetrics(new Registry());

/** Everything that happens in a run, as text. */
async function traceOf(seed: number): Promise<readonly string[]> {
  const lines: string[] = [];
  await simulate({ seed, metrics, note: (atMs, text) => lines.push(`${atMs} ${text}`) });
  return lines;
}

describe('simulated rollouts with faults', () => {
  it('keep S1 to S8 after every write and converge when the faults end', async () => {
    expect(await brokenSeeds({ first: 1, runs: 100, metrics })).toEqual([]);
  });

  it('are the same for the same seed', async () => {
    const first = await traceOf(7);
    expect(first.length).toBeGreaterThan(100);
    expect(await traceOf(7)).toEqual(first);
  });
});
