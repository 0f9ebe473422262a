// SPDX-License-Identifier: Apache-2.0
import type { AnalysisSpec } from '../api/rollout-spec.js';
import { logged, normal } from './announce.js';
import type { Position, Strategy } from './strategy.js';

/**
 * Blue/green: so many checks beside the users, at most with copies of their requests; then everybody at once on the canary for
 * one more check, then the promotion. Without routes of our own (provider kubernetes) users stay on the primary throughout.
 */
export function blueGreen({ iterations: count, mirror }: AnalysisSpec, routesTraffic: boolean): Strategy {
  const isCutOver = ({ iterations }: Position): boolean => iterations > count;
  const mirrors = mirror && routesTraffic;
  return {
    name: 'blue-green',
    trafficAt(position) {
      const weight = isCutOver(position) ? 100 : 0;
      return {
        canaryWeight: routesTraffic ? Math.max(position.canaryWeight, weight) : 0,
        everybody: true,
        mirrored: mirrors && position.iterations > 0 && !isCutOver(position) && position.canaryWeight === 0,
      };
    },
    next(position) {
      if (isCutOver(position) || position.canaryWeight > 0) return undefined;
      return { canaryWeight: 0, iterations: position.iterations + 1 };
    },
    gateAt: ({ canaryWeight, iterations }) =>
      iterations >= count || canaryWeight > 0 ? 'confirm-promotion' : undefined,
    announce(position, title) {
      if (!isCutOver(position)) {
        const advance = normal(`Advance ${title} canary iteration ${position.iterations}/${count}`);
        return mirrors && position.iterations === 1 ? [logged('Start traffic mirroring'), advance] : [advance];
      }
      if (!routesTraffic) return [];
      return [
        normal(mirrors ? 'Stop traffic mirroring and route all traffic to canary' : 'Routing all traffic to canary'),
      ];
    },
  };
}
