// SPDX-License-Identifier: Apache-2.0
import { primaryTitle, repeatedWarning, targetTitle, warning } from './announce.js';
import type { Action, Decision } from './decision.js';
import { decide } from './decision.js';
import type { Observation, PrimaryState, TargetState } from './observation.js';
import { primaryEndpoints, targetMovedOn } from './observation.js';
import { changedStatus } from './status.js';
import { isStart } from './strategy.js';

/*
 * Questions that every phase asks about the objects of a rollout. Each returns the decision that they call for,
 * or undefined when they call for none.
 */

/** An observation whose target is there and whose revision is known. */
export interface RunnableTarget extends TargetState {
  readonly revision: string;
}

/** The target when it can be rolled out; a decision that says why not otherwise. */
export function runnableTarget(seen: Observation, errorPrefix = ''): RunnableTarget | Decision {
  const { target } = seen;
  if (target === undefined) return missingTarget(seen);
  if (target.revision === undefined) {
    const message = `${errorPrefix}GetTargetConfigs failed: ${target.configProblem ?? 'unknown'}`;
    return decide({
      announcements: [repeatedWarning(seen, 'target', message, message)],
      reason: `A tracked config of ${targetTitle(seen)} cannot be read.`,
    });
  }
  return { ...target, revision: target.revision };
}

const pluralOfTarget = { Deployment: 'deployments.apps', DaemonSet: 'daemonsets.apps', Service: 'services' } as const;

/** There is nothing to roll out. */
export function missingTarget(seen: Observation): Decision {
  const { kind, name } = seen.spec.target;
  const message = `${kind.toLowerCase()} ${targetTitle(seen)} get query error: ${pluralOfTarget[kind]} "${name}" not found`;
  return decide({
    announcements: [repeatedWarning(seen, 'target', 'missing', message)],
    reason: `${kind} ${targetTitle(seen)} does not exist.`,
  });
}

/** Tells of what stands in the way; nothing is touched while it does. */
export function reportObstacles(seen: Observation): Decision | undefined {
  const [first] = seen.obstacles;
  if (first === undefined) return undefined;
  return decide({
    announcements: seen.obstacles.map((message, index) => repeatedWarning(seen, `obstacle-${index}`, message, message)),
    reason: first,
  });
}

/** Writes of generated objects that are missing or not as wanted; the routes are not among them. */
export function objectRepairs(seen: Observation): readonly Action[] {
  // What stands in the way may be the very thing that a write would break, such as a port of the Ingress (R17).
  if (seen.obstacles.length > 0) return [];
  const { objects, primary } = seen;
  return [...serviceRepairs(seen), ...(primary === undefined ? [] : primaryRepairs(objects, primary))];
}

function serviceRepairs(seen: Observation): readonly Action[] {
  const { objects, primary } = seen;
  const repairs: Action[] = [];
  if (needsWrite(objects.canaryService) && !canaryServiceWaits(seen))
    repairs.push({ kind: 'writeService', role: 'canary' });
  if (needsWrite(objects.primaryService)) repairs.push({ kind: 'writeService', role: 'primary' });
  // Without a primary the apex Service would lead nowhere.
  if (primary !== undefined && needsWrite(objects.apexService)) repairs.push({ kind: 'writeService', role: 'apex' });
  return repairs;
}

/**
 * With a Service as target its copy decides which version the canary is. It follows the target only when nobody has been led
 * there for the settle time (S4); what somebody else changed in it is put back at once.
 */
export function canaryServiceWaits(seen: Observation): boolean {
  const { objects, routes, settleMs, spec } = seen;
  if (spec.target.kind !== 'Service' || objects.canaryService !== 'drifted' || primaryEndpoints(seen) === 0)
    return false;
  if (routes.canaryWeight !== 0) return targetMovedOn(seen);
  return routes.drifted || routes.mirror === 'on' || routes.stableMs < settleMs;
}

function primaryRepairs(objects: Observation['objects'], primary: PrimaryState): readonly Action[] {
  const repairs: Action[] = [];
  if (objects.primaryAutoscaler === 'missing') repairs.push({ kind: 'writePrimaryAutoscaler' });
  if (!primary.annotated && primary.revision !== undefined) {
    repairs.push({ kind: 'annotatePrimary', revision: primary.revision });
  }
  return repairs;
}

export function needsWrite(state: Observation['objects']['apexService']): boolean {
  return state === 'missing' || state === 'drifted';
}

