// SPDX-License-Identifier: Apache-2.0
import type { Phase } from '../api/canary-status.js';
import type { Decision } from './decision.js';
import { decide } from './decision.js';
import type { Observation, TargetState } from './observation.js';
import type { StatusChange } from './status.js';
import { restartAnalysis } from './revision-change.js';
import { changedStatus } from './status.js';

/**
 * A status that Flagger wrote names revisions in a form that cannot be computed here. It is translated once, from what
 * target and primary are now, so that taking over a cluster starts no rollout of its own.
 */
export function adoptForeignStatus(seen: Observation): Decision | undefined {
  const { target, primary } = seen;
  if (!seen.foreignStatus || !isUnderWay(seen.status.phase)) return undefined;
  if (target?.revision === undefined || primary === undefined) return undefined;
  const promoted = primary.revision === undefined ? {} : { lastPromotedSpec: primary.revision };
  if (isInAnalysis(seen.status.phase) && !unchangedSince(seen, target)) {
    return restartAnalysis({ ...seen, status: { ...seen.status, ...promoted } }, target.revision);
  }
  return decide({
    status: changedStatus(seen, { ...promoted, ...translated(seen, target.revision, primary.revision) }),
    reason: 'The rollout was begun by Flagger and is taken over.',
  });
}

function isUnderWay(phase: Phase): boolean {
  return phase !== '' && phase !== 'Initializing';
}

function isInAnalysis(phase: Phase): boolean {
  return phase === 'Progressing' || phase === 'WaitingPromotion';
}

function translated(seen: Observation, current: string, promoted: string | undefined): StatusChange {
  const live = seen.routes.canaryWeight ?? 0;
  switch (seen.status.phase) {
    case 'Failed':
      // What is on the target now counts as tried. A failed promotion (all traffic on the canary) stays recognisable:
      // the primary's revision must not look promoted.
      return live > 0 ? { lastAppliedSpec: current, lastPromotedSpec: '' } : { lastAppliedSpec: current };
    case 'Progressing':
    case 'WaitingPromotion':
      // Flagger counts iterations as we do.
      return seen.spec.analysis.iterations > 0
        ? { lastAppliedSpec: current, canaryWeight: 0 }
        : { lastAppliedSpec: current, canaryWeight: live, iterations: 0 };
    default:
      // Equal: nothing to do. Different: the target changed while nobody watched, which the next reconcile finds.
      return { lastAppliedSpec: promoted ?? current };
  }
}

/** Whether the template under analysis is still the one that Flagger knew when it last wrote (R22). */
function unchangedSince(seen: Observation, target: TargetState): boolean {
  const writtenAtMs = Date.parse(seen.status.lastTransitionTime ?? '');
  return target.templateChangedAtMs !== undefined && target.templateChangedAtMs <= writtenAtMs;
}
