// SPDX-License-Identifier: Apache-2.0
import { alert, canaryTitle, normal, targetTitle, warning } from './announce.js';
import type { ClosedGate } from './gate.js';
import { gateClosedAnnouncements } from './gate.js';
import { checkProgress } from './analysis-check.js';
import type { CheckAnswer } from './analysis-check.js';
import type { CheckPart, CheckRequest } from './check.js';
import type { Action, Announcement, Decision } from './decision.js';
import { decide, firstDecision } from './decision.js';
import type { Observation } from './observation.js';
import { canaryEndpoints, primaryEndpoints, targetMovedOn } from './observation.js';
import { canaryServes } from './promotion.js';
import { postRollout } from './rollback.js';
import { beginningOf, changedStatus } from './status.js';
import { routesTraffic } from './strategies.js';
import { expectedTraffic, isRouted, leaveMirroring, shiftTraffic } from './traffic.js';
import {
  canaryServiceWaits,
  isDecision,
  isWayOut,
  leaveStaleRoutes,
  objectRepairs,
  reportObstacles,
  restorePrimary,
  restoreServices,
  runnableTarget,
  waitForPrimary,
  whenSettled,
} from './workload-guards.js';
import type { RunnableTarget } from './workload-guards.js';

/** Initialized, Succeeded, Failed and Waiting: keep what is there as it should be, and look out for a new revision. */
export function planIdle(seen: Observation): Decision {
  const steps = [
    leaveStaleRoutes,
    restoreServices,
    restorePrimary,
    recoverFailedPromotion,
    leaveMirroring,
    reportObstacles,
    keepObjects,
  ];
  return firstDecision(seen, steps, lookForRevision);
}

/** All traffic is on the canary because its promotion failed: go back to the primary as soon as that is right (R13). */
function recoverFailedPromotion(seen: Observation): Decision | undefined {
  const { status } = seen;
  if (!routesTraffic(seen.spec)) return isUnfinishedPromotion(seen) ? finishPromotion(seen) : undefined;
  if (status.canaryWeight === 0 || primaryEndpoints(seen) === 0) return undefined;
  if (canaryServes(seen)) return primaryRecovered(seen) ? finishPromotion(seen) : undefined;
  return targetMovedOn(seen) || canaryEndpoints(seen) === 0 ? leaveFailedPromotion(seen) : undefined;
}

/** Without routes nothing but the revisions tells that a promotion failed, and that the primary made it after all. */
function isUnfinishedPromotion(seen: Observation): boolean {
  const { phase, lastAppliedSpec, lastPromotedSpec } = seen.status;
  return phase === 'Failed' && lastAppliedSpec !== lastPromotedSpec && !targetMovedOn(seen) && primaryRecovered(seen);
}

function primaryRecovered({ primary, status }: Observation): boolean {
  return primary?.readiness.kind === 'ready' && primary.revision === status.lastAppliedSpec;
}

function finishPromotion(seen: Observation): Decision {
  const revision = seen.status.lastAppliedSpec ?? '';
  const verdict = { revision, result: 'promoted', reason: 'the primary became ready' } as const;
  return decide({
    actions: shiftTraffic(seen, { canaryWeight: 0, verdict }),
    status: changedStatus(seen, { phase: 'Finalising', canaryWeight: 0 }),
    announcements: routesTraffic(seen.spec) ? [normal('Routing all traffic to primary')] : [],
    reason: 'The primary became ready after all.',
  });
}

function leaveFailedPromotion(seen: Observation): Decision {
  return decide({
    actions: shiftTraffic(seen, { canaryWeight: 0 }),
    status: changedStatus(seen, { canaryWeight: 0 }),
    announcements: [normal('Routing all traffic to primary')],
    reason: 'The primary has pods that serve, and the target no longer runs what failed to be promoted.',
  });
}

function keepObjects(seen: Observation): Decision | undefined {
  const actions = [...objectRepairs(seen)];
  actions.push(...routeRepair(seen));
  if (seen.primary?.copies === 'restorable') actions.push({ kind: 'restoreConfigCopies' });
  if (actions.length === 0) return canaryServiceWaits(seen) ? whenSettled(seen) : undefined;
  return decide({ actions, reason: 'Generated objects are brought back to what the Canary asks for.' });
}

/** The routes as the status says (R15), but never towards a variant without pods (R8). */
function routeRepair(seen: Observation): readonly Action[] {
  const { routes } = seen;
  const expected = expectedTraffic(seen);
  const right = isRouted(seen, expected);
  const asWanted = routes.present && right;
  if (asWanted && !routes.drifted) return [];
  const receivers = expected.canaryWeight > 0 ? canaryEndpoints(seen) : primaryEndpoints(seen);
  if (!right && receivers === 0) return [];
  const enabled = asWanted ? routes.enabled : true;
  return shiftTraffic(seen, { ...expected, enabled, verdict: routes.verdict });
}

function lookForRevision(seen: Observation): Decision {
  const target = runnableTarget(seen);
  if (isDecision(target)) return target;
  const { status, primary } = seen;
  if (target.revision === primary?.revision || target.revision === status.lastAppliedSpec) return rest(seen, target);
  if (primary !== undefined && status.canaryWeight === 0 && !isWayOut(seen, primary)) {
    const waiting = waitForPrimary(seen, primary);
    if (waiting !== undefined) return waiting;
  }
  return askToStart(seen, target);
}

