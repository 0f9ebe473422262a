// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Deployment, HorizontalPodAutoscaler, KubeObject, ObjectKey, Service } from '../../api/kubernetes.js';
import type { RolloutSpec } from '../../api/rollout-spec.js';
import { FakeClock } from '../../lib/fake-clock.js';
import type { Reader, ResourceKind } from '../../kube/index.js';
import { plan } from '../../rollout/index.js';
import { ConfigFactsReader } from '../cluster/config-facts.js';
import { Interests } from '../queue/interests.js';
import { observe } from './observe.js';
import { SettleTracker } from './settle-tracker.js';
import { FlaggerNamespace, namespace } from '../testing.js';

const key = 'test/podinfo';

type Moment = ConstructorParameters<typeof FlaggerNamespace>[0];

/** Canary podinfo with everything around it; `beforeRead` happens while its configs are read. */
function aNamespace(moment: Moment = 'after-init', beforeRead: () => void = () => undefined) {
  const clock = new FakeClock();
  const cluster = new FlaggerNamespace(moment);
  const interests = new Interests();
  const reader: Pick<Reader, 'get'> = {
    get: <T extends KubeObject>(kind: ResourceKind<T>, { name }: ObjectKey): Promise<T | undefined> => {
      beforeRead();
      return Promise.resolve(cluster.get<T>(kind.kind, name));
    },
  };
  const configs = new ConfigFactsReader(reader, cluster.cache);
  const settle = new SettleTracker(clock);
  const look = (spec: RolloutSpec = cluster.spec) =>
    observe(cluster.canary, spec, {
      cache: cluster.cache,
      configs,
      settle,
      checks: { state: () => ({ kind: 'none' }) },
      interests,
      clock,
      settings: {
        selectorLabels: ['app', 'name', 'app.kubernetes.io/name'],
        includeLabelPrefixes: [],
        enableConfigTracking: true,
        ingressIgnoredAnnotationPrefixes: [],
        settleTimeMs: 5_000,
      },
    });
  return { cluster, interests, look, target: cluster.get<Deployment>('Deployment', 'podinfo') };
}

function withSpec(deployment: Deployment, spec: Partial<Deployment['spec']>): Deployment {
  return { ...deployment, spec: { ...deployment.spec, ...spec } };
}

describe('observe', () => {
  it.each<[Moment, Partial<Awaited<ReturnType<ReturnType<typeof aNamespace>['look']>>['observation']>]>([
    ['after-init', { foreignStatus: true, obstacles: [] }],
    ['after-promote', { foreignStatus: true, obstacles: [] }],
    ['after-rollback', { foreignStatus: true, obstacles: [] }],
    ['mid-rollout-weight-20', { foreignStatus: true, obstacles: [] }],
  ])('understands what Flagger left: %s', async (moment, expected) => {
    const { observation } = await aNamespace(moment).look();
    expect(observation).toMatchObject(expected);
    expect(observation.primary).toMatchObject({ annotated: false, readyEndpoints: 2 });
    expect(observation.objects).toMatchObject({ canaryService: 'asWanted', apexService: 'asWanted' });
    expect(plan(observation).actions).toEqual([]);
  });

  it('knows that the primary runs what the target runs', async () => {
    const { observation } = await aNamespace('after-promote').look();
    expect(observation.primary?.revision).toBe(observation.target?.revision);
  });

  it('D12: does not take a target at zero for ready', async () => {
    const { observation } = await aNamespace('after-init').look();
    expect(observation.target).toMatchObject({ replicas: 0, readiness: { kind: 'waiting', cause: 'scaled-to-zero' } });
  });

  it('counts the addresses behind the canary Service for the target, and behind the primary Service for the primary', async () => {
    const { cluster, look } = aNamespace('mid-rollout-weight-20');
    cluster.serve('podinfo-canary', 3);
    cluster.serve('podinfo-primary', 0);
    const { observation } = await look();
    expect(observation.target?.readyEndpoints).toBe(3);
    expect(observation.primary?.readyEndpoints).toBe(0);
  });

  it('R8: counts the addresses in the moment of the decision, not before configs were read', async () => {
    const { cluster, look } = aNamespace('mid-rollout-weight-20', () => {
      cluster.serve('podinfo-canary', 0);
    });
    cluster.serve('podinfo-canary', 3);
    expect((await look()).observation.target?.readyEndpoints).toBe(0);
  });

  it('R11: judges the primary by the strategy that the promotion brings', async () => {
    const { cluster, look, target } = aNamespace('mid-rollout-weight-20');
    expect((await look()).observation.primary?.canReachZeroAvailable).toBe(false);
    cluster.put(withSpec(target, { strategy: { type: 'Recreate' } }));
    expect((await look()).observation.primary?.canReachZeroAvailable).toBe(true);
  });

  it('R17: tells of a port that the Ingress names and the Services lack', async () => {
    const { look, cluster } = aNamespace();
    const { spec } = cluster;
    const { observation } = await look({ ...spec, service: { ...spec.service, port: 81, portName: 'other' } });
    expect(observation.obstacles).toEqual([expect.stringContaining('port')]);
  });

  it('tells of a target that is gone without taking anything for drifted', async () => {
    const { cluster, look, target } = aNamespace();
    cluster.remove(target);
    const { observation } = await look();
    expect(observation.target).toBeUndefined();
    expect(observation.objects).toMatchObject({ canaryService: 'notWanted', apexService: 'notWanted' });
  });

  it('tells of an autoscaler that does not exist', async () => {
    const { cluster, look } = aNamespace();
    cluster.remove(cluster.get<HorizontalPodAutoscaler>('HorizontalPodAutoscaler', 'podinfo'));
    const { observation } = await look();
    expect(observation.obstacles).toEqual([expect.stringContaining('HorizontalPodAutoscaler podinfo.test')]);
  });

  it('does not know the revision of a target whose config is gone', async () => {
    const { cluster, look } = aNamespace();
    cluster.remove(cluster.get('ConfigMap', 'podinfo-env'));
    const { observation } = await look();
    expect(observation.target).toMatchObject({
      revision: undefined,
      configProblem: expect.stringContaining('not found'),
    });
  });

  it.each(['podinfo-canary', 'podinfo-primary'])(
    "S7: does not touch a Service %s that is the user's own, and says how to go on",
    async (name) => {
      const { cluster, look } = aNamespace();
      const { spec, apiVersion, kind } = cluster.get<Service>('Service', name);
      const users: Service = {
        apiVersion,
        kind,
        metadata: { name, namespace, uid: 'of-the-user' },
        spec: { ...spec, selector: { app: 'something-else' } },
      };
      cluster.remove(cluster.get('Service', name));
      cluster.put(users);
      const { observation, situation } = await look();
      expect(observation.obstacles).toEqual([
        `Service ${name}.test exists and was not made for a Canary; delete or rename it, or choose another spec.service.name`,
      ]);
      expect(plan({ ...observation, foreignStatus: false }).actions).toEqual([]);
      expect(situation.services[name === 'podinfo-canary' ? 'canary' : 'primary']).toMatchObject({ kind: 'none' });
    },
  );

  it('S7: does not touch an autoscaler under the name of the primary that scales something else', async () => {
    const { cluster, look } = aNamespace();
    const primarys = cluster.get<HorizontalPodAutoscaler>('HorizontalPodAutoscaler', 'podinfo-primary');
    const { ownerReferences: _ours, ...metadata } = primarys.metadata;
    const scaleTargetRef = { ...primarys.spec.scaleTargetRef, name: 'something-else' };
    cluster.put({ ...primarys, metadata, spec: { ...primarys.spec, scaleTargetRef } } as KubeObject);
    const { observation } = await look();
    expect(observation.obstacles).toEqual([
      'HorizontalPodAutoscaler podinfo-primary.test exists and was not made for a Canary; delete or rename it',
    ]);
  });

  it('sees drift of a generated Service', async () => {
    const { cluster, look } = aNamespace();
    const service = cluster.get<Service>('Service', 'podinfo-canary');
    const drifted: Service = { ...service, spec: { ...service.spec, selector: { app: 'other' } } };
    cluster.put(drifted);
    cluster.remove(cluster.get('Service', 'podinfo-primary'));
    const { observation } = await look();
    expect(observation.objects).toMatchObject({ canaryService: 'drifted', primaryService: 'missing' });
  });
});

