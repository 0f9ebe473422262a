// SPDX-License-Identifier: Apache-2.0
import type { Decision } from './decision.js';
import { decide } from './decision.js';
import type { Observation, TargetState } from './observation.js';
import type { StatusChange } from './status.js';
import { changedStatus } from './status.js';

/**
 * A status that Flagger wrote names revisions in a form that cannot be computed here. It is translated once, from what
 * target and primary are now, so that taking over a cluster starts no rollout of its own.
 */
export function adoptForeignStatus(seen: Observation): Decision | undefined {
  const { phase } = seen.status;
  if (!seen.foreignStatus || phase === '' || phase === 'Initializing') return undefined;
  const { target, primary } = seen;
  if (target?.revision === undefined || primary === undefined) return undefined;
  const change = translated(seen, target.revision, primary.revision, target);
  const unknown = primary.revision === undefined ? {} : { lastPromotedSpec: primary.revision };
  return decide({
    status: changedStatus(seen, { ...unknown, ...change }),
    reason: 'The rollout was begun by Flagger and is taken over.',
  });
}

function translated(
  seen: Observation,
  current: string,
  promoted: string | undefined,
  target: TargetState,
): StatusChange {
  const live = seen.routes.canaryWeight ?? 0;
  switch (seen.status.phase) {
    case 'Failed':
      // What is on the target now counts as tried. A failed promotion (all traffic on the canary) stays recognisable:
      // the primary's revision must not look promoted.
      return live > 0 ? { lastAppliedSpec: current, lastPromotedSpec: '' } : { lastAppliedSpec: current };
    case 'Progressing':
    case 'WaitingPromotion':
      return unchangedSince(seen, target)
        ? { lastAppliedSpec: current, canaryWeight: live, iterations: 0 }
        : { lastAppliedSpec: `unknown-${seen.status.lastAppliedSpec ?? ''}` };
    default:
      // Equal: nothing to do. Different: the target changed while nobody watched, which the next reconcile finds.
      return promoted === undefined ? {} : { lastAppliedSpec: promoted };
  }
}

/** Whether the template under analysis is still the one that Flagger knew when it last wrote (R22). */
function unchangedSince(seen: Observation, target: TargetState): boolean {
  const writtenAtMs = Date.parse(seen.status.lastTransitionTime ?? '');
  return target.templateChangedAtMs !== undefined && target.templateChangedAtMs <= writtenAtMs;
}