/** Without its Service a variant has no endpoints, and everything else would wait for them. */
export function restoreServices(seen: Observation): Decision | undefined {
  const { objects, primary, obstacles } = seen;
  if (primary === undefined || obstacles.length > 0) return undefined;
  const actions: Action[] = [];
  if (objects.canaryService === 'missing') actions.push({ kind: 'writeService', role: 'canary' });
  if (objects.primaryService === 'missing') actions.push({ kind: 'writeService', role: 'primary' });
  return actions.length === 0 ? undefined : decide({ actions, reason: 'A Service that is missing is made again.' });
}

/** Makes a primary that somebody deleted anew, from the revision that was promoted and no other (R14). */
export function restorePrimary(seen: Observation): Decision | undefined {
  if (seen.primary !== undefined) return undefined;
  const revision = promotedRevision(seen);
  if (revision === undefined) {
    const message = `${primaryTitle(seen)} is missing and no promoted revision is known; delete and apply the Canary again to initialize it from the target`;
    return decide({ announcements: [repeatedWarning(seen, 'primary', message, message)], reason: message });
  }
  return decide({
    actions: [{ kind: 'rebuildPrimary', revision }],
    announcements: [
      repeatedWarning(
        seen,
        'primary',
        'missing',
        `${primaryTitle(seen)} is missing, rebuilding it from the promoted revision`,
      ),
    ],
    reason: `The primary is missing and is rebuilt from revision ${revision}.`,
  });
}

/** After a passed analysis the running revision is the promoted one, even if its promotion went wrong. */
export function promotedRevision(seen: Observation): string | undefined {
  const { phase, canaryWeight, lastAppliedSpec, lastPromotedSpec } = seen.status;
  const failedPromotion = (phase === 'Failed' || phase === 'Waiting') && canaryWeight > 0;
  const analysisPassed = phase === 'Promoting' || phase === 'Finalising' || failedPromotion;
  return analysisPassed ? lastAppliedSpec : lastPromotedSpec;
}

/** Holds while the primary is not ready, whatever the reason: a stuck primary never costs the new revision its chance (D2b). */
export function waitForPrimary(seen: Observation, primary: PrimaryState): Decision | undefined {
  if (primary.readiness.kind !== 'ready') return notReady(seen, 'primary', primaryNotReady(seen), primary);
  return unlessPrimaryServes(seen);
}

/**
 * A primary that never got the last promoted revision to run, but still has pods that serve: the next revision is the
 * way out and does not wait for it (R13).
 */
export function isWayOut(seen: Observation, primary: PrimaryState): boolean {
  const { lastPromotedSpec } = seen.status;
  const promotionFailed = primary.revision !== undefined && primary.revision !== lastPromotedSpec;
  return promotionFailed && primary.readiness.kind === 'failed' && primary.readyEndpoints > 0;
}

/** Holds while the canary is not ready. A canary past its deadline is the caller's concern. */
export function waitForCanary(seen: Observation, target: TargetState): Decision | undefined {
  if (target.readiness.kind !== 'ready') return notReady(seen, 'canary', canaryNotReady(seen, target), target);
  if (target.readyEndpoints > 0) return undefined;
  return decide({ reason: `${targetTitle(seen)} is ready, but not yet behind the canary Service.` });
}

function primaryNotReady(seen: Observation): string {
  const noun = seen.spec.target.kind === 'DaemonSet' ? 'primary daemonset ' : '';
  return `${noun}${primaryTitle(seen)} not ready`;
}

/** With the spelling that users of DaemonSets know. */
function canaryNotReady(seen: Observation, { readiness }: TargetState): string {
  const { kind } = seen.spec.target;
  if (kind !== 'DaemonSet') return `canary ${kind.toLowerCase()} ${targetTitle(seen)} not ready`;
  return `canary damonset ${targetTitle(seen)} not ready with retryable ${readiness.kind === 'waiting'}`;
}

/** They last for a moment after each edit: nobody wants an event of them (R21). */
const momentaryCauses: ReadonlySet<string> = new Set(['stale-generation', 'stale-endpoints']);

