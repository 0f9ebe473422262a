// SPDX-License-Identifier: Apache-2.0
import { canaryTitle, normal, targetTitle, warning } from './announce.js';
import type { CheckAnswer } from './analysis-check.js';
import { analysisDueAtMs, analysisRequest, checkProgress, keepRunning, retryAfterMs } from './analysis-check.js';
import type { CheckRequest } from './check.js';
import type { Action, Announcement, Decision } from './decision.js';
import { decide, firstDecision } from './decision.js';
import type { Observation } from './observation.js';
import { guardEndpoints } from './endpoint-guard.js';
import type { ClosedGate } from './gate.js';
import { gateClosedAnnouncements } from './gate.js';
import { promote } from './promotion.js';
import { followRevision } from './revision-change.js';
import {
  deadlineExceeded,
  finishVerdict,
  recordFailure,
  rollBack,
  rollbackHookCalled,
  servesWithoutPrimary,
  thresholdReached,
} from './rollback.js';
import { changedStatus } from './status.js';
import { isLastWeight, nextWeight, sameWeight } from './weights.js';
import {
  isWayOut,
  leaveStaleRoutes,
  missingTarget,
  objectRepairs,
  reportObstacles,
  restorePrimary,
  restoreServices,
  restoreWeight,
  waitForCanary,
  waitForPrimary,
} from './workload-guards.js';

/**
 * Progressing and WaitingPromotion: judge the running revision at its weight, then give it more, promote it or take it
 * back. The order of the questions is the order of their urgency for the traffic.
 */
export function planAnalysis(seen: Observation): Decision {
  const steps = [
    leaveStaleRoutes,
    restoreServices,
    restorePrimary,
    finishVerdict,
    followPromotion,
    followRevision,
    guardEndpoints,
    reconcileWeight,
    repeatVerdict,
    reportObstacles,
    repair,
    awaitWorkloads,
  ];
  return firstDecision(seen, steps, judge);
}

/** The primary already carries the running revision: its promotion has begun, no more checks (R2). */
function followPromotion(seen: Observation): Decision | undefined {
  const { primary, status } = seen;
  if (primary?.revision === undefined || primary.revision !== status.lastAppliedSpec) return undefined;
  return decide({
    status: changedStatus(seen, { phase: 'Promoting' }),
    reason: 'The primary carries the running revision: it is being promoted.',
  });
}

/** The record of a verdict was lost with its Ingress, but the status still says that there was one. */
function repeatVerdict(seen: Observation): Decision | undefined {
  const { failedChecks } = seen.status;
  return failedChecks < seen.spec.analysis.threshold ? undefined : rollBack(seen, thresholdReached(seen, failedChecks));
}

/** Who is right when the live weight and the status differ (R15). */
function reconcileWeight(seen: Observation): Decision | undefined {
  const { routes, status } = seen;
  if (!routes.present) return routeAnew(seen);
  const live = routes.canaryWeight;
  if (live !== undefined && sameWeight(live, status.canaryWeight)) return undefined;
  // Switched off by us with the status write still missing: the ramp starts again.
  if (live === 0 && !routes.enabled) return rampAgain(seen, []);
  return adoptStep(seen) ?? restoreWeight(seen);
}

/** Without a sound apex Ingress there is nothing to make the canary Ingress from. */
function routeAnew(seen: Observation): Decision {
  return reportObstacles(seen) ?? rampAgain(seen, [{ kind: 'setRoutes', canaryWeight: 0, enabled: false }]);
}

/** The next step was routed, and the process died before it was recorded. */
function adoptStep(seen: Observation): Decision | undefined {
  const live = seen.routes.canaryWeight ?? 0;
  const isNext = live > 0 && sameWeight(live, nextWeight(seen.spec.analysis, seen.status.canaryWeight));
  if (!isNext) return undefined;
  return decide({
    status: changedStatus(seen, { canaryWeight: live }),
    announcements: [normal(`Advance ${canaryTitle(seen)} canary weight ${live}`)],
    reason: 'The step was routed before the status was written.',
  });
}

function rampAgain(seen: Observation, actions: readonly Action[]): Decision {
  const change = { canaryWeight: 0, iterations: 0 };
  return decide({
    actions,
    status: seen.status.canaryWeight === 0 ? undefined : changedStatus(seen, change),
    reason: 'All traffic is on the primary; the ramp starts again.',
  });
}

function repair(seen: Observation): Decision | undefined {
  const actions = [...objectRepairs(seen)];
  if (seen.routes.drifted) actions.push(rewriteRoutes(seen));
  if (seen.target?.replicas === 0) actions.push({ kind: 'scaleTargetUp' });
  if (actions.length === 0) return undefined;
  return decide({
    actions,
    check: keepRunning(seen),
    reason: 'Generated objects are brought back to what the Canary asks for.',
  });
}

