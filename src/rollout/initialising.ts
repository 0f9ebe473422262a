// SPDX-License-Identifier: Apache-2.0
import { alert, canaryTitle, normal } from './announce.js';
import type { CheckRequest } from './check.js';
import type { Action, Decision } from './decision.js';
import { decide } from './decision.js';
import type { Observation, PrimaryState } from './observation.js';
import { isScaledUp } from './observation.js';
import { changedStatus } from './status.js';
import { routesTraffic } from './strategies.js';
import { leaveMirroring, shiftTraffic } from './traffic.js';
import {
  awaitApexEndpoints,
  isDecision,
  leaveStaleRoutes,
  needsWrite,
  reportObstacles,
  restoreServices,
  runnableTarget,
  waitForPrimary,
  whenSettled,
} from './workload-guards.js';
import type { RunnableTarget } from './workload-guards.js';

/** A Canary that nobody has looked at yet becomes Initializing; nothing else is touched before that is on record. */
export function planFirstSight(seen: Observation): Decision {
  return decide({ status: changedStatus(seen, { phase: 'Initializing' }), reason: 'A new Canary is initialized.' });
}

/**
 * Adoption of a running application without a lost request: primary ready, apex Service on the primary, routes,
 * settle, and only then the target goes (design rule 6). A primary that does not get ready is waited for (D13).
 */
export function planInitialising(seen: Observation): Decision {
  const check = availabilityCheck(seen);
  const answered = seen.check.kind === 'done' && seen.check.fresh;
  const answers = seen.check.kind === 'done' && seen.check.fresh ? seen.check.announcements : [];
  const next = reportObstacles(seen) ?? adopt(seen);
  return { ...next, check, usedCheck: answered, announcements: [...answers, ...next.announcements] };
}

function adopt(seen: Observation): Decision {
  const target = runnableTarget(seen, `createPrimary${seen.spec.target.kind} failed: `);
  if (isDecision(target)) return target;
  const { primary } = seen;
  if (primary === undefined) return createPrimary(seen);
  return (
    leaveStaleRoutes(seen) ??
    restoreServices(seen) ??
    replaceBrokenPrimary(seen, target, primary) ??
    waitForPrimary(seen, primary) ??
    leaveMirroring(seen) ??
    takeTraffic(seen, primary) ??
    finish(seen, target, primary)
  );
}

function createPrimary(seen: Observation): Decision {
  const services = serviceWrites(seen, ['canary', 'primary']);
  return decide({ actions: [...services, { kind: 'createPrimary' }], reason: 'The primary is made from the target.' });
}

/** A first version that never got ready: once the target is mended, the primary is made from that. Nobody uses it yet. */
function replaceBrokenPrimary(seen: Observation, target: RunnableTarget, primary: PrimaryState): Decision | undefined {
  if (primary.revision === target.revision) return undefined;
  const routed = seen.routes.present && routesTraffic(seen.spec);
  const unused = seen.objects.apexService !== 'asWanted' && !routed;
  // A Service does not fail, and gets no better by itself: its pods are those of the version that was broken.
  const leadsNowhere = seen.spec.target.kind === 'Service' && primary.readyEndpoints === 0;
  if (!leadsNowhere && !(unused && primary.readiness.kind === 'failed')) return undefined;
  // With a Service as target the primary is ready when it has the endpoints of the canary Service, which is not behind then.
  const canary = seen.spec.target.kind === 'Service' ? serviceWrites(seen, ['canary']) : [];
  return decide({
    actions: [...canary, { kind: 'copyToPrimary', revision: target.revision }],
    reason: 'The target was changed before its first version got ready.',
  });
}

function takeTraffic(seen: Observation, primary: PrimaryState): Decision | undefined {
  const actions: Action[] = serviceWrites(seen, ['canary', 'primary']);
  if (!primary.annotated && primary.revision !== undefined) {
    actions.push({ kind: 'annotatePrimary', revision: primary.revision });
  }
  if (needsWrite(seen.objects.primaryAutoscaler)) actions.push({ kind: 'writePrimaryAutoscaler' });
  actions.push(...serviceWrites(seen, ['apex']));
  const { routes } = seen;
  if (!routes.present || routes.drifted || routes.canaryWeight !== 0) {
    actions.push(...shiftTraffic(seen, { canaryWeight: 0, enabled: true }));
  }
  if (actions.length === 0) return undefined;
  return decide({ actions, reason: 'The primary is ready and takes the traffic.' });
}

function serviceWrites(seen: Observation, roles: readonly ('canary' | 'primary' | 'apex')[]): Action[] {
  const states = {
    canary: seen.objects.canaryService,
    primary: seen.objects.primaryService,
    apex: seen.objects.apexService,
  };
  return roles.filter((role) => needsWrite(states[role])).map((role) => ({ kind: 'writeService', role }));
}

function finish(seen: Observation, target: RunnableTarget, primary: PrimaryState): Decision {
  const waiting = awaitApexEndpoints(seen) ?? whenSettled(seen);
  if (waiting !== undefined) return waiting;
  const { kind } = seen.spec.target;
  const revision = primary.revision ?? target.revision;
  return decide({
    actions: isScaledUp(target) ? [{ kind: 'scaleTargetDown' }] : [],
    status: changedStatus(seen, {
      phase: 'Initialized',
      canaryWeight: 0,
      failedChecks: 0,
      iterations: 0,
      // The revision that the primary was made from: a target that moved on meanwhile is a new one (R2).
      lastAppliedSpec: revision,
      lastPromotedSpec: revision,
      ...(target.trackedConfigs === undefined ? {} : { trackedConfigs: target.trackedConfigs }),
    }),
    announcements: [
      normal(`Initialization done! ${canaryTitle(seen)}`, 'Initialized'),
      alert('info', `New ${kind} detected, initialization completed.`, true),
    ],
    reason: 'The primary serves all traffic; the target is scaled to zero.',
  });
}

function availabilityCheck(seen: Observation): CheckRequest | undefined {
  if (seen.spec.skipAnalysis || seen.spec.analysis.metrics.length === 0) return undefined;
  return {
    subject: `${seen.uid}/availability`,
    attempt: 0,
    parts: ['metric-availability'],
    phase: 'Initializing',
    revision: seen.target?.revision ?? '',
    weightedSinceMs: undefined,
    mirrored: false,
  };
}
