// SPDX-License-Identifier: Apache-2.0
import { alert, canaryTitle, primaryTitle, repeatedWarning, targetTitle, warning } from './announce.js';
import type { CheckRequest } from './check.js';
import type { Action, Announcement, Decision } from './decision.js';
import { decide } from './decision.js';
import type { Observation, Verdict } from './observation.js';
import { isScaledUp } from './observation.js';
import { changedStatus } from './status.js';
import { routesTraffic } from './strategies.js';
import { isStart, start } from './strategy.js';
import { everybodyOnCanary, isRouted, leaveMirroring, shiftTraffic } from './traffic.js';
import { unlessPrimaryServes, whenSettled } from './workload-guards.js';

/** Counts a failed check and rolls back when it was one too many. The weight stays where it is otherwise. */
export function recordFailure(seen: Observation, announcements: readonly Announcement[]): Decision {
  const failedChecks = seen.status.failedChecks + 1;
  if (failedChecks >= seen.spec.analysis.threshold) {
    return rollBack(seen, { ...thresholdReached(seen, failedChecks), failedChecks, before: announcements });
  }
  return decide({
    status: changedStatus(seen, { failedChecks }),
    announcements,
    reason: `Failed check ${failedChecks} of ${seen.spec.analysis.threshold}.`,
  });
}

export interface RollbackCause {
  readonly reason: string;
  readonly event: Announcement;
  readonly alert: Announcement;
}

export function thresholdReached(seen: Observation, failedChecks: number): RollbackCause {
  return {
    reason: `failed checks threshold reached ${failedChecks}`,
    event: warning(`Rolling back ${canaryTitle(seen)} failed checks threshold reached ${failedChecks}`),
    alert: alert('error', `Failed checks threshold reached ${failedChecks}`),
  };
}

export function deadlineExceeded(seen: Observation, message: string): RollbackCause {
  return {
    reason: `progress deadline exceeded ${message}`,
    event: warning(`Rolling back ${canaryTitle(seen)} progress deadline exceeded ${message}`),
    alert: alert('error', `Progress deadline exceeded ${message}`),
  };
}

export function rollbackHookCalled(seen: Observation, hook: string): RollbackCause {
  return {
    reason: `rollback hook ${hook}`,
    event: warning(`Rolling back ${canaryTitle(seen)} manual webhook invoked`),
    alert: alert('warn', 'Rolling back manual webhook invoked'),
  };
}

/**
 * The failed verdict: all traffic to the primary in the write that records why (R9). Pods stay until that has settled.
 * With no healthy primary to go to, traffic stays where it is (R8, R13).
 */
export function rollBack(
  seen: Observation,
  cause: RollbackCause & { readonly failedChecks?: number; readonly before?: readonly Announcement[] },
): Decision {
  const { before = [], failedChecks = seen.status.failedChecks } = cause;
  if (servesWithoutPrimary(seen)) return failWithoutMove(seen, cause, before);
  if (seen.primary === undefined || seen.primary.readyEndpoints === 0) {
    const message = `${primaryTitle(seen)} has no ready endpoints, rollback of ${canaryTitle(seen)} waits for it`;
    return decide({
      status: failedChecks === seen.status.failedChecks ? undefined : changedStatus(seen, { failedChecks }),
      announcements: [...before, repeatedWarning(seen, 'primary', 'rollback', message)],
      reason: 'There is no healthy primary to roll back to.',
    });
  }
  if (!routesTraffic(seen.spec)) return failWithoutRoutes(seen, { ...cause, before, failedChecks });
  return decide({
    actions: setVerdict(seen, 'failed', cause.reason),
    status: changedStatus(seen, { ...start, failedChecks }),
    announcements: [...before, cause.event, cause.alert],
    reason: `Rolling back: ${cause.reason}.`,
  });
}

/** No write of routes can carry the verdict: the status does, as so many failed checks, before the pods go (R9). */
function failWithoutRoutes(
  seen: Observation,
  cause: RollbackCause & { readonly failedChecks: number; readonly before: readonly Announcement[] },
): Decision {
  const { threshold } = seen.spec.analysis;
  if (seen.status.failedChecks >= threshold) return endAsFailed(seen, cause.reason);
  return decide({
    status: changedStatus(seen, { failedChecks: Math.max(cause.failedChecks, threshold) }),
    announcements: [...cause.before, cause.event, cause.alert],
    reason: `Rolling back: ${cause.reason}.`,
  });
}

/** All traffic is on the canary because the primary is broken: a failed promotion and what came after it (R13). */
export function servesWithoutPrimary(seen: Observation): boolean {
  return isRouted(seen, everybodyOnCanary) && (seen.primary?.readyEndpoints ?? 0) === 0;
}

