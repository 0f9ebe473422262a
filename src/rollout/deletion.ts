// SPDX-License-Identifier: Apache-2.0
import { canaryTitle, normal, repeatedWarning, targetTitle } from './announce.js';
import type { Action, Decision } from './decision.js';
import { decide, firstDecision } from './decision.js';
import type { Observation } from './observation.js';
import { canaryEndpoints, primaryEndpoints } from './observation.js';
import { changedStatus } from './status.js';
import { shiftTraffic } from './traffic.js';
import { restoreServices, waitForCanary, whenSettled } from './workload-guards.js';

/** The finalizer follows `revertOnDeletion`, in every phase and also while suspended. */
export function keepFinalizer(seen: Observation): Decision | undefined {
  if (seen.deleting || seen.finalizer === seen.spec.revertOnDeletion) return undefined;
  return decide({
    actions: [{ kind: seen.finalizer ? 'removeFinalizer' : 'addFinalizer' }],
    reason: seen.finalizer ? 'Deletion shall no longer revert anything.' : 'Deletion shall revert the target.',
  });
}

/**
 * Gives the application back as it was before the Canary: target up and ready, apex Service on the target, canary Ingress
 * off, settle, and only then the primary may go with the Canary. What is gone already counts as done (D30).
 */
export function planDeletion(seen: Observation): Decision {
  if (!seen.finalizer) return decide({ reason: 'The Canary is being deleted.' });
  const steps = [
    announceDeletion,
    optOut,
    restoreTarget,
    restoreServices,
    followTarget,
    awaitTarget,
    returnRoutes,
    whenSettled,
    removeLiveRoutes,
  ];
  return firstDecision(seen, steps, finish);
}

function announceDeletion(seen: Observation): Decision | undefined {
  if (seen.status.phase === 'Terminating') return undefined;
  return decide({
    status: changedStatus(seen, { phase: 'Terminating' }),
    announcements: [normal(`Terminating canary ${canaryTitle(seen)}`)],
    reason: 'The Canary is being deleted; the application is given back.',
  });
}

/** The way out for a user whose target never gets ready again. */
function optOut(seen: Observation): Decision | undefined {
  if (seen.spec.revertOnDeletion) return undefined;
  return decide({ actions: [{ kind: 'removeFinalizer' }], reason: 'Deletion shall no longer revert anything.' });
}

function restoreTarget(seen: Observation): Decision | undefined {
  const { target, primary } = seen;
  if (target === undefined) return undefined;
  // Once it has the traffic, its autoscaler may know better than the primary's size.
  const wanted = seen.apexReverted ? 1 : (primary?.replicas ?? 1);
  if (target.replicas >= Math.max(1, wanted) && target.scaler !== 'paused') return undefined;
  return decide({
    actions: [{ kind: 'restoreTarget' }],
    reason: `${targetTitle(seen)} gets back the pods of the primary.`,
  });
}

/** A canary Service that is left behind its target would be waited for without end; nobody is led there when it follows (S4). */
function followTarget(seen: Observation): Decision | undefined {
  const { spec, objects, routes } = seen;
  if (spec.target.kind !== 'Service' || objects.canaryService !== 'drifted') return undefined;
  if (routes.canaryWeight !== 0 && primaryEndpoints(seen) > 0) {
    const actions = shiftTraffic(seen, { canaryWeight: 0, enabled: true });
    return decide({ actions, reason: 'The target changed; all traffic goes to the primary until it is ready.' });
  }
  const actions = [{ kind: 'writeService', role: 'canary' }] as const;
  return whenSettled(seen) ?? decide({ actions, reason: 'The canary Service follows its target.' });
}

function awaitTarget(seen: Observation): Decision | undefined {
  const { target, primary, routes, apexReverted } = seen;
  if (target === undefined) return undefined;
  // Nobody else has the traffic: there is nothing to give back, and what the Canary never made would not come.
  if (primary === undefined && apexReverted && !routes.enabled) return undefined;
  if (target.readiness.kind === 'failed') {
    const message =
      `Unable to finalize canary: ${target.readiness.message}; mend ${targetTitle(seen)}, or set ` +
      'spec.revertOnDeletion to false to let the Canary go as it is';
    return decide({
      announcements: [repeatedWarning(seen, 'deletion', 'failed', message)],
      wakeAfterMs: seen.spec.analysis.intervalMs,
      reason: message,
    });
  }
  return waitForCanary(seen, target);
}

/** Both at once: the canary Ingress leads to pods that go, and the apex Service to those that stay. */
function returnRoutes(seen: Observation): Decision | undefined {
  const actions: Action[] = [];
  // Without a target there is nobody else to serve: the apex Service stays on the primary as long as that lives.
  if (!seen.apexReverted && canaryEndpoints(seen) > 0) actions.push({ kind: 'revertApexService' });
  // With an Ingress that is gone or broken the routes cannot be switched off; they end with their deletion.
  const switchable = seen.routes.present && seen.obstacles.length === 0;
  if (switchable && seen.routes.enabled) actions.push(...shiftTraffic(seen, { canaryWeight: 0 }));
  if (actions.length === 0) return undefined;
  return decide({ actions, reason: 'The traffic goes back to the target.' });
}

/** Routes that could not be switched off lead to the primary until Skipper has seen that they are gone. */
function removeLiveRoutes(seen: Observation): Decision | undefined {
  if (!seen.routes.present || !seen.routes.enabled) return undefined;
  return decide({
    actions: [{ kind: 'deleteRoutes' }],
    reason: 'The routes of the Canary go before its primary does.',
  });
}

function finish(seen: Observation): Decision {
  return decide({
    actions: [{ kind: 'deleteRoutes' }, { kind: 'removeFinalizer' }],
    announcements: [normal(`Terminated canary ${canaryTitle(seen)}`)],
    reason: 'The application is as it was before the Canary.',
  });
}