/** Nothing new. A revision that waited for approval and was taken back leaves Waiting. */
function rest(seen: Observation, target: RunnableTarget): Decision {
  const { status, primary } = seen;
  const reason = 'The target runs a revision that was already rolled out.';
  if (status.phase !== 'Waiting') return noteReturn(seen, target) ?? decide({ reason });
  const phase = target.revision === primary?.revision ? 'Succeeded' : 'Failed';
  return decide({
    status: changedStatus(seen, { phase }),
    reason: 'The revision that waited for approval was taken back.',
  });
}

/** Back at the promoted revision after a failed one: applied again, the failed one is a new rollout. */
function noteReturn(seen: Observation, target: RunnableTarget): Decision | undefined {
  const { status, primary } = seen;
  const returned = target.revision === primary?.revision && target.revision !== status.lastAppliedSpec;
  if (!returned) return undefined;
  return decide({
    status: changedStatus(seen, { lastAppliedSpec: target.revision }),
    reason: 'The target is back at the promoted revision.',
  });
}

function askToStart(seen: Observation, target: RunnableTarget): Decision {
  const request = startRequest(seen, target);
  if (request.parts.length === 0) return start(seen, target, []);
  const recordedAtMs = Date.parse(seen.status.lastTransitionTime ?? '') || 0;
  const dueAtMs = seen.status.phase === 'Waiting' ? recordedAtMs + seen.spec.analysis.intervalMs : seen.nowMs;
  const progress = checkProgress(seen, request, dueAtMs);
  switch (progress.kind) {
    case 'notDue':
      return decide({ check: keptCheck(seen, request), wakeAfterMs: progress.afterMs, reason: 'A gate is closed.' });
    case 'ask':
      return decide({ check: progress.request, reason: 'The gates are asked whether the new revision may start.' });
    case 'answered':
      return { ...answerToStart(seen, target, progress, request), usedCheck: true };
  }
}

function startRequest(seen: Observation, target: RunnableTarget): CheckRequest {
  const { webhooks } = seen.spec.analysis;
  const { phase } = seen.status;
  const has = (type: CheckPart): CheckPart[] => (webhooks.some((hook) => hook.type === type) ? [type] : []);
  const gates = has('confirm-rollout');
  return {
    subject: [seen.uid, target.revision, phase, 'start'].join('/'),
    attempt: 0,
    // Rollback hooks are asked while a revision waits, not before anybody was asked about it (D26).
    parts: phase === 'Waiting' ? [...has('rollback'), ...gates] : gates,
    phase,
    revision: target.revision,
    weightedSinceMs: undefined,
    mirrored: false,
  };
}

function keptCheck(seen: Observation, request: CheckRequest): CheckRequest | undefined {
  const { check } = seen;
  return check.kind !== 'none' && check.subject === request.subject
    ? { ...request, attempt: check.attempt }
    : undefined;
}

function answerToStart(
  seen: Observation,
  target: RunnableTarget,
  { outcome, announcements }: CheckAnswer,
  request: CheckRequest,
): Decision {
  switch (outcome.kind) {
    case 'passed':
      return start(seen, target, announcements);
    case 'gateClosed':
      return waitForApproval(seen, outcome, announcements, request);
    case 'rollback':
      return refuse(seen, target, [...announcements, warning(`Rollback check ${outcome.hook} passed`)]);
    case 'failed':
    case 'tooEarly':
      return decide({ announcements, check: keptCheck(seen, request), reason: 'The gates gave no answer.' });
  }
}

function waitForApproval(
  seen: Observation,
  gate: ClosedGate,
  announcements: readonly Announcement[],
  request: CheckRequest,
): Decision {
  const reason = `Gate ${gate.hook} is closed.`;
  const wakeAfterMs = seen.spec.analysis.intervalMs;
  if (seen.status.phase === 'Waiting')
    return decide({ announcements, check: keptCheck(seen, request), wakeAfterMs, reason });
  return decide({
    status: changedStatus(seen, { phase: 'Waiting', iterations: 0 }),
    announcements: [...announcements, ...gateClosedAnnouncements(seen, gate)],
    wakeAfterMs,
    reason,
  });
}

/** A revision that is called back before it started counts as tried. */
function refuse(seen: Observation, target: RunnableTarget, announcements: readonly Announcement[]): Decision {
  return decide({
    status: changedStatus(seen, { phase: 'Failed', failedChecks: 0, lastAppliedSpec: target.revision }),
    announcements: [
      ...announcements,
      warning(`Rolling back ${canaryTitle(seen)} manual webhook invoked`),
      alert('warn', 'Rolling back manual webhook invoked'),
    ],
    afterwards: postRollout(seen, 'Failed', target.revision),
    reason: 'A rollback hook refused the revision that waited for approval.',
  });
}

/** From here on the revision counts as applied: not a moment before its rollout really starts (D23). */
function start(seen: Observation, target: RunnableTarget, announcements: readonly Announcement[]): Decision {
  const { routes, status } = seen;
  // A verdict on this very revision, from an earlier try, would end the new one at once (R9).
  const clear = routes.verdict?.revision === target.revision && status.canaryWeight === 0;
  return decide({
    // The pods follow from the phase: a crash in between leaves no pods behind that nobody asked for.
    actions: clear ? shiftTraffic(seen, { canaryWeight: 0 }) : [],
    status: changedStatus(seen, beginningOf(seen, target.revision)),
    announcements: [
      ...announcements,
      normal(`New revision detected! Scaling up ${targetTitle(seen)}`, 'Progressing'),
      alert('info', 'New revision detected, progressing canary analysis.', true),
    ],
    reason: 'The target carries a new revision.',
  });
}
