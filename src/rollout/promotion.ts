// SPDX-License-Identifier: Apache-2.0
import { alert, canaryTitle, normal, primaryTitle, repeatedWarning, targetTitle, warning } from './announce.js';
import type { Announcement, Decision } from './decision.js';
import { decide, firstDecision } from './decision.js';
import type { Observation, PrimaryState } from './observation.js';
import { canaryEndpoints, primaryEndpoints, targetMovedOn } from './observation.js';
import { guardEndpoints } from './endpoint-guard.js';
import { restartAnalysis } from './revision-change.js';
import { postRollout } from './rollback.js';
import { changedStatus } from './status.js';
import { routesTraffic, strategyOf } from './strategies.js';
import { start } from './strategy.js';
import {
  everybodyOnCanary,
  expectedTraffic,
  isRouted,
  leaveMirroring,
  restoreTraffic,
  rewriteRoutes,
  shiftTraffic,
} from './traffic.js';
import { nextPromotionWeight, primaryWeight } from './weights.js';
import {
  leaveStaleRoutes,
  objectRepairs,
  restorePrimary,
  restoreServices,
  waitForPrimary,
  whenSettled,
} from './workload-guards.js';

/**
 * The running revision passed, which is on record before the primary is touched: whatever happens from here on, the
 * copy is made (S3) and no further check can fail it.
 */
export function promote(seen: Observation, announcements: readonly Announcement[]): Decision {
  return decide({
    status: changedStatus(seen, { phase: 'Promoting' }),
    announcements,
    reason: 'The revision passed its analysis and is promoted.',
  });
}

/** Promoting: the primary takes the revision over and rolls, then traffic goes back to it. */
export function planPromotion(seen: Observation): Decision {
  const steps = [
    leaveStaleRoutes,
    restoreServices,
    restorePrimary,
    copyToPrimary,
    withdrawCanary,
    coverForPrimary,
    leaveMirroring,
    repairObjects,
    failPromotion,
    followWeight,
    awaitPrimary,
  ];
  return firstDecision(seen, steps, returnTraffic);
}

/**
 * Weights stay while the primary takes the revision over; only a primary that cannot keep a pod alive while rolling
 * first gives all its traffic to the canary (R11). A target that moved on before the copy is a new rollout.
 */
function copyToPrimary(seen: Observation): Decision | undefined {
  const { primary, target, status } = seen;
  if (primary === undefined || primary.revision === status.lastAppliedSpec) return undefined;
  if (targetMovedOn(seen)) return restartAnalysis(seen, target?.revision ?? '');
  return guardEndpoints(seen) ?? copyWhenRouted(seen, primary);
}

function copyWhenRouted(seen: Observation, primary: PrimaryState): Decision {
  const revision = seen.target?.revision;
  if (revision === undefined) return awaitConfigs(seen);
  if (!takesAllTraffic(seen, primary)) return awaitStandIn(seen) ?? routeAllToCanary(seen);
  const waiting = primary.canReachZeroAvailable ? whenSettled(seen) : undefined;
  return waiting ?? copy(seen, revision);
}

/** A canary that shall stand in for the primary and lost its pods is waited for, or given up, where every canary is (R8). */
function awaitStandIn(seen: Observation): Decision | undefined {
  if (canaryEndpoints(seen) > 0) return undefined;
  return decide({
    status: changedStatus(seen, { phase: 'Progressing', ...start }),
    reason: 'The canary has no pods that could stand in for the primary.',
  });
}

function awaitConfigs(seen: Observation): Decision {
  const message = `GetTargetConfigs failed: ${seen.target?.configProblem ?? 'the target is missing'}`;
  return decide({
    announcements: [repeatedWarning(seen, 'target', message, message)],
    reason: 'The promotion waits for the configs of the target.',
  });
}

function copy(seen: Observation, revision: string): Decision {
  return decide({
    actions: [{ kind: 'copyToPrimary', revision }],
    announcements: [normal(`Copying ${targetTitle(seen)} template spec to ${primaryTitle(seen)}`)],
    reason: 'The revision that passed is copied to the primary.',
  });
}

function routeAllToCanary(seen: Observation): Decision {
  return decide({
    actions: shiftTraffic(seen, everybodyOnCanary),
    status: changedStatus(seen, { phase: 'Promoting', canaryWeight: 100, iterations: 0 }),
    reason: 'The primary has no pods for a while; the canary takes all traffic.',
  });
}

/** A primary that lost all its pods while the canary runs the same revision: the healthy copy takes the traffic. */
export function coverForPrimary(seen: Observation): Decision | undefined {
  const covered = !routesTraffic(seen.spec) || isRouted(seen, everybodyOnCanary);
  return !covered && canaryServes(seen) && primaryEndpoints(seen) === 0 ? routeAllToCanary(seen) : undefined;
}

/** Whether the routes are as the copying needs them, or there are none that could be. */
function takesAllTraffic(seen: Observation, primary: PrimaryState): boolean {
  return !primary.canReachZeroAvailable || !routesTraffic(seen.spec) || isRouted(seen, everybodyOnCanary);
}

/** Whether the canary still runs exactly what is being promoted, and can answer (R12). */
export function canaryServes(seen: Observation): boolean {
  const { target, status } = seen;
  return target !== undefined && target.revision === status.lastAppliedSpec && target.readyEndpoints > 0;
}

/** A target that moved on or died gets no traffic while another version of it is promoted; never a rollback (R12). */
function withdrawCanary(seen: Observation): Decision | undefined {
  if (seen.routes.canaryWeight === 0 || canaryServes(seen) || primaryEndpoints(seen) === 0) return undefined;
  return decide({
    actions: shiftTraffic(seen, { canaryWeight: 0 }),
    status: changedStatus(seen, start),
    announcements: [normal('Routing all traffic to primary')],
    reason: 'The target no longer runs what is being promoted; all traffic goes to the primary.',
  });
}

