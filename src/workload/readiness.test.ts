// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Deployment, WorkloadCondition } from '../api/kubernetes.js';
import { deploymentReadiness, progressedAtMs } from './readiness.js';
import { aDeployment, flaggerState } from './test-objects.js';

const nowMs = Date.parse('2026-01-01T00:10:00Z');
const rule = { readyThresholdPercent: 100, deadlineMs: 60_000, nowMs, awaitedSinceMs: 0, desiredZeroIsReady: false };
const condition = (type: string, status: string, reason: string, lastUpdateTime = '2026-01-01T00:00:00Z') => ({
  type,
  status,
  reason,
  lastUpdateTime,
});
const progressing = condition('Progressing', 'True', 'ReplicaSetUpdated');
const timedOut = condition('Progressing', 'False', 'ProgressDeadlineExceeded', '2026-01-01T00:10:00Z');
const unavailable = (since: string) => condition('Available', 'False', 'MinimumReplicasUnavailable', since);

function judged(status: Deployment['status'], options: { replicas?: number; percent?: number; zero?: boolean } = {}) {
  const { replicas = 2, percent = 100, zero = false } = options;
  const deployment = aDeployment({ replicas, generation: 3, status: { observedGeneration: 3, ...status } });
  return deploymentReadiness(deployment, { ...rule, readyThresholdPercent: percent, desiredZeroIsReady: zero });
}

const waiting = (cause: string, text: string) => ({
  kind: 'waiting',
  cause,
  message: `waiting for rollout to finish: ${text}`,
});

