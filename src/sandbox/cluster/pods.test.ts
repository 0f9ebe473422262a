// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import { objectAt, objectsAt, type JsonObject } from '../api-server/json.js';
import type { ServedObject } from '../api-server/index.js';
import { keyOf } from './typed-resource.js';
import { aDeployment, aTemplate, TestCluster } from './testing.js';

let cluster: TestCluster;

beforeEach(() => {
  cluster = new TestCluster();
});

function firstPod(): ServedObject {
  const [pod] = cluster.list('pods');
  if (pod === undefined) throw new Error('There is no pod');
  return pod;
}

function conditionStatus(object: ServedObject, type: string): unknown {
  return objectsAt(objectAt(object, 'status'), 'conditions').find((each) => each.type === type)?.status;
}

function container(): JsonObject {
  return objectsAt(objectAt(firstPod(), 'status'), 'containerStatuses')[0] ?? {};
}

function endpoints(): readonly unknown[] {
  return cluster
    .list('endpointslices')
    .flatMap((slice) => objectsAt(slice, 'endpoints'))
    .map(({ conditions }) => conditions);
}

const service = {
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
};

describe('a pod', () => {
  it('is scheduled, starts and becomes ready after the times of its plan', async () => {
    cluster.create('deployments', aDeployment('web', { replicas: 1 }));
    await cluster.clock.advance(50);
    expect(objectAt(firstPod(), 'spec').nodeName).toBeUndefined();
    await cluster.clock.advance(100);
    expect(objectAt(firstPod(), 'spec').nodeName).toBe('sandbox');
    expect(container().state).toEqual({ waiting: { reason: 'ContainerCreating' } });
    await cluster.clock.advance(1_000);
    expect(objectAt(firstPod(), 'status')).toMatchObject({ phase: 'Running', podIP: '10.244.0.1' });
    expect(conditionStatus(firstPod(), 'Ready')).toBe('False');
    expect(cluster.started).toEqual(['10.244.0.1']);
    await cluster.clock.advance(1_000);
    expect(conditionStatus(firstPod(), 'Ready')).toBe('True');
  });

  it('that is deleted serves until it has drained, and is replaced', async () => {
    cluster.create('deployments', aDeployment('web', { replicas: 1 }));
    cluster.create('services', service);
    await cluster.clock.advance(5_000);
    expect(endpoints()).toEqual([{ ready: true, serving: true, terminating: false }]);
    cluster.api.delete(cluster.kind('pods'), keyOf(firstPod()));
    await cluster.clock.advance(1_900);
    expect(cluster.stopped).toEqual([]);
    expect(endpoints()).toContainEqual({ ready: false, serving: true, terminating: true });
    await cluster.clock.advance(200);
    expect(cluster.stopped).toEqual(['10.244.0.1']);
    await cluster.clock.advance(5_000);
    expect(endpoints()).toEqual([{ ready: true, serving: true, terminating: false }]);
  });

  it('crashes, and is ready again after it has healed', async () => {
    cluster.create('deployments', aDeployment('web', { replicas: 1 }));
    cluster.create('services', service);
    await cluster.clock.advance(5_000);
    cluster.controllers.pods.crash(keyOf(firstPod()));
    await cluster.clock.advance(60_000);
    expect(container()).toMatchObject({ state: { waiting: { reason: 'CrashLoopBackOff' } }, restartCount: 0 });
    expect(endpoints()).toEqual([{ ready: false, serving: false, terminating: false }]);
    expect(conditionStatus(cluster.get('deployments', 'web'), 'Available')).toBe('False');
    cluster.controllers.pods.heal(keyOf(firstPod()));
    await cluster.clock.advance(5_000);
    expect(container()).toMatchObject({ ready: true, restartCount: 1, lastState: { terminated: { exitCode: 1 } } });
    expect(conditionStatus(cluster.get('deployments', 'web'), 'Available')).toBe('True');
    expect([cluster.started, cluster.stopped]).toEqual([['10.244.0.1', '10.244.0.1'], ['10.244.0.1']]);
  });

  it('whose probe fails is no endpoint until it has healed', async () => {
    cluster.create('deployments', aDeployment('web', { replicas: 1 }));
    cluster.create('services', service);
    await cluster.clock.advance(5_000);
    cluster.controllers.pods.unready(keyOf(firstPod()));
    await cluster.clock.advance(5_000);
    expect(endpoints()).toEqual([{ ready: false, serving: false, terminating: false }]);
    cluster.controllers.pods.heal(keyOf(firstPod()));
    await cluster.clock.advance(5_000);
    expect(endpoints()).toEqual([{ ready: true, serving: true, terminating: false }]);
    expect(container()).toMatchObject({ restartCount: 0 });
  });

  it.each`
    plan                             | phase        | waiting
    ${{ drainMs: 0 }}                | ${'Pending'} | ${undefined}
    ${{ scheduleMs: 0, drainMs: 0 }} | ${'Pending'} | ${{ reason: 'ImagePullBackOff' }}
  `('with the plan $plan stays $phase', async ({ plan, phase, waiting }) => {
    cluster.plan = plan as TestCluster['plan'];
    cluster.create('deployments', aDeployment('web', { replicas: 1 }));
    await cluster.clock.advance(60_000);
    expect(objectAt(firstPod(), 'status').phase).toBe(phase);
    expect(objectAt(objectAt(container(), 'state'), 'waiting')).toEqual(waiting ?? {});
  });
});