function repairObjects(seen: Observation): Decision | undefined {
  const { obstacles, objects, routes } = seen;
  const actions = [...objectRepairs(seen)];
  if (routes.drifted && obstacles.length === 0) actions.push(...rewriteRoutes(seen));
  if (objects.primaryAutoscaler === 'drifted' && obstacles.length === 0)
    actions.push({ kind: 'writePrimaryAutoscaler' });
  if (actions.length === 0) return undefined;
  return decide({ actions, reason: 'Generated objects are brought back to what the Canary asks for.' });
}

/** The new primary is past its deadline: the copy that works keeps the traffic, which is the canary (R13). */
export function failPromotion(seen: Observation): Decision | undefined {
  const { primary, routes } = seen;
  if (primary?.readiness.kind !== 'failed') return undefined;
  const { message } = primary.readiness;
  // Its old pods serve on, as far as its own strategy keeps any: there is nothing to move.
  if (!routesTraffic(seen.spec)) return promotionFailed(seen, message, 0);
  if (canaryTakesOver(seen)) {
    return { ...promotionFailed(seen, message, 100), actions: shiftTraffic(seen, everybodyOnCanary) };
  }
  // The next revision is already there: it is the way out, and it starts from the phase Failed.
  if (targetMovedOn(seen) && routes.canaryWeight === 0) return promotionFailed(seen, message, 0);
  const text = `${primaryTitle(seen)} not ready: ${message}; ${targetTitle(seen)} cannot take its traffic`;
  return decide({ announcements: [repeatedWarning(seen, 'primary', 'failed', text)], reason: text });
}

/** The promoted revision on the canary, or a further one when nothing else is left (R13). */
function canaryTakesOver(seen: Observation): boolean {
  const lastResort = targetMovedOn(seen) && primaryEndpoints(seen) === 0 && canaryEndpoints(seen) > 0;
  return canaryServes(seen) || lastResort;
}

function promotionFailed(seen: Observation, message: string, canaryWeight: number): Decision {
  return decide({
    status: changedStatus(seen, { phase: 'Failed', canaryWeight, failedChecks: 0, iterations: 0 }),
    announcements: [
      warning(`Promotion of ${targetTitle(seen)} failed, primary not ready: ${message}`, 'Failed'),
      alert('error', `Promotion failed, primary not ready: ${message}`),
    ],
    afterwards: postRollout(seen, 'Failed'),
    reason: 'The primary cannot run the promoted revision.',
  });
}

/** In Promoting the live weight is right while it falls; a risen one is set back (R15). */
function followWeight(seen: Observation): Decision | undefined {
  const expected = expectedTraffic(seen);
  if (isRouted(seen, expected)) return undefined;
  const live = seen.routes.canaryWeight;
  // The steps down are for everybody: of an A/B test's users there are all or none.
  if (live !== undefined && live < expected.canaryWeight && (live === 0 || seen.routes.everybody)) {
    return decide({
      status: changedStatus(seen, { canaryWeight: live, iterations: 0 }),
      reason: 'The routes are ahead of the status.',
    });
  }
  if (expected.canaryWeight > 0 && !canaryServes(seen)) return undefined;
  return restoreTraffic(seen);
}

function awaitPrimary(seen: Observation): Decision | undefined {
  return seen.primary === undefined ? undefined : waitForPrimary(seen, seen.primary);
}

/** All at once, or by stepWeightPromotion per interval. */
function returnTraffic(seen: Observation): Decision {
  const { spec, routes, nowMs } = seen;
  const weight = expectedTraffic(seen).canaryWeight;
  const stepwise = spec.analysis.stepWeightPromotion > 0 && weight > 0 && strategyOf(spec).name !== 'ab-testing';
  if (stepwise) {
    const dueMs = (routes.changedAtMs ?? 0) + spec.analysis.intervalMs - nowMs;
    if (dueMs > 0) return decide({ wakeAfterMs: dueMs, reason: 'Traffic goes back to the primary step by step.' });
  }
  const canaryWeight = stepwise ? nextPromotionWeight(spec.analysis, weight) : 0;
  return canaryWeight > 0 ? returnShare(seen, canaryWeight) : returnAll(seen, stepwise);
}

function returnShare(seen: Observation, canaryWeight: number): Decision {
  return decide({
    actions: shiftTraffic(seen, { canaryWeight }),
    status: changedStatus(seen, { canaryWeight, iterations: 0 }),
    announcements: [primaryWeightEvent(seen, canaryWeight)],
    reason: 'A share of the traffic goes back to the primary.',
  });
}

function returnAll(seen: Observation, stepwise: boolean): Decision {
  const revision = seen.status.lastAppliedSpec ?? '';
  const verdict = { revision, result: 'promoted', reason: 'the analysis passed' } as const;
  const event = stepwise ? primaryWeightEvent(seen, 0) : normal('Routing all traffic to primary');
  return decide({
    actions: shiftTraffic(seen, { canaryWeight: 0, verdict }),
    status: changedStatus(seen, { phase: 'Finalising', ...start }),
    announcements: routesTraffic(seen.spec) ? [event] : [],
    reason: 'The primary runs the promoted revision and takes all traffic.',
  });
}

function primaryWeightEvent(seen: Observation, canaryWeight: number): Announcement {
  return normal(`Advance ${canaryTitle(seen)} primary weight ${primaryWeight(canaryWeight)}`);
}
