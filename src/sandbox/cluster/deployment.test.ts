// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import { objectAt, objectsAt, type JsonObject } from '../api-server/json.js';
import type { ServedObject } from '../api-server/index.js';
import { aDeployment, TestCluster } from './testing.js';

let cluster: TestCluster;

beforeEach(() => {
  cluster = new TestCluster();
});

function statusOf(object: ServedObject): JsonObject {
  return objectAt(object, 'status');
}

function progressOf(object: ServedObject): JsonObject {
  return objectsAt(statusOf(object), 'conditions').find(({ type }) => type === 'Progressing') ?? {};
}

function sizes(): readonly unknown[] {
  return cluster.list('replicasets').map((set) => objectAt(set, 'spec').replicas);
}

function images(): readonly unknown[] {
  return cluster.list('pods').map((pod) => objectsAt(objectAt(pod, 'spec'), 'containers')[0]?.image);
}

function setImage(image: string): void {
  cluster.merge('deployments', 'web', { spec: { template: { spec: { containers: [{ name: 'web', image }] } } } });
}

describe('a Deployment', () => {
  it('gets a ReplicaSet, pods and a status, and makes no write once it is there', async () => {
    cluster.create('deployments', aDeployment('web'));
    await cluster.clock.advance(10_000);
    const deployment = cluster.get('deployments', 'web');
    const [set] = cluster.list('replicasets');
    expect(deployment.metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' });
    expect(statusOf(deployment)).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
      conditions: [
        { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' },
        { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
      ],
    });
    expect(progressOf(deployment).message).toBe(`ReplicaSet "${set?.metadata.name}" has successfully progressed.`);
    expect(set?.metadata).toMatchObject({
      annotations: {
        'deployment.kubernetes.io/desired-replicas': '3',
        'deployment.kubernetes.io/max-replicas': '4',
        'deployment.kubernetes.io/revision': '1',
      },
      ownerReferences: [{ kind: 'Deployment', name: 'web', controller: true, blockOwnerDeletion: true }],
    });
    const { resourceVersion } = cluster.api;
    await cluster.clock.advance(3_600_000);
    expect(cluster.api.resourceVersion).toBe(resourceVersion);
  });

  it('tells in its status what a rollout does, step by step', async () => {
    cluster.create('deployments', aDeployment('web', { replicas: 1 }));
    await cluster.clock.advance(10_000);
    setImage('web:2.0');
    const states = await cluster.during('deployments', 10_000);
    const told = states.map((state) => [
      state.metadata.generation,
      statusOf(state).observedGeneration,
      progressOf(state).reason,
    ]);
    expect(told).toContainEqual([2, 1, 'NewReplicaSetCreated']);
    expect(told).toContainEqual([2, 2, 'ReplicaSetUpdated']);
    expect(told.at(-1)).toEqual([2, 2, 'NewReplicaSetAvailable']);
    // What an operator relies on: no status speaks of a generation before the ReplicaSet for it exists.
    expect(
      states.every((state) => Number(statusOf(state).observedGeneration) <= Number(state.metadata.generation)),
    ).toBe(true);
    expect(states.at(-1)?.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '2' });
    expect(sizes().toSorted()).toEqual([0, 1]);
    expect(images()).toEqual(['web:2.0']);
  });

  it.each`
    maxSurge | maxUnavailable | most | least
    ${1}     | ${0}           | ${5} | ${4}
    ${0}     | ${1}           | ${4} | ${3}
    ${'50%'} | ${'25%'}       | ${6} | ${3}
    ${0}     | ${0}           | ${4} | ${3}
  `('rolls 4 pods with surge $maxSurge, unavailable $maxUnavailable within $least..$most', async (row) => {
    // A table row, as jest gives it.
    const { maxSurge, maxUnavailable, most, least } = row as Record<string, number>;
    const isMovable = maxSurge !== 0 || maxUnavailable !== 0;
    const rollingUpdate = { maxSurge, maxUnavailable: isMovable ? maxUnavailable : '1%' };
    const strategy = { type: 'RollingUpdate', rollingUpdate };
    cluster.create('deployments', aDeployment('web', { replicas: 4, strategy }));
    await cluster.clock.advance(10_000);
    setImage('web:2.0');
    const states = await cluster.during('deployments', 60_000);
    const counts = states.map(statusOf);
    expect(Math.max(...counts.map(({ replicas }) => Number(replicas ?? 0)))).toBe(most);
    expect(Math.min(...counts.map(({ availableReplicas }) => Number(availableReplicas ?? 0)))).toBe(least);
    expect(images()).toEqual(Array.from({ length: 4 }, () => 'web:2.0'));
  });

  it('with strategy Recreate starts new pods only when the last old one is gone', async () => {
    cluster.create('deployments', aDeployment('web', { replicas: 2, strategy: { type: 'Recreate' } }));
    await cluster.clock.advance(10_000);
    setImage('web:2.0');
    await cluster.clock.advance(1_500);
    expect(images()).toEqual(['web:1.0', 'web:1.0']);
    await cluster.clock.advance(1_000);
    expect(images()).toEqual(['web:2.0', 'web:2.0']);
    await cluster.clock.advance(5_000);
    expect(progressOf(cluster.get('deployments', 'web')).reason).toBe('NewReplicaSetAvailable');
  });

  it('misses its progress deadline when pods do not get ready, and keeps the old ones', async () => {
    cluster.create('deployments', aDeployment('web', { progressDeadlineSeconds: 60 }));
    await cluster.clock.advance(10_000);
    cluster.plan = { scheduleMs: 0, startMs: 0, drainMs: 0 };
    setImage('web:2.0');
    await cluster.clock.advance(55_000);
    expect(progressOf(cluster.get('deployments', 'web')).status).toBe('True');
    await cluster.clock.advance(15_000);
    const deployment = cluster.get('deployments', 'web');
    expect(progressOf(deployment)).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    expect(statusOf(deployment)).toMatchObject({ availableReplicas: 3, updatedReplicas: 1, unavailableReplicas: 1 });
  });

  it('goes back to a ReplicaSet that it had, under a new revision', async () => {
    cluster.create('deployments', aDeployment('web'));
    await cluster.clock.advance(10_000);
    setImage('web:2.0');
    await cluster.clock.advance(20_000);
    const { spec } = aDeployment('web') as { readonly spec: { readonly template: unknown } };
    cluster.merge('deployments', 'web', { spec: { template: spec.template } });
    await cluster.clock.advance(20_000);
    expect(sizes().toSorted()).toEqual([0, 3]);
    const current = cluster.list('replicasets').find((set) => objectAt(set, 'spec').replicas === 3);
    expect(current?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
  });

  it('is scaled without a rollout, and while it is paused', async () => {
    cluster.create('deployments', aDeployment('web'));
    await cluster.clock.advance(10_000);
    cluster.merge('deployments', 'web', { spec: { replicas: 0, paused: true } });
    await cluster.clock.advance(10_000);
    expect(cluster.list('pods')).toEqual([]);
    expect(progressOf(cluster.get('deployments', 'web'))).toMatchObject({ reason: 'DeploymentPaused' });
    expect(statusOf(cluster.get('deployments', 'web'))).toMatchObject({
      observedGeneration: 2,
      terminatingReplicas: 0,
    });
    setImage('web:2.0');
    await cluster.clock.advance(10_000);
    expect(sizes()).toEqual([0]);
    cluster.merge('deployments', 'web', { spec: { replicas: 1, paused: false } });
    await cluster.clock.advance(20_000);
    expect(images()).toEqual(['web:2.0']);
  });

  it('scaled amid a rollout keeps the shares of its ReplicaSets', async () => {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } };
    cluster.create('deployments', aDeployment('web', { replicas: 10, strategy }));
    await cluster.clock.advance(10_000);
    cluster.plan = { scheduleMs: 0, startMs: 0, drainMs: 0 };
    setImage('web:2.0');
    await cluster.clock.advance(10_000);
    expect(sizes().toSorted()).toEqual([5, 8]);
    cluster.merge('deployments', 'web', { spec: { replicas: 15 } });
    await cluster.clock.advance(10_000);
    expect(sizes().toSorted()).toEqual([11, 7]);
  });

  it('keeps only as many old ReplicaSets as it may', async () => {
    cluster.create('deployments', aDeployment('web', { replicas: 1, revisionHistoryLimit: 1 }));
    for (const version of [2, 3, 4]) {
      await cluster.clock.advance(10_000);
      setImage(`web:${version}.0`);
    }
    await cluster.clock.advance(10_000);
    expect(cluster.list('replicasets')).toHaveLength(2);
  });

  it('takes its ReplicaSets and pods along when it is deleted', async () => {
    cluster.create('deployments', aDeployment('web'));
    await cluster.clock.advance(10_000);
    cluster.api.delete(cluster.kind('deployments'), { namespace: 'test', name: 'web' });
    await cluster.clock.advance(1_000);
    expect(cluster.list('replicasets')).toEqual([]);
    expect(cluster.list('pods').every(({ metadata }) => metadata.deletionTimestamp !== undefined)).toBe(true);
    await cluster.clock.advance(5_000);
    expect(cluster.list('pods')).toEqual([]);
  });

  it('ends with its namespace', async () => {
    cluster.create('deployments', aDeployment('web'));
    await cluster.clock.advance(10_000);
    cluster.api.delete(cluster.kind('namespaces'), { namespace: '', name: 'test' });
    await cluster.clock.advance(10_000);
    expect(cluster.api.find(cluster.kind('namespaces'), { namespace: '', name: 'test' })).toBeUndefined();
  });
});
