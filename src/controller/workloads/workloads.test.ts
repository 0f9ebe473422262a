// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { DaemonSet, Deployment, KubeObject, ObjectKey, ScaledObject, Service } from '../../api/kubernetes.js';
import { scaleToZeroNodeSelector } from '../../api/names.js';
import type { RolloutSpec } from '../../api/rollout-spec.js';
import { FakeClock } from '../../lib/fake-clock.js';
import type { Reader, ResourceKind } from '../../kube/index.js';
import { plan } from '../../rollout/index.js';
import { ConfigFactsReader } from '../cluster/config-facts.js';
import { Interests } from '../queue/interests.js';
import type { Observed } from '../observe/observe.js';
import { observe } from '../observe/observe.js';
import { SettleTracker } from '../observe/settle-tracker.js';
import { FlaggerNamespace } from '../testing.js';

/** A namespace of Flagger's, its target made into one of another kind by the test. */
function aNamespace() {
  const clock = new FakeClock();
  const cluster = new FlaggerNamespace('after-promote');
  const reader: Pick<Reader, 'get'> = {
    get: <T extends KubeObject>(kind: ResourceKind<T>, { name }: ObjectKey): Promise<T | undefined> =>
      Promise.resolve(cluster.get<T>(kind.kind, name)),
  };
  const configs = new ConfigFactsReader(reader, cluster.cache);
  const settle = new SettleTracker(clock);
  const look = (spec: RolloutSpec, canary = cluster.canary): Promise<Observed> =>
    observe(canary, spec, {
      cache: cluster.cache,
      configs,
      settle,
      checks: { state: () => ({ kind: 'none' }) },
      interests: new Interests(),
      clock,
      settings: {
        selectorLabels: ['app'],
        includeLabelPrefixes: [],
        enableConfigTracking: true,
        ingressIgnoredAnnotationPrefixes: [],
        settleTimeMs: 5_000,
      },
    });
  return { cluster, clock, look };
}

function targeting(spec: RolloutSpec, kind: 'DaemonSet' | 'Service'): RolloutSpec {
  const { autoscaler: _none, ...rest } = spec;
  return { ...rest, target: { ...spec.target, kind } };
}

/** The fixture's Deployment as the DaemonSet that Flagger would have had. */
function asDaemonSet(
  deployment: Deployment,
  { nodeSelector, ...spec }: Partial<DaemonSet['spec']> & { nodeSelector?: object } = {},
): DaemonSet {
  const { metadata } = deployment;
  const { selector, template } = deployment.spec;
  const podSpec = { ...template.spec, ...(nodeSelector && { nodeSelector }) } as DaemonSet['spec']['template']['spec'];
  const pods = nodeSelector === undefined ? 2 : 0;
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { ...metadata, uid: `daemonset-${metadata.name}`, generation: 1 },
    spec: { selector, template: { ...template, spec: podSpec }, ...spec },
    status: {
      observedGeneration: 1,
      desiredNumberScheduled: pods,
      updatedNumberScheduled: pods,
      numberAvailable: pods,
    },
  };
}

function aDaemonSetNamespace(spec: Partial<DaemonSet['spec']> = {}) {
  const { cluster, clock, look } = aNamespace();
  const [target, primary] = ['podinfo', 'podinfo-primary'].map((name) => cluster.get<Deployment>('Deployment', name));
  if (target === undefined || primary === undefined) throw new Error('The fixture has both');
  cluster.remove(target);
  cluster.remove(primary);
  cluster.put(asDaemonSet(target, { ...spec, nodeSelector: { [scaleToZeroNodeSelector]: 'true' } }));
  cluster.put(asDaemonSet(primary));
  return { cluster, clock, primary, look: () => look(targeting(cluster.spec, 'DaemonSet')) };
}

