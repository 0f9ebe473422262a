// SPDX-License-Identifier: Apache-2.0
import type { AnalysisSpec } from '../api/rollout-spec.js';
import { logged, normal } from './announce.js';
import type { Position, Strategy } from './strategy.js';
import { isStart } from './strategy.js';
import { isLastWeight, nextWeight } from './weights.js';

/**
 * Progressive canary: a growing share of the users, the last share passing leads to the promotion. With `mirror` the revision
 * first has one interval of copied requests, which iteration 1 stands for while the weight is still 0.
 */
export function progressiveCanary(analysis: AnalysisSpec): Strategy {
  const isLast = ({ canaryWeight }: Position): boolean => canaryWeight > 0 && isLastWeight(analysis, canaryWeight);
  return {
    name: 'canary',
    trafficAt: ({ canaryWeight, iterations }) => ({
      canaryWeight,
      everybody: true,
      mirrored: analysis.mirror && canaryWeight === 0 && iterations > 0,
    }),
    next(position) {
      if (isLast(position)) return undefined;
      if (analysis.mirror && isStart(position)) return { canaryWeight: 0, iterations: 1 };
      return { canaryWeight: nextWeight(analysis, position.canaryWeight), iterations: 0 };
    },
    gateAt: (position) => (isLast(position) ? 'confirm-promotion' : 'confirm-traffic-increase'),
    announce({ canaryWeight, iterations }, title) {
      const advance = normal(`Advance ${title} canary weight ${canaryWeight}`);
      return iterations > 0 ? [logged('Running mirror step 100/0/true'), advance] : [advance];
    },
  };
}