describe('deploymentReadiness', () => {
  it('is ready when all replicas are updated and available', () => {
    expect(judged({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 })).toEqual({ kind: 'ready' });
  });

  it.each(['podinfo-primary', 'podinfo'])('reads a real status: %s in mid-rollout is ready', (name) => {
    const deployment = flaggerState('mid-rollout-weight-20').get('Deployment', name);
    expect(deploymentReadiness(deployment, rule)).toEqual({ kind: 'ready' });
  });

  it('waits for the controller to see the new generation, whatever else the status says', () => {
    const conditions = [condition('Progressing', 'False', 'ProgressDeadlineExceeded')];
    const stale = aDeployment({ generation: 4, status: { observedGeneration: 3, conditions } });
    const text = 'observed deployment generation less than desired generation';
    expect(deploymentReadiness(stale, rule)).toEqual(waiting('stale-generation', text));
    expect(deploymentReadiness(aDeployment({ generation: 1 }), rule)).toEqual(waiting('stale-generation', text));
  });

  it.each<{
    replicas: number;
    updated: number;
    total: number;
    available: number;
    percent: number;
    cause: string;
    text: string;
  }>`
    replicas | updated | total | available | percent | cause             | text
    ${3}     | ${1}    | ${3}  | ${3}      | ${100}  | ${'updating'}     | ${'1 out of 3 new replicas have been updated'}
    ${2}     | ${2}    | ${3}  | ${2}      | ${100}  | ${'old-replicas'} | ${'1 old replicas are pending termination'}
    ${2}     | ${2}    | ${2}  | ${1}      | ${100}  | ${'unavailable'}  | ${'1 of 2 (readyThreshold 100%) updated replicas are available'}
    ${3}     | ${3}    | ${3}  | ${0}      | ${50}   | ${'unavailable'}  | ${'0 of 1 (readyThreshold 50%) updated replicas are available'}
  `('waits: $text', ({ replicas, updated, total, available, percent, cause, text }) => {
    const status = { replicas: total, updatedReplicas: updated, availableReplicas: available };
    expect(judged(status, { replicas, percent })).toEqual(waiting(cause, text));
  });

  it('rounds the threshold down', () => {
    expect(judged({ replicas: 3, updatedReplicas: 3, availableReplicas: 1 }, { replicas: 3, percent: 50 }).kind).toBe(
      'ready',
    );
  });

  it('D12: is not ready with zero desired replicas in a rollout', () => {
    expect(judged({}, { replicas: 0 })).toEqual(waiting('scaled-to-zero', 'the deployment is scaled to zero'));
    expect(
      judged({ conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded')] }, { replicas: 0 }).kind,
    ).toBe('waiting');
    expect(judged({}, { replicas: 0, zero: true })).toEqual({ kind: 'ready' });
    expect(judged({ replicas: 1 }, { replicas: 0, zero: true })).toEqual(
      waiting('old-replicas', '1 old replicas are pending termination'),
    );
  });

  it('fails when Kubernetes says that the progress deadline is exceeded', () => {
    const conditions = [condition('Progressing', 'False', 'ProgressDeadlineExceeded')];
    expect(judged({ replicas: 2, updatedReplicas: 2, availableReplicas: 2, conditions })).toEqual({
      kind: 'failed',
      message: 'deployment "podinfo" exceeded its progress deadline',
    });
  });

  it.each<{ since: string; conditions: readonly WorkloadCondition[]; kind: string }>`
    since                     | conditions       | kind
    ${'2026-01-01T00:08:59Z'} | ${[progressing]} | ${'failed'}
    ${'2026-01-01T00:09:01Z'} | ${[progressing]} | ${'waiting'}
    ${'2026-01-01T00:08:59Z'} | ${[]}            | ${'waiting'}
    ${'never'}                | ${[progressing]} | ${'waiting'}
  `('unavailable since $since with deadline 60 s at 00:10: $kind', ({ since, conditions, kind }) => {
    const status = { replicas: 2, updatedReplicas: 2, availableReplicas: 0 };
    const result = judged({ ...status, conditions: [...conditions, unavailable(since)] });
    expect(result).toMatchObject({
      kind,
      message: 'waiting for rollout to finish: 0 of 2 (readyThreshold 100%) updated replicas are available',
    });
  });

  it('waits for a revision that makes progress, however long the one before was unavailable', () => {
    const status = { replicas: 2, updatedReplicas: 2, availableReplicas: 0 };
    const justNow = condition('Progressing', 'True', 'ReplicaSetUpdated', '2026-01-01T00:09:59Z');
    expect(judged({ ...status, conditions: [justNow, unavailable('2026-01-01T00:00:00Z')] }).kind).toBe('waiting');
  });

  it.each<{
    named: number | undefined;
    deadline: number;
    awaitedFor: number;
    conditions: readonly WorkloadCondition[];
  }>`
    named        | deadline | awaitedFor | conditions
    ${60}        | ${60}    | ${60}      | ${[timedOut]}
    ${undefined} | ${60}    | ${600}     | ${[timedOut]}
    ${600}       | ${60}    | ${61}      | ${[progressing, unavailable('2026-01-01T00:00:00Z')]}
  `(
    'fails a revision after its own deadline ($awaitedFor s), not for what became of the one before',
    ({ named, deadline, awaitedFor, conditions }) => {
      const status = { observedGeneration: 3, replicas: 2, updatedReplicas: 0, conditions };
      const { spec, ...rest } = aDeployment({ replicas: 2, generation: 3, status });
      const deployment = { ...rest, spec: { ...spec, ...(named !== undefined && { progressDeadlineSeconds: named }) } };
      const after = (seconds: number): string =>
        deploymentReadiness(deployment, {
          ...rule,
          deadlineMs: deadline * 1_000,
          awaitedSinceMs: nowMs - seconds * 1_000,
        }).kind;
      expect([after(1), after(awaitedFor - 2), after(awaitedFor)]).toEqual(['waiting', 'waiting', 'failed']);
    },
  );

  it('is ready although a deadline has passed, once the pods are there', () => {
    const status = { replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
    expect(judged({ ...status, conditions: [progressing, unavailable('2026-01-01T00:00:00Z')] }).kind).toBe('ready');
  });
});

describe('progressedAtMs', () => {
  it('R22: is when the deployment controller last saw progress', () => {
    expect(progressedAtMs(aDeployment({ status: { conditions: [progressing] } }))).toBe(nowMs - 600_000);
    expect(progressedAtMs(aDeployment())).toBeUndefined();
  });
});