describe('a Deployment target', () => {
  it.each([
    ['waiting', 59],
    ['failed', 60],
  ])('is %s %i s after a revision was taken up, when the one before was stuck', async (kind, seconds) => {
    const { cluster, clock, look } = aNamespace();
    const target = cluster.get<Deployment>('Deployment', 'podinfo');
    const timedOut = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' };
    const status = { observedGeneration: target.metadata.generation ?? 0, conditions: [timedOut] };
    const stuckTarget: Deployment = { ...target, spec: { ...target.spec, replicas: 2 }, status };
    cluster.put(stuckTarget);
    const lastTransitionTime = new Date(clock.nowMs() - seconds * 1_000).toISOString();
    const { canary, spec } = cluster;
    if (canary.status === undefined) throw new Error('Flagger left a status');
    const { observation } = await look(spec, { ...canary, status: { ...canary.status, lastTransitionTime } });
    expect(observation.target?.readiness.kind).toBe(kind);
  });
});

describe('a DaemonSet target', () => {
  it('R22: is taken over from Flagger silently, scaled to zero by its node selector', async () => {
    const { observation } = await aDaemonSetNamespace().look();
    expect(observation.obstacles).toEqual([]);
    expect(observation.target).toMatchObject({ replicas: 0, readiness: { cause: 'scaled-to-zero' } });
    expect(observation.primary).toMatchObject({ replicas: 1, annotated: false, readiness: { kind: 'ready' } });
    expect(observation.primary?.revision).toBe(observation.target?.revision);
    expect(plan(observation)).toMatchObject({ actions: [], announcements: [] });
  });

  it('is held back while its pods would not take over a template', async () => {
    const { observation } = await aDaemonSetNamespace({ updateStrategy: { type: 'OnDelete' } }).look();
    expect(observation.obstacles).toEqual([
      'createPrimaryDaemonSet failed: daemonset podinfo.test must have RollingUpdate strategy but have OnDelete',
    ]);
  });

  it('D52: an idle primary with a pod down for hours is past its deadline only while nothing moves', async () => {
    const { cluster, clock, primary, look } = aDaemonSetNamespace();
    const down = asDaemonSet(primary);
    const withStatus = (status: DaemonSet['status']): DaemonSet => ({ ...down, status: { ...down.status, ...status } });
    cluster.put(withStatus({ numberAvailable: 1 }));
    expect((await look()).observation.primary?.readiness.kind).toBe('waiting');
    await clock.advance(3 * 3_600_000);
    expect((await look()).observation.primary?.readiness.kind).toBe('failed');
    const rolled = withStatus({ numberAvailable: 1, observedGeneration: 2, updatedNumberScheduled: 1 });
    cluster.put({ ...rolled, metadata: { ...rolled.metadata, generation: 2 } });
    expect((await look()).observation.primary?.readiness.kind).toBe('waiting');
  });

  it('S7: does not take a DaemonSet that somebody else made for its primary', async () => {
    const { cluster, primary, look } = aDaemonSetNamespace();
    const { template } = primary.spec;
    const foreign = asDaemonSet({ ...primary, metadata: { ...primary.metadata, ownerReferences: [] } });
    const unmarked: DaemonSet = { ...foreign, spec: { ...foreign.spec, template: { ...template, metadata: {} } } };
    cluster.put(unmarked);
    expect((await look()).observation.obstacles).toEqual([
      'DaemonSet podinfo-primary.test exists and was not made for a Canary; delete or rename it',
    ]);
  });
});

/** Services of a Service target as Flagger leaves them: the apex is the target, and its promotion took our ownership. */
function aServiceNamespace() {
  const { cluster, look } = aNamespace();
  const selector = { app: 'podinfo', version: 'v1' };
  for (const name of ['podinfo', 'podinfo-primary', 'podinfo-canary']) {
    const service = cluster.get<Service>('Service', name);
    const ownerReferences = name === 'podinfo-canary' ? (service.metadata.ownerReferences ?? []) : [];
    const { annotations: _none, ...metadata } = service.metadata;
    cluster.put({
      ...service,
      metadata: { ...metadata, ownerReferences },
      spec: { ...service.spec, selector },
    } as Service);
    cluster.serve(name, 2, 'podinfo');
  }
  return { cluster, look: () => look(targeting(cluster.spec, 'Service')) };
}

