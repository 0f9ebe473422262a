// SPDX-License-Identifier: Apache-2.0
import { canaryTitle, repeatedWarning, targetTitle, warning } from './announce.js';
import type { Decision } from './decision.js';
import { decide } from './decision.js';
import type { Observation } from './observation.js';
import { canaryEndpoints, primaryEndpoints } from './observation.js';
import { recordFailure } from './rollback.js';
import { changedStatus } from './status.js';

/** No share of traffic for a variant without pods, as far as there is another variant to give it to (R8). */
export function guardEndpoints(seen: Observation): Decision | undefined {
  const { status, routes } = seen;
  const weighted = status.canaryWeight > 0 || (routes.canaryWeight ?? 0) > 0;
  if (!weighted || canaryEndpoints(seen) > 0) return undefined;
  const message = `Halt ${canaryTitle(seen)} advancement ${targetTitle(seen)} has no ready endpoints`;
  if (primaryEndpoints(seen) === 0) {
    return decide({
      announcements: [repeatedWarning(seen, 'canary', 'endpoints', `${message}, nor has its primary`)],
      reason: 'Neither variant has ready endpoints; weights stay as they are.',
    });
  }
  const failed = recordFailure({ ...seen, status: { ...status, phase: 'Progressing' } }, [warning(message)]);
  if (failed.actions.length > 0) return failed;
  const failedChecks = status.failedChecks + 1;
  return {
    ...failed,
    actions: [{ kind: 'setRoutes', canaryWeight: 0, enabled: false }],
    status: changedStatus(seen, { phase: 'Progressing', canaryWeight: 0, iterations: 0, failedChecks }),
    reason: 'The canary lost its endpoints; all traffic goes to the primary.',
  };
}
