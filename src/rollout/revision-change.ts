// SPDX-License-Identifier: Apache-2.0
import { normal, targetTitle } from './announce.js';
import type { Decision } from './decision.js';
import { decide } from './decision.js';
import type { Observation } from './observation.js';
import { endAsCancelled, servesWithoutPrimary, setVerdict } from './rollback.js';
import { beginningOf, changedStatus } from './status.js';
import { routesTraffic } from './strategies.js';
import { start } from './strategy.js';
import { shiftTraffic } from './traffic.js';
import { unlessPrimaryServes } from './workload-guards.js';

/** What a change of the target means in mid-rollout: the analysis starts again, or is cancelled. */
export function followRevision(seen: Observation): Decision | undefined {
  const { target, primary, status } = seen;
  // A config that cannot be read counts as unchanged: a rollout is not thrown away for it.
  if (target?.revision === undefined || target.revision === status.lastAppliedSpec) return undefined;
  if (target.revision !== primary?.revision) return restartAnalysis(seen, target.revision);
  // On the primary, but never promoted: its promotion failed and is taken up again, the analysis had passed.
  return target.revision === status.lastPromotedSpec ? cancel(seen) : resumePromotion(seen, target.revision);
}

function resumePromotion(seen: Observation, revision: string): Decision {
  return decide({
    status: changedStatus(seen, { ...beginningOf(seen, revision), phase: 'Promoting' }),
    reason: 'The target is back at a revision that passed, and whose promotion is still to be completed.',
  });
}

/** The running revision was taken back: the user returned to what is promoted (D25). */
function cancel(seen: Observation): Decision {
  const waiting = unlessPrimaryServes(seen);
  if (waiting !== undefined) return waiting;
  const announcements = [normal(`Promoted revision restored! Cancelling analysis for ${targetTitle(seen)}`)];
  if (!routesTraffic(seen.spec)) return { ...endAsCancelled(seen), announcements };
  return decide({
    actions: setVerdict(seen, 'cancelled', 'the target is back at the promoted revision'),
    status: changedStatus(seen, start),
    announcements,
    reason: 'The target is back at the promoted revision.',
  });
}

/** A new revision in mid-rollout: all traffic to the primary, then the ramp from its beginning (R10). */
export function restartAnalysis(seen: Observation, revision: string): Decision {
  const stays = servesWithoutPrimary(seen);
  const waiting = stays || seen.routes.canaryWeight === 0 ? undefined : unlessPrimaryServes(seen);
  if (waiting !== undefined) return waiting;
  const { canaryWeight, mirror, verdict } = seen.routes;
  const routed = canaryWeight !== 0 || mirror === 'on' || verdict?.revision === revision;
  const actions = routed && !stays ? shiftTraffic(seen, { canaryWeight: 0 }) : [];
  return decide({
    actions,
    status: changedStatus(seen, { ...beginningOf(seen, revision), canaryWeight: stays ? 100 : 0 }),
    announcements: [normal(`New revision detected! Restarting analysis for ${targetTitle(seen)}`)],
    reason: 'The target changed during the analysis, which starts again.',
  });
}
