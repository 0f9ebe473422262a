// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, sha256Hex } from '../lib/hash.js';
import type { CheckOutcome, CheckPart, CheckRequest } from './check.js';
import type { Announcement } from './decision.js';
import type { Observation } from './observation.js';
import { servesWithoutPrimary } from './rollback.js';
import { strategyOf } from './strategies.js';
import { isStart } from './strategy.js';
import { expectedTraffic } from './traffic.js';

/** Wait before data that came too early is asked for again (R19). */
const tooEarlyRetryMs = 5_000;

/** What is known of the check that an observation asks for. */
export type CheckProgress =
  /** Start it now, or keep it running. */
  | { readonly kind: 'ask'; readonly request: CheckRequest; readonly starting: boolean }
  /** Not yet: the weight that it judges has not been there for a whole interval (R6). */
  | { readonly kind: 'notDue'; readonly afterMs: number }
  | CheckAnswer;

export interface CheckAnswer {
  readonly kind: 'answered';
  readonly outcome: CheckOutcome;
  readonly announcements: readonly Announcement[];
  /** 0 for the first time that this was asked. */
  readonly attempt: number;
}

/** The check of the running revision at its present weight. */
export function analysisRequest(seen: Observation): CheckRequest {
  const { status, uid } = seen;
  const revision = status.lastAppliedSpec ?? '';
  return {
    subject: [
      uid,
      revision,
      status.phase,
      status.canaryWeight,
      status.iterations,
      status.failedChecks,
      demandsOf(seen),
    ].join('/'),
    attempt: 0,
    parts: analysisParts(seen),
    phase: status.phase,
    revision,
    weightedSinceMs: measuredSinceMs(seen),
    mirrored: expectedTraffic(seen).mirrored,
  };
}

/**
 * Since when the running revision has had weight. One that took all of it over from the revision before, because there was no
 * primary to go back to (R13), is judged from the moment on at which its own pods had replaced those (R19).
 */
function ownWeightSinceMs(seen: Observation): number | undefined {
  const { routes, target, nowMs } = seen;
  if (routes.weightedSinceMs === undefined || !servesWithoutPrimary(seen)) return routes.weightedSinceMs;
  return Math.max(routes.weightedSinceMs, Math.min(nowMs, target?.templateChangedAtMs ?? 0));
}

/** What the Canary asks of a revision: an edit of it makes results of before worthless. */
function demandsOf({ spec }: Observation): string {
  const { metrics, webhooks } = spec.analysis;
  return sha256Hex(canonicalJson({ metrics, webhooks, server: spec.metricsServer })).slice(0, 8);
}

function analysisParts({ spec, status }: Observation): readonly CheckPart[] {
  const { analysis } = spec;
  const has = (type: CheckPart | undefined): CheckPart[] =>
    type !== undefined && analysis.webhooks.some((hook) => hook.type === type) ? [type] : [];
  const gate = has(strategyOf(spec).gateAt(status));
  if (isStart(status)) return [...has('rollback'), ...has('pre-rollout'), ...gate];
  const metrics: CheckPart[] = analysis.metrics.length > 0 ? ['metrics'] : [];
  return [...has('rollback'), ...has('rollout'), ...metrics, ...gate];
}

/**
 * Since when what is measured can be about this revision. Without weight that is when its mirroring began; without any traffic
 * of ours, the earliest moment at which the first iteration can have been: every one since took at least an interval.
 */
function measuredSinceMs(seen: Observation): number | undefined {
  const { routes, spec, status } = seen;
  if (routes.mirror === 'on') return routes.changedAtMs;
  const recordedAtMs = Date.parse(status.lastTransitionTime ?? '');
  if (routes.weightedSinceMs !== undefined || status.iterations === 0 || Number.isNaN(recordedAtMs)) {
    return ownWeightSinceMs(seen);
  }
  return recordedAtMs - (status.iterations - 1) * spec.analysis.intervalMs;
}

/** Where the requested check stands: not due, running, or answered. `dueAtMs` is wall time. */
export function checkProgress(seen: Observation, request: CheckRequest, dueAtMs: number): CheckProgress {
  const { check, nowMs } = seen;
  if (check.kind === 'none' || check.subject !== request.subject) return whenDue(nowMs, dueAtMs, request);
  const { attempt } = check;
  if (check.kind === 'running') return { kind: 'ask', request: { ...request, attempt }, starting: false };
  const { intervalMs } = seen.spec.analysis;
  const stale = check.outcome.kind === 'passed' && nowMs - check.finishedAtMs > intervalMs;
  if (check.fresh && !stale)
    return { kind: 'answered', outcome: check.outcome, announcements: check.announcements, attempt };
  return whenDue(nowMs, check.finishedAtMs + retryAfterMs(check.outcome, intervalMs), {
    ...request,
    attempt: attempt + 1,
  });
}

function whenDue(nowMs: number, dueAtMs: number, request: CheckRequest): CheckProgress {
  if (nowMs < dueAtMs) return { kind: 'notDue', afterMs: dueAtMs - nowMs };
  return { kind: 'ask', request, starting: true };
}

/** How long an answer that changed no status stands before the question is asked again. */
export function retryAfterMs(outcome: CheckOutcome, intervalMs: number): number {
  return outcome.kind === 'tooEarly' ? Math.min(tooEarlyRetryMs, intervalMs) : intervalMs;
}

/** The request of a check that is already running for the same subject: a short hold does not abort it. */
export function keepRunning(seen: Observation): CheckRequest | undefined {
  const request = analysisRequest(seen);
  const { check } = seen;
  if (check.kind === 'none' || check.subject !== request.subject) return undefined;
  return { ...request, attempt: check.attempt };
}

/** When the check of the present step is due: one interval after the last shift of routes or recorded check (R6). */
export function analysisDueAtMs(seen: Observation): number {
  const { status, routes, nowMs, settleMs } = seen;
  const settledAtMs = nowMs + Math.max(0, settleMs - routes.stableMs);
  const paced = !isStart(status) || status.failedChecks > 0 || status.phase === 'WaitingPromotion';
  if (!paced) return settledAtMs;
  const recordedAtMs = Date.parse(status.lastTransitionTime ?? '') || 0;
  const routedAtMs = Math.max(routes.changedAtMs ?? 0, ownWeightSinceMs(seen) ?? 0);
  const shiftedAtMs = isStart(status) ? 0 : routedAtMs;
  // A clock that was set back, or another machine's, must not hold a rollout for hours.
  const lastMs = Math.min(nowMs, Math.max(recordedAtMs, shiftedAtMs));
  return Math.max(settledAtMs, lastMs + seen.spec.analysis.intervalMs);
}
