// SPDX-License-Identifier: Apache-2.0
import type { CanaryCondition, CanaryStatus, Phase } from '../api/canary-status.js';
import type { TargetKind } from '../api/rollout-spec.js';
import type { Observation } from './observation.js';
import type { SessionCookies } from './session.js';
import { endedSession, freshSession, withSession } from './session.js';

/** Members of the status that a decision sets; everything else stays. */
export type StatusChange = Partial<
  Pick<
    CanaryStatus,
    | 'phase'
    | 'canaryWeight'
    | 'failedChecks'
    | 'iterations'
    | 'lastAppliedSpec'
    | 'lastPromotedSpec'
    | 'trackedConfigs'
    | 'lastChecks'
  >
> & {
  /** All cookies at once; default: they stay until the rollout ends. */
  readonly session?: SessionCookies;
};

/** What a status holds of a rollout that begins with the observed target. */
export function beginningOf(seen: Observation, revision: string): StatusChange {
  const trackedConfigs = seen.target?.trackedConfigs;
  const configs = trackedConfigs === undefined ? {} : { trackedConfigs };
  // What the rollout before measured says nothing about this revision.
  const checks = seen.status.lastChecks === undefined ? {} : { lastChecks: [] };
  return {
    phase: 'Progressing',
    failedChecks: 0,
    iterations: 0,
    lastAppliedSpec: revision,
    ...configs,
    ...checks,
    session: freshSession(seen, revision),
  };
}

/** The status after a change: stamped with the time, its condition following the phase. */
export function changedStatus(seen: Observation, { session, ...change }: StatusChange): CanaryStatus {
  const phase = change.phase ?? seen.status.phase;
  const nowText = timestamp(seen.nowMs);
  const hasEnded = phase === 'Succeeded' || phase === 'Failed';
  const cookies = session ?? (hasEnded ? endedSession(seen.status) : undefined);
  return {
    ...(cookies === undefined ? seen.status : withSession(seen.status, cookies)),
    ...change,
    phase,
    lastTransitionTime: nowText,
    conditions: conditionsFor(seen.status.conditions ?? [], phase, seen.spec.target.kind, nowText),
  };
}

/** RFC 3339 with whole seconds, as Kubernetes writes metav1.Time. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

const conditionStatus: Readonly<Record<Phase, CanaryCondition['status']>> = {
  '': 'Unknown',
  Initializing: 'Unknown',
  Initialized: 'True',
  Waiting: 'Unknown',
  Progressing: 'Unknown',
  WaitingPromotion: 'Unknown',
  Promoting: 'Unknown',
  Finalising: 'Unknown',
  Succeeded: 'True',
  Failed: 'False',
  Terminating: 'Unknown',
  Terminated: 'Unknown',
};

/** Reason of the condition while a Canary asks for something that cannot be done. */
const refusedReason = 'InvalidSpec';
const longestMessage = 1_000;

/**
 * The status of a Canary that is not worked on, with why in its condition; everything else stays, the phase too. Undefined when
 * it already says so.
 */
export function refusedStatus(
  status: CanaryStatus,
  problems: readonly string[],
  nowMs: number,
): CanaryStatus | undefined {
  const message = problems.join('; ').slice(0, longestMessage);
  const current = promotedCondition(status);
  if (current?.reason === refusedReason && current.message === message) return undefined;
  const condition = { status: 'Unknown', reason: refusedReason, message } as const;
  return { ...status, conditions: withCondition(status.conditions ?? [], condition, timestamp(nowMs)) };
}

/** The status of a Canary that is worked on again, its condition that of its phase. Undefined when it was not refused before. */
export function acceptedStatus(status: CanaryStatus, kind: TargetKind, nowMs: number): CanaryStatus | undefined {
  // At first sight a condition of its own is written anyway.
  if (status.phase === '' || promotedCondition(status)?.reason !== refusedReason) return undefined;
  return { ...status, conditions: conditionsFor(status.conditions ?? [], status.phase, kind, timestamp(nowMs)) };
}

function promotedCondition({ conditions = [] }: Pick<CanaryStatus, 'conditions'>): CanaryCondition | undefined {
  return conditions.find(({ type }) => type === 'Promoted');
}

/** The one condition, `Promoted`; other types that somebody else set are kept. */
function conditionsFor(
  before: readonly CanaryCondition[],
  phase: Phase,
  kind: TargetKind,
  nowText: string,
): readonly CanaryCondition[] {
  const current = promotedCondition({ conditions: before });
  const status = conditionStatus[phase];
  if (current?.status === status && current.reason === phase) return before;
  return withCondition(before, { status, reason: phase, message: conditionMessage(phase, kind) }, nowText);
}

function withCondition(
  before: readonly CanaryCondition[],
  wanted: Pick<CanaryCondition, 'status' | 'reason'> & { readonly message: string },
  nowText: string,
): readonly CanaryCondition[] {
  const current = promotedCondition({ conditions: before });
  const promoted: CanaryCondition = {
    type: 'Promoted',
    ...wanted,
    lastUpdateTime: nowText,
    lastTransitionTime: current?.status === wanted.status ? (current.lastTransitionTime ?? nowText) : nowText,
  };
  return [...before.filter(({ type }) => type !== 'Promoted'), promoted];
}

function conditionMessage(phase: Phase, kind: TargetKind): string {
  switch (phase) {
    case '':
    case 'Initializing':
    case 'Terminating':
    case 'Terminated':
      return `New ${kind} detected, starting initialization.`;
    case 'Initialized':
      return `${kind} initialization completed.`;
    case 'Waiting':
    case 'WaitingPromotion':
      return 'Waiting for approval.';
    case 'Progressing':
      return 'New revision detected, progressing canary analysis.';
    case 'Promoting':
      return 'Canary analysis completed, starting primary rolling update.';
    case 'Finalising':
      return 'Canary analysis completed, routing all traffic to primary.';
    case 'Succeeded':
      return 'Canary analysis completed successfully, promotion finished.';
    case 'Failed':
      return `Canary analysis failed, ${kind} scaled to zero.`;
  }
}