describe('a Service target', () => {
  it('R22: is taken over from Flagger, whose routes are switched on again because the apex is the target', async () => {
    const { observation, situation } = await aServiceNamespace().look();
    expect(observation.obstacles).toEqual([]);
    expect(observation.target).toMatchObject({ readiness: { kind: 'ready' }, replicas: 1, trackedConfigs: undefined });
    expect(observation.primary?.revision).toBe(observation.target?.revision);
    expect(observation).toMatchObject({ apexServesPrimary: true, apexReverted: true });
    expect(observation.objects).toMatchObject({ apexService: 'notWanted', primaryService: 'notWanted' });
    expect(observation.routes).toMatchObject({ enabled: false, drifted: true });
    expect(situation.target).toBeUndefined();

    const adopted = plan(observation).status ?? observation.status;
    const { actions } = plan({ ...observation, foreignStatus: false, status: adopted });
    expect(actions).toContainEqual(expect.objectContaining({ kind: 'setRoutes', canaryWeight: 0, enabled: true }));
  });

  it('has a new revision when it leads to other pods, and a canary Service that follows', async () => {
    const { cluster, look } = aServiceNamespace();
    const service = cluster.get<Service>('Service', 'podinfo');
    cluster.put({ ...service, spec: { ...service.spec, selector: { app: 'podinfo', version: 'v2' } } } as Service);
    const { observation, situation } = await look();
    expect(observation.target?.revision).not.toBe(observation.primary?.revision);
    expect(observation.objects.canaryService).toBe('drifted');
    expect(situation.services.canary?.service.spec.selector).toEqual({ app: 'podinfo', version: 'v2' });
  });

  it('R8: is not ready while the canary Service still has the endpoints of before', async () => {
    const { cluster, look } = aServiceNamespace();
    cluster.serve('podinfo-canary', 2);
    expect((await look()).observation.target?.readiness).toMatchObject({ kind: 'waiting', cause: 'stale-endpoints' });
  });

  it('waits after its promotion until the endpoints have followed', async () => {
    const { cluster, look } = aServiceNamespace();
    cluster.serve('podinfo-canary', 3);
    expect((await look()).observation.primary?.readiness).toMatchObject({ kind: 'waiting', cause: 'stale-endpoints' });
  });

  it('S7: leaves a canary Service of somebody else alone', async () => {
    const { cluster, look } = aServiceNamespace();
    const service = cluster.get<Service>('Service', 'podinfo-canary');
    cluster.put({ ...service, metadata: { ...service.metadata, ownerReferences: [] } });
    const { observation } = await look();
    expect(observation.obstacles).toEqual([
      expect.stringMatching(/^Service podinfo-canary\.test exists and was not made for a Canary/),
    ]);
    expect(observation.objects.canaryService).toBe('asWanted');
  });
});

describe('an autoscaler of KEDA', () => {
  const scaler = (annotations: Record<string, string>): ScaledObject => ({
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name: 'podinfo', namespace: 'test', uid: 'so', annotations },
    spec: { scaleTargetRef: { name: 'podinfo' }, minReplicaCount: 2, triggers: [] },
  });
  const asked = (spec: RolloutSpec): RolloutSpec => ({
    ...spec,
    autoscaler: { kind: 'ScaledObject', name: 'podinfo', primaryScalerQueries: {} },
  });

  it.each([
    ['paused', { 'autoscaling.keda.sh/paused-replicas': '0' }],
    ['running', {}],
  ])('D32: is seen %s', async (state, annotations) => {
    const { cluster, look } = aNamespace();
    cluster.put(scaler(annotations));
    const { observation, situation } = await look(asked(cluster.spec));
    expect(observation.target?.scaler).toBe(state);
    expect(observation.objects.primaryAutoscaler).toBe('missing');
    expect(situation.autoscaler?.minReplicas).toBe(2);
  });

  it('that does not exist holds the rollout back', async () => {
    const { cluster, look } = aNamespace();
    expect((await look(asked(cluster.spec))).observation.obstacles).toEqual([
      'Keda ScaledObject podinfo.test get query error: scaledobjects.keda.sh "podinfo" not found',
    ]);
  });
});