function notReady(seen: Observation, topic: string, prefix: string, state: Pick<TargetState, 'readiness'>): Decision {
  const { readiness } = state;
  if (readiness.kind === 'ready') return decide({ reason: `${prefix} is over.` });
  const message = `${prefix}: ${readiness.message}`;
  const cause = readiness.kind === 'waiting' ? readiness.cause : 'failed';
  const announcements = momentaryCauses.has(cause) ? [] : [repeatedWarning(seen, topic, cause, message)];
  // A deadline passes without an event of the cluster.
  return decide({ announcements, wakeAfterMs: seen.spec.analysis.intervalMs, reason: message });
}

/** Holds while traffic would have to go to a primary that has no pods for it: weights stay as they are (R8). */
export function unlessPrimaryServes(seen: Observation): Decision | undefined {
  if (primaryEndpoints(seen) > 0) return undefined;
  const message = `${primaryTitle(seen)} not ready: no ready endpoints behind its Service, weights stay as they are`;
  return decide({
    announcements: [repeatedWarning(seen, 'primary', 'endpoints', message)],
    reason: 'The primary has no ready endpoints; weights stay as they are.',
  });
}

/** Routes that an edit of the Canary left behind lose their traffic, then settle, then go (R16). */
export function leaveStaleRoutes(seen: Observation): Decision | undefined {
  const { stale } = seen.routes;
  if (stale === 'none') return undefined;
  if (stale === 'disabled') return whenSettled(seen) ?? removeStaleRoutes(seen);
  return awaitFormerPrimary(seen) ?? leadApex(seen) ?? disableStaleRoutes(seen);
}

function awaitFormerPrimary(seen: Observation): Decision | undefined {
  if (seen.routes.stalePrimaryServes) return undefined;
  // What is missing may be the very thing that it waits for.
  const restored = restoreServices(seen) ?? (seen.routes.retargeted ? undefined : restorePrimary(seen));
  if (restored !== undefined) return restored;
  const message = `Canary ${seen.name}.${seen.namespace} was edited, but the primary of its former routes has no ready endpoints`;
  return decide({ announcements: [repeatedWarning(seen, 'primary', 'stale', message)], reason: message });
}

function disableStaleRoutes(seen: Observation): Decision {
  const restarts = !isStart(seen.status) || seen.status.failedChecks > 0;
  return decide({
    actions: [{ kind: 'disableStaleRoutes' }],
    status: restarts ? changedStatus(seen, { canaryWeight: 0, failedChecks: 0, iterations: 0 }) : undefined,
    announcements: [warning(`Canary ${seen.name}.${seen.namespace} was edited, routing all traffic to primary`)],
    reason: 'The Canary was edited; its former routes give all traffic to the primary.',
  });
}

/** With another target the Canary begins anew, which is on record before the sign of it goes (S3). */
function removeStaleRoutes(seen: Observation): Decision {
  if (seen.routes.retargeted && seen.status.phase !== 'Initializing') {
    const anew = { phase: 'Initializing', canaryWeight: 0, failedChecks: 0, iterations: 0 } as const;
    return decide({ status: changedStatus(seen, anew), reason: 'The Canary names another target and begins anew.' });
  }
  return decide({
    actions: [{ kind: 'deleteStaleRoutes' }],
    reason: 'Routes of the Canary before its edit are removed.',
  });
}

/** Without the routes users follow the apex Service: not before that leads to the primary, or they met what nobody analysed (S4). */
function leadApex(seen: Observation): Decision | undefined {
  if (seen.status.phase !== 'Initializing' || seen.routes.retargeted) return undefined;
  if (seen.obstacles.length > 0 || !needsWrite(seen.objects.apexService)) return awaitApexEndpoints(seen);
  return decide({
    actions: [{ kind: 'writeService', role: 'apex' }],
    reason: 'The apex Service leads to the primary before the former routes go.',
  });
}

/** Until the apex Service leads to the primary's pods, Skipper still sends requests to the target's where no route is before it. */
export function awaitApexEndpoints(seen: Observation): Decision | undefined {
  if (seen.apexServesPrimary) return undefined;
  return decide({
    wakeAfterMs: seen.spec.analysis.intervalMs,
    reason: 'The endpoints of the apex Service are not yet those of the primary.',
  });
}

/** Holds until the routes have been as they are for the settle time (R7). */
export function whenSettled(seen: Observation): Decision | undefined {
  const leftMs = seen.settleMs - seen.routes.stableMs;
  if (leftMs <= 0) return undefined;
  return decide({ wakeAfterMs: leftMs, reason: 'Waiting until Skipper has taken over the routes.' });
}

export function isDecision(value: RunnableTarget | Decision): value is Decision {
  return 'actions' in value;
}