describe('an EndpointSlice', () => {
  it('is empty for a Service without pods, and goes with its Service', async () => {
    cluster.create('services', service);
    await cluster.clock.advance(1_000);
    const [slice] = cluster.list('endpointslices');
    expect(slice).toMatchObject({
      addressType: 'IPv4',
      endpoints: null,
      ports: null,
      metadata: {
        labels: {
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [{ kind: 'Service', name: 'web', controller: true }],
      },
    });
    cluster.api.delete(cluster.kind('services'), { namespace: 'test', name: 'web' });
    await cluster.clock.advance(1_000);
    expect(cluster.list('endpointslices')).toEqual([]);
  });

  it('has the ports of the pods behind the names in the Service', async () => {
    cluster.create('services', service);
    cluster.create('deployments', aDeployment('web', { replicas: 2 }));
    await cluster.clock.advance(5_000);
    expect(cluster.list('endpointslices')).toMatchObject([
      { ports: [{ name: 'http', port: 9898, protocol: 'TCP' }], endpoints: [{ nodeName: 'sandbox' }, {}] },
    ]);
  });

  it('follows the selector of its Service', async () => {
    cluster.create('services', service);
    cluster.create('deployments', aDeployment('web', { replicas: 1 }));
    await cluster.clock.advance(5_000);
    cluster.merge('services', 'web', { spec: { selector: { app: 'other' } } });
    await cluster.clock.advance(1_000);
    expect(endpoints()).toEqual([]);
  });
});

describe('a DaemonSet', () => {
  const daemonSet = {
    metadata: { name: 'agent' },
    spec: { selector: { matchLabels: { app: 'agent' } }, template: aTemplate('agent', 'agent:1.0') },
  };

  it('has one pod on the node, and replaces it for a new template', async () => {
    cluster.create('daemonsets', daemonSet);
    await cluster.clock.advance(5_000);
    expect(objectAt(cluster.get('daemonsets', 'agent'), 'status')).toEqual({
      currentNumberScheduled: 1,
      numberMisscheduled: 0,
      desiredNumberScheduled: 1,
      numberReady: 1,
      observedGeneration: 1,
      updatedNumberScheduled: 1,
      numberAvailable: 1,
    });
    const template = aTemplate('agent', 'agent:2.0');
    cluster.merge('daemonsets', 'agent', { spec: { template: { ...template } } });
    await cluster.clock.advance(10_000);
    expect(container()).toMatchObject({ image: 'agent:2.0', ready: true });
    expect(
      cluster
        .list('controllerrevisions')
        .map(({ revision }) => revision)
        .toSorted(),
    ).toEqual([1, 2]);
    const { resourceVersion } = cluster.api;
    await cluster.clock.advance(600_000);
    expect(cluster.api.resourceVersion).toBe(resourceVersion);
  });

  it('has no pods while its node selector fits no node', async () => {
    cluster.create('daemonsets', daemonSet);
    await cluster.clock.advance(5_000);
    const scaledToZero = { nodeSelector: { 'flagger.app/scale-to-zero': 'true' } };
    cluster.merge('daemonsets', 'agent', { spec: { template: { spec: scaledToZero } } });
    await cluster.clock.advance(5_000);
    expect(cluster.list('pods')).toEqual([]);
    expect(objectAt(cluster.get('daemonsets', 'agent'), 'status')).toMatchObject({ desiredNumberScheduled: 0 });
  });
});

describe('an autoscaler', () => {
  const autoscaler = {
    metadata: { name: 'web' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 2,
      maxReplicas: 4,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    },
  };

  it('keeps its minimum, and lets a workload rest that is at zero', async () => {
    cluster.create('horizontalpodautoscalers', autoscaler);
    cluster.create('deployments', aDeployment('web', { replicas: 1 }));
    await cluster.clock.advance(30_000);
    expect(objectAt(cluster.get('deployments', 'web'), 'spec').replicas).toBe(2);
    cluster.merge('deployments', 'web', { spec: { replicas: 0 } });
    await cluster.clock.advance(60_000);
    expect(objectAt(cluster.get('deployments', 'web'), 'spec').replicas).toBe(0);
    expect(objectAt(cluster.get('horizontalpodautoscalers', 'web'), 'status')).toMatchObject({
      desiredReplicas: 0,
      currentMetrics: null,
      conditions: [
        { type: 'AbleToScale', status: 'True', reason: 'SucceededGetScale' },
        { type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled' },
      ],
    });
  });

  it('follows the load at once when it grows, after five minutes when it falls', async () => {
    let load = 160;
    cluster = new TestCluster({ loadOf: () => load });
    cluster.create('deployments', aDeployment('web', { replicas: 2 }));
    cluster.create('horizontalpodautoscalers', autoscaler);
    await cluster.clock.advance(20_000);
    expect(objectAt(cluster.get('deployments', 'web'), 'spec').replicas).toBe(4);
    load = 20;
    await cluster.clock.advance(240_000);
    expect(objectAt(cluster.get('deployments', 'web'), 'spec').replicas).toBe(4);
    await cluster.clock.advance(120_000);
    expect(objectAt(cluster.get('deployments', 'web'), 'spec').replicas).toBe(2);
    expect(objectAt(cluster.get('horizontalpodautoscalers', 'web'), 'status')).toMatchObject({
      currentReplicas: 2,
      currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 20 } } }],
    });
  });
});
