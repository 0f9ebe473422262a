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

/** The one condition, `Promoted`; other types that somebody else set are kept. */
function conditionsFor(
  before: readonly CanaryCondition[],
  phase: Phase,
  kind: TargetKind,
  nowText: string,
): readonly CanaryCondition[] {
  const current = before.find(({ type }) => type === 'Promoted');
  const status = conditionStatus[phase];
  if (current?.status === status && current.reason === phase) return before;
  const promoted: CanaryCondition = {
    type: 'Promoted',
    status,
    reason: phase,
    message: conditionMessage(phase, kind),
    lastUpdateTime: nowText,
    lastTransitionTime: current?.status === status ? (current.lastTransitionTime ?? nowText) : nowText,
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
