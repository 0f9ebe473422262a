// SPDX-License-Identifier: Apache-2.0
import type { AnalysisSpec } from '../api/rollout-spec.js';
import { normal } from './announce.js';
import type { Strategy } from './strategy.js';

/** A/B testing: users that match get the canary from the first iteration to the last, all others the primary (D4). */
export function abTesting({ iterations: count }: AnalysisSpec): Strategy {
  return {
    name: 'ab-testing',
    trafficAt: ({ canaryWeight, iterations }) => ({
      canaryWeight: Math.max(canaryWeight, iterations > 0 ? 100 : 0),
      everybody: canaryWeight > 0 || iterations === 0,
      mirrored: false,
    }),
    next({ canaryWeight, iterations }) {
      return iterations >= count || canaryWeight > 0 ? undefined : { canaryWeight: 0, iterations: iterations + 1 };
    },
    gateAt: ({ canaryWeight, iterations }) =>
      iterations >= count || canaryWeight > 0 ? 'confirm-promotion' : undefined,
    announce: ({ iterations }, title) => [normal(`Advance ${title} canary iteration ${iterations}/${count}`)],
  };
}