/** The same weights with everything else as wanted: an edit of the apex Ingress keeps the live weights (D8, D9). */
function rewriteRoutes(seen: Observation): Action {
  const canaryWeight = seen.routes.canaryWeight ?? seen.status.canaryWeight;
  return { kind: 'setRoutes', canaryWeight, enabled: seen.routes.enabled };
}

function awaitWorkloads(seen: Observation): Decision | undefined {
  const { target, primary } = seen;
  if (target === undefined) return missingTarget(seen);
  if (primary !== undefined && !servesWithoutPrimary(seen) && !isWayOut(seen, primary)) {
    const waiting = waitForPrimary(seen, primary);
    if (waiting !== undefined) return { ...waiting, check: keepRunning(seen) };
  }
  if (target.readiness.kind === 'failed') return rollBack(seen, deadlineExceeded(seen, target.readiness.message));
  const waiting = waitForCanary(seen, target);
  return waiting === undefined ? undefined : { ...waiting, check: keepRunning(seen) };
}

function judge(seen: Observation): Decision {
  if (seen.spec.skipAnalysis) return promote(seen, []);
  const progress = checkProgress(seen, analysisRequest(seen), analysisDueAtMs(seen));
  switch (progress.kind) {
    case 'notDue':
      return decide({
        check: keepRunning(seen),
        wakeAfterMs: progress.afterMs,
        reason: `The next check at weight ${seen.status.canaryWeight} is due in ${Math.ceil(progress.afterMs / 1000)}s.`,
      });
    case 'ask':
      return ask(seen, progress.request, progress.starting);
    case 'answered':
      return withEvidence(seen, { ...answer(seen, progress), usedCheck: true });
  }
}

/** Keeps on the object why the decision was made, if it is written anyway. */
function withEvidence({ check }: Observation, decision: Decision): Decision {
  if (decision.status === undefined || check.kind !== 'done' || check.measured.length === 0) return decision;
  return { ...decision, status: { ...decision.status, lastChecks: check.measured } };
}

function ask(seen: Observation, request: CheckRequest, starting: boolean): Decision {
  const announcements = starting && request.attempt === 0 ? analysisStart(seen) : [];
  if (request.parts.length === 0) return advance(seen, announcements);
  const reason = `The revision is being checked at weight ${seen.status.canaryWeight}.`;
  return decide({ check: request, announcements, reason });
}

function analysisStart(seen: Observation): readonly Announcement[] {
  if (seen.status.canaryWeight > 0 || seen.status.failedChecks > 0) return [];
  return [normal(`Starting canary analysis for ${targetTitle(seen)}`)];
}

function answer(seen: Observation, { outcome, announcements, attempt }: CheckAnswer): Decision {
  switch (outcome.kind) {
    case 'passed':
      return advance(seen, announcements);
    case 'failed':
      return recordFailure(seen, [...announcements, outcome.event]);
    case 'rollback':
      return rollBack(seen, {
        ...rollbackHookCalled(seen, outcome.hook),
        before: [...announcements, warning(`Rollback check ${outcome.hook} passed`)],
      });
    case 'gateClosed':
      return holdAtGate(seen, outcome, announcements, attempt === 0);
    case 'tooEarly':
      return decide({
        announcements,
        check: keepRunning(seen),
        wakeAfterMs: retryAfterMs(outcome, seen.spec.analysis.intervalMs),
        reason: 'There is no data of this revision yet.',
      });
  }
}

/** One step more, or the promotion. */
function advance(seen: Observation, announcements: readonly Announcement[]): Decision {
  const { status, spec } = seen;
  if (status.canaryWeight > 0 && isLastWeight(spec.analysis, status.canaryWeight)) return promote(seen, announcements);
  const canaryWeight = nextWeight(spec.analysis, status.canaryWeight);
  return decide({
    actions: [{ kind: 'setRoutes', canaryWeight, enabled: true }],
    status: changedStatus(seen, { phase: 'Progressing', canaryWeight }),
    announcements: [...announcements, normal(`Advance ${canaryTitle(seen)} canary weight ${canaryWeight}`)],
    reason: `The check at weight ${status.canaryWeight} passed.`,
  });
}

/** A closed gate is no failed check: weights stay, the gate is asked again after an interval. */
function holdAtGate(
  seen: Observation,
  gate: ClosedGate,
  announcements: readonly Announcement[],
  firstTime: boolean,
): Decision {
  const waits = gate.gate === 'confirm-promotion' && seen.status.phase !== 'WaitingPromotion';
  const told = waits || (firstTime && seen.status.phase !== 'WaitingPromotion');
  return decide({
    status: waits ? changedStatus(seen, { phase: 'WaitingPromotion' }) : undefined,
    announcements: [...announcements, ...(told ? gateClosedAnnouncements(seen, gate) : [])],
    check: keepRunning(seen),
    wakeAfterMs: seen.spec.analysis.intervalMs,
    reason: `Gate ${gate.hook} is closed.`,
  });
}
