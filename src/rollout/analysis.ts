// SPDX-License-Identifier: Apache-2.0
import { canaryTitle, normal, targetTitle, warning } from './announce.js';
import type { CheckAnswer } from './analysis-check.js';
import { analysisDueAtMs, analysisRequest, checkProgress, keepRunning, retryAfterMs } from './analysis-check.js';
import type { CheckRequest } from './check.js';
import type { Action, Announcement, Decision } from './decision.js';
import { decide, firstDecision } from './decision.js';
import type { Observation } from './observation.js';
import { isScaledDown } from './observation.js';
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
import { freshSession, hasSession } from './session.js';
import { changedStatus } from './status.js';
import { strategyOf } from './strategies.js';
import { isStart, start } from './strategy.js';
import {
  enterMirroring,
  expectedTraffic,
  isRouted,
  leaveMirroring,
  restoreTraffic,
  rewriteRoutes,
  shiftTraffic,
} from './traffic.js';
import {
  canaryServiceWaits,
  isWayOut,
  leaveStaleRoutes,
  missingTarget,
  objectRepairs,
  reportObstacles,
  restorePrimary,
  restoreServices,
  waitForCanary,
  waitForPrimary,
  whenSettled,
} from './workload-guards.js';

/**
 * Progressing and WaitingPromotion: judge the running revision where it stands, then take it one step further on its
 * strategy's way, promote it or take it back. The order of the questions is the order of their urgency for the traffic.
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
    reconcileTraffic,
    repeatVerdict,
    leaveMirroring,
    reportObstacles,
    repair,
    renewSession,
    awaitWorkloads,
    enterMirroring,
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

/** Who is right when the live traffic and the status differ (R15). */
function reconcileTraffic(seen: Observation): Decision | undefined {
  const { routes } = seen;
  if (!routes.present) return routeAnew(seen);
  if (isRouted(seen, expectedTraffic(seen))) return undefined;
  // Switched off by us with the status write still missing: the ramp starts again.
  if (routes.canaryWeight === 0 && !routes.enabled) return rampAgain(seen, []);
  return adoptStep(seen) ?? restoreTraffic(seen);
}

/** Without a sound apex Ingress there is nothing to make the canary Ingress from. */
function routeAnew(seen: Observation): Decision {
  return reportObstacles(seen) ?? rampAgain(seen, shiftTraffic(seen, { canaryWeight: 0 }));
}

/** The next step was routed, and the process died before it was recorded. */
function adoptStep(seen: Observation): Decision | undefined {
  const { spec, status } = seen;
  const strategy = strategyOf(spec);
  const next = strategy.next(status);
  if (next === undefined || seen.routes.canaryWeight === 0 || !isRouted(seen, strategy.trafficAt(next)))
    return undefined;
  return decide({
    status: changedStatus(seen, next),
    announcements: strategy.announce(next, canaryTitle(seen)),
    reason: 'The step was routed before the status was written.',
  });
}

function rampAgain(seen: Observation, actions: readonly Action[]): Decision {
  return decide({
    actions,
    status: isStart(seen.status) ? undefined : changedStatus(seen, { phase: 'Progressing', ...start }),
    reason: 'All traffic is on the primary; the ramp starts again.',
  });
}

function repair(seen: Observation): Decision | undefined {
  const actions = [...objectRepairs(seen)];
  if (seen.routes.drifted) actions.push(...rewriteRoutes(seen));
  if (seen.target !== undefined && isScaledDown(seen.target)) actions.push({ kind: 'scaleTargetUp' });
  if (actions.length === 0) return canaryServiceWaits(seen) ? whenSettled(seen) : undefined;
  return decide({
    actions,
    check: keepRunning(seen),
    reason: 'Generated objects are brought back to what the Canary asks for.',
  });
}

/** An edit of the Canary that asks for cookies, or for others, gets them before the next step. */
function renewSession(seen: Observation): Decision | undefined {
  if (hasSession(seen)) return undefined;
  const session = freshSession(seen, seen.status.lastAppliedSpec ?? '');
  return decide({
    status: changedStatus(seen, { session }),
    check: keepRunning(seen),
    reason: 'The cookies that bind users to a variant are renewed.',
  });
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
        reason: `The next check at ${placeOf(seen)} is due in ${Math.ceil(progress.afterMs / 1000)}s.`,
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
  const reason = `The revision is being checked at ${placeOf(seen)}.`;
  return decide({ check: request, announcements, reason });
}

function analysisStart(seen: Observation): readonly Announcement[] {
  if (!isStart(seen.status) || seen.status.failedChecks > 0) return [];
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
  const strategy = strategyOf(spec);
  const next = strategy.next(status);
  if (next === undefined) return promote(seen, announcements);
  const traffic = strategy.trafficAt(next);
  return decide({
    actions: isRouted(seen, traffic) ? [] : shiftTraffic(seen, traffic),
    status: changedStatus(seen, { phase: 'Progressing', ...next }),
    announcements: [...announcements, ...strategy.announce(next, canaryTitle(seen))],
    reason: `The check at ${placeOf(seen)} passed.`,
  });
}

/** Where the rollout stands, in words. */
function placeOf({ status: { canaryWeight, iterations } }: Observation): string {
  return iterations > 0 ? `iteration ${iterations}` : `weight ${canaryWeight}`;
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
