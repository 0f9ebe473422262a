// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { createMetrics } from '../observability/index.js';
import { crashScenarios, runWithCrash } from './crash-points.js';

const metrics = createMetrics(new Registry());
const pointsOfEach = 5;
let points = 0;

afterAll(() => expect(points).toBeGreaterThan(20));

describe('a process that dies at one of its writes', () => {
  it.each(crashScenarios)(
    'leaves the %s to its successor, which comes to the same end',
    async (scenario) => {
      const reference = await runWithCrash(scenario, metrics);
      expect(reference.violations).toEqual([]);
      expect(reference.writes).toBeGreaterThan(8);
      // `npm run simulate -- --crash-points` tries each of them, before and after.
      for (let write = 1; write <= reference.writes; write += Math.ceil(reference.writes / pointsOfEach)) {
        const isCarriedOut = points % 2 === 1;
        const { violations, end } = await runWithCrash(scenario, metrics, { write, isCarriedOut });
        expect({ write, violations, end }).toEqual({ write, violations: [], end: reference.end });
        points += 1;
      }
    },
    180_000,
  );
});
