// SPDX-License-Identifier: Apache-2.0
import type { RolloutSpec } from '../api/rollout-spec.js';
import { abTesting } from './strategy-ab-testing.js';
import { blueGreen } from './strategy-blue-green.js';
import { progressiveCanary } from './strategy-canary.js';
import type { Strategy } from './strategy.js';

/** The strategy that a Canary asks for; the one place that chooses. */
export function strategyOf(spec: RolloutSpec): Strategy {
  const { analysis } = spec;
  if (analysis.iterations <= 0) return progressiveCanary(analysis);
  return analysis.match.length > 0 ? abTesting(analysis) : blueGreen(analysis, routesTraffic(spec));
}

/** Provider kubernetes has no routes: the apex Service leads to the primary, and the canary only sees who asks its own Service. */
export function routesTraffic({ provider }: RolloutSpec): boolean {
  return provider !== 'kubernetes';
}