describe('what wakes a Canary', () => {
  it.each([
    'deployments/test/podinfo',
    'deployments/test/podinfo-primary',
    'services/test/podinfo',
    'services/test/podinfo-primary',
    'services/test/podinfo-canary',
    'endpointslices/test/podinfo',
    'endpointslices/test/podinfo-primary',
    'endpointslices/test/podinfo-canary',
    'ingresses/test/podinfo',
    'ingresses/test/podinfo-canary',
    'horizontalpodautoscalers/test/podinfo',
    'horizontalpodautoscalers/test/podinfo-primary',
    'configmaps/test/podinfo-env',
    'configmaps/test/podinfo-env-primary',
    'secrets/test/podinfo-token',
    'secrets/test/podinfo-token-primary',
  ])('%s', async (object) => {
    const { look, interests } = aNamespace();
    await look();
    expect(interests.of(object)).toEqual([key]);
  });

  it('an object that does not exist yet', async () => {
    const { cluster, look, interests } = aNamespace();
    cluster.remove(cluster.get('ConfigMap', 'podinfo-env'));
    cluster.remove(cluster.get('Ingress', 'podinfo'));
    await look();
    expect(interests.of('configmaps/test/podinfo-env')).toEqual([key]);
    expect(interests.of('ingresses/test/podinfo')).toEqual([key]);
  });

  it('the target that could not be understood', async () => {
    const { cluster, look, interests, target } = aNamespace();
    cluster.put(withSpec(target, { selector: { matchLabels: { component: 'web' } } }));
    const { observation } = await look();
    expect(observation.obstacles[0]).toMatch(/^getSelectorLabel failed: .* must contain one of/);
    expect(interests.of('deployments/test/podinfo')).toEqual([key]);
  });

  it('a config that changes while it is read for the first time', async () => {
    const woken: (readonly string[])[] = [];
    const { look, interests } = aNamespace('after-init', () => woken.push(interests.of('configmaps/test/podinfo-env')));
    await look();
    expect(woken[0]).toEqual([key]);
  });

  it('no object that it no longer looks at', async () => {
    const { cluster, look, interests } = aNamespace();
    await look();
    await look({ ...cluster.spec, ingressName: 'other' });
    expect(interests.of('ingresses/test/podinfo')).toEqual([]);
    expect(interests.of(`ingresses/${namespace}/other`)).toEqual([key]);
  });
});
