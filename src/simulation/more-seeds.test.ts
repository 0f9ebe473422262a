// SPDX-License-Identifier: Apache-2.0
/* A file of its own, so that two processes share the work. */
import { expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { createMetrics } from '../observability/index.js';
import { brokenSeeds } from './testing.js';

it('simulated rollouts with other seeds keep S1 to S8 and converge, too', async () => {
  const metrics = createMetrics(new Registry());
  expect(await brokenSeeds({ first: 101, runs: 100, metrics })).toEqual([]);
});