function failWithoutMove(seen: Observation, cause: RollbackCause, before: readonly Announcement[]): Decision {
  const message = `${cause.reason}; ${primaryTitle(seen)} is not healthy, so all traffic stays on ${targetTitle(seen)}`;
  return decide({
    status: changedStatus(seen, { phase: 'Failed', canaryWeight: 100, failedChecks: 0, iterations: 0 }),
    announcements: [...before, warning(`Canary failed! ${message}`, 'Failed'), cause.alert],
    afterwards: postRollout(seen, 'Failed'),
    reason: message,
  });
}

/** All traffic to the primary, with the verdict in the same write. */
export function setVerdict(seen: Observation, result: Verdict['result'], reason: string): readonly Action[] {
  return shiftTraffic(seen, {
    canaryWeight: 0,
    verdict: { revision: seen.status.lastAppliedSpec ?? '', result, reason },
  });
}

/** Carries a verdict on the running revision to its end: routes, settle, scale-down, phase. Survives any restart (R9). */
export function finishVerdict(seen: Observation): Decision | undefined {
  const { verdict } = seen.routes;
  if (verdict === undefined || verdict.result === 'promoted') return undefined;
  if (verdict.revision !== seen.status.lastAppliedSpec) return undefined;
  const waiting = unlessPrimaryServes(seen);
  if (waiting !== undefined) return waiting;
  if (!isStart(seen.status)) return recordVerdict(seen, verdict);
  if (seen.routes.canaryWeight !== 0) {
    return decide({
      actions: shiftTraffic(seen, { canaryWeight: 0, verdict }),
      reason: 'The verdict is on record; all traffic goes to the primary.',
    });
  }
  const leaving = leaveMirroring(seen) ?? whenSettled(seen);
  return leaving ?? (verdict.result === 'failed' ? endAsFailed(seen, verdict.reason) : endAsCancelled(seen));
}

/** The process died after the routes were written and before anybody was told. */
function recordVerdict(seen: Observation, { result, reason }: Verdict): Decision {
  const text = `Rolling back ${canaryTitle(seen)} ${reason}`;
  const told = [warning(text), alert('error', `${reason.charAt(0).toUpperCase()}${reason.slice(1)}`)];
  return decide({
    status: changedStatus(seen, start),
    announcements: result === 'failed' ? told : [],
    reason: 'The verdict was routed before the status was written.',
  });
}

function endAsFailed(seen: Observation, reason: string): Decision {
  return decide({
    actions: scaleDownUnlessNew(seen),
    status: changedStatus(seen, { phase: 'Failed', canaryWeight: 0, failedChecks: 0, iterations: 0 }),
    announcements: [warning(`Canary failed! Scaling down ${canaryTitle(seen)}`, 'Failed')],
    afterwards: postRollout(seen, 'Failed'),
    reason: `Rolled back: ${reason}.`,
  });
}

export function endAsCancelled(seen: Observation): Decision {
  const promoted = seen.primary?.revision ?? seen.status.lastPromotedSpec;
  return decide({
    actions: scaleDownUnlessNew(seen),
    status: changedStatus(seen, {
      phase: 'Succeeded',
      canaryWeight: 0,
      failedChecks: 0,
      iterations: 0,
      ...(promoted === undefined ? {} : { lastAppliedSpec: promoted, lastPromotedSpec: promoted }),
      ...(seen.target?.trackedConfigs === undefined ? {} : { trackedConfigs: seen.target.trackedConfigs }),
    }),
    afterwards: postRollout(seen, 'Succeeded'),
    reason: 'The analysis was cancelled; the promoted revision serves all traffic.',
  });
}

/** A target that already carries a further revision is needed at once: it keeps its pods (R12). */
function scaleDownUnlessNew(seen: Observation): readonly Action[] {
  const { target, primary, status } = seen;
  if (target === undefined || !isScaledUp(target)) return [];
  const known = target.revision === undefined || target.revision === status.lastAppliedSpec;
  return known || target.revision === primary?.revision ? [{ kind: 'scaleTargetDown' }] : [];
}

/** The hooks that are told of the end of a rollout. */
export function postRollout(
  seen: Observation,
  phase: 'Succeeded' | 'Failed',
  revision = seen.status.lastAppliedSpec ?? '',
): CheckRequest | undefined {
  if (!seen.spec.analysis.webhooks.some(({ type }) => type === 'post-rollout')) return undefined;
  return {
    subject: [seen.uid, revision, phase, 'post-rollout'].join('/'),
    attempt: 0,
    parts: ['post-rollout'],
    phase,
    revision,
    weightedSinceMs: undefined,
    mirrored: false,
  };
}
