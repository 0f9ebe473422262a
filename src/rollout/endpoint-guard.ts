// SPDX-License-Identifier: Apache-2.0
import { canaryTitle, repeatedWarning, targetTitle, warning } from './announce.js';
import type { Decision } from './decision.js';
import { decide } from './decision.js';
import type { Observation } from './observation.js';
import { canaryEndpoints, primaryEndpoints } from './observation.js';
import { recordFailure } from './rollback.js';
import { changedStatus } from './status.js';
import { start } from './strategy.js';
import { expectedTraffic, shiftTraffic } from './traffic.js';

/** No share of traffic for a variant without pods, as far as there is another variant to give it to (R8). */
export function guardEndpoints(seen: Observation): Decision | undefined {
  const { status } = seen;
  if (!getsTraffic(seen) || canaryEndpoints(seen) > 0) return undefined;
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
    actions: shiftTraffic(seen, { canaryWeight: 0 }),
    status: changedStatus(seen, { phase: 'Progressing', ...start, failedChecks }),
    reason: 'The canary lost its endpoints; all traffic goes to the primary.',
  };
}

/** Requests of users, or copies of them. */
function getsTraffic(seen: Observation): boolean {
  const { routes } = seen;
  const { canaryWeight, mirrored } = expectedTraffic(seen);
  return canaryWeight > 0 || mirrored || (routes.canaryWeight ?? 0) > 0 || routes.mirror === 'on';
}
