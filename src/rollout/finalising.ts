// SPDX-License-Identifier: Apache-2.0
import { alert, normal, targetTitle } from './announce.js';
import type { Decision } from './decision.js';
import { decide, firstDecision } from './decision.js';
import type { Observation } from './observation.js';
import { isScaledUp } from './observation.js';
import { coverForPrimary, failPromotion } from './promotion.js';
import { postRollout } from './rollback.js';
import { changedStatus } from './status.js';
import { leaveMirroring, shiftTraffic } from './traffic.js';
import {
  leaveStaleRoutes,
  restorePrimary,
  restoreServices,
  unlessPrimaryServes,
  whenSettled,
} from './workload-guards.js';

/** Finalising: the primary has all traffic; once that has settled the target goes. Its health is of no concern here (D17). */
export function planFinalising(seen: Observation): Decision {
  const steps = [
    leaveStaleRoutes,
    restoreServices,
    restorePrimary,
    keepTrafficServed,
    keepAllOnPrimary,
    leaveMirroring,
    whenSettled,
  ];
  return firstDecision(seen, steps, succeed);
}

/** As long as the canary still has its pods, it is there to take over. */
function keepTrafficServed(seen: Observation): Decision | undefined {
  const cover = (seen.target?.replicas ?? 0) > 0 ? (failPromotion(seen) ?? coverForPrimary(seen)) : undefined;
  return cover ?? unlessPrimaryServes(seen);
}

function keepAllOnPrimary(seen: Observation): Decision | undefined {
  if (seen.routes.canaryWeight === 0 || !seen.routes.present) return undefined;
  return decide({
    actions: shiftTraffic(seen, { canaryWeight: 0, verdict: seen.routes.verdict }),
    reason: 'All traffic belongs to the primary.',
  });
}

function succeed(seen: Observation): Decision {
  const { target, status, spec } = seen;
  const running = status.lastAppliedSpec;
  // A target that already carries the next revision keeps its pods (R12).
  const idle = target !== undefined && isScaledUp(target) && target.revision === running;
  const skipped = spec.skipAnalysis;
  return decide({
    actions: idle ? [{ kind: 'scaleTargetDown' }] : [],
    status: changedStatus(seen, {
      phase: 'Succeeded',
      canaryWeight: 0,
      failedChecks: 0,
      iterations: 0,
      ...(running === undefined ? {} : { lastPromotedSpec: running }),
    }),
    announcements: [
      normal(
        skipped
          ? `Promotion completed! Canary analysis was skipped for ${targetTitle(seen)}`
          : `Promotion completed! Scaling down ${targetTitle(seen)}`,
        'Succeeded',
      ),
      alert(
        'info',
        skipped
          ? 'Canary analysis was skipped, promotion finished.'
          : 'Canary analysis completed successfully, promotion finished.',
      ),
    ],
    afterwards: postRollout(seen, 'Succeeded'),
    reason: 'The revision is promoted.',
  });
}
