// SPDX-License-Identifier: Apache-2.0
/* A Canary that is deleted, in every phase, for every kind of target and beside other deletions, with users throughout. */
import { describe, expect, it } from '@jest/globals';
import type { Canary } from '../src/api/canary.js';
import type { Phase } from '../src/api/canary-status.js';
import type { Deployment, Service } from '../src/api/kubernetes.js';
import type { TargetKind } from '../src/api/rollout-spec.js';
import { resources, type ResourceKind } from '../src/kube/index.js';
import { apexService, type Applied } from './stage/apps.js';
import { appName, firstVersion, Stage } from './stage/stage.js';
import { User } from './stage/users.js';

const nextVersion = '6.0.1';
const badVersion = '6.0.2-bad';
const targets = ['Deployment', 'DaemonSet', 'Service'] as const;
const phases = [
  'Initialized',
  'Progressing',
  'Waiting',
  'WaitingPromotion',
  'Promoting',
  'Succeeded',
  'Failed',
] as const;

const named = (kind: string, apiVersion: string): { kind: string; apiVersion: string; name: string } => ({
  kind,
  apiVersion,
  name: appName,
});

function canary(target: TargetKind, spec: object = {}): Canary {
  return {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: appName },
    spec: {
      provider: 'skipper',
      targetRef: named(target, target === 'Service' ? 'v1' : 'apps/v1'),
      ingressRef: named('Ingress', 'networking.k8s.io/v1'),
      service: target === 'Service' ? { port: 80 } : { port: 80, targetPort: 9898 },
      analysis: {
        interval: '10s',
        threshold: 2,
        stepWeights: [10, 30, 50],
        metrics: [{ name: 'request-success-rate', interval: '10s', thresholdRange: { min: 99 } }],
        webhooks: [
          { name: 'rollout gate', type: 'confirm-rollout', url: 'http://gate.test/' },
          { name: 'promotion gate', type: 'confirm-promotion', url: 'http://gate.test/' },
        ],
      },
      ...spec,
    },
  };
}

const closed = { kind: 'failed', message: 'closed' } as const;

/** The Service of a user's own, which the Canary adopts; a Service that is the target is applied in any case. */
function ownService(target: TargetKind): readonly Applied[] {
  return target === 'Service' ? [] : [apexService({ app: appName })];
}

async function reach(stage: Stage, phase: (typeof phases)[number]): Promise<void> {
  if (phase === 'Initialized') return;
  if (phase === 'Waiting') stage.hookResults.set('rollout gate', closed);
  if (phase === 'WaitingPromotion') stage.hookResults.set('promotion gate', closed);
  stage.setVersion(phase === 'Failed' ? badVersion : nextVersion);
  const wanted: Phase = phase;
  await stage.until(
    ({ status }) => status?.phase === wanted && (phase !== 'Progressing' || status.canaryWeight === 30),
    phase,
  );
  if (phase !== 'Promoting') await stage.pass(4_000);
}

const isGone = ({ cluster }: Stage): boolean => cluster.find(resources.canaries, appName) === undefined;

/** What is left of the Canary, which must be nothing. */
function leftovers({ cluster, canaryIngresses }: Stage): readonly string[] {
  const names = [`${appName}-primary`, `${appName}-canary`];
  const { deployments, daemonSets, services, horizontalPodAutoscalers } = resources;
  const kinds: readonly ResourceKind[] = [deployments, daemonSets, services, horizontalPodAutoscalers];
  const objects = kinds.flatMap((kind) => names.filter((name) => cluster.find(kind, name) !== undefined));
  return [...objects, ...canaryIngresses.map(({ metadata }) => metadata.name)];
}

/** What Skipper answers when nobody stands behind a Service. */
const unanswered = ({ status }: { status: number }): boolean => status >= 502 || status === 404;

describe('deletion with revertOnDeletion', () => {
  const cases = targets.flatMap((target) => phases.map((phase) => [target, phase] as const));

  it.each(cases)('gives a %s back in %s, and no request fails', async (target, phase) => {
    const stage = new Stage(1, target);
    await stage.install(canary(target, { revertOnDeletion: true }), ownService(target));
    const user = new User(stage).stay(500);
    await reach(stage, phase);
    const before = user.failures.length;
    stage.cluster.delete(resources.canaries, appName);
    await stage.until(isGone, 'the Canary is gone');
    await stage.pass(30_000);
    expect(leftovers(stage)).toEqual([]);
    const version = phase === 'Initialized' ? firstVersion : phase === 'Failed' ? badVersion : nextVersion;
    const selector = target === 'Service' ? { app: appName, version } : { app: appName };
    expect(stage.cluster.find<Service>(resources.services, appName)?.spec.selector).toEqual(selector);
    // Whoever goes back to what failed has its answers: only those of pods count here.
    expect(user.failures.slice(before).filter(unanswered)).toEqual([]);
    expect(user.visits.at(-1)?.version).toBe(version);
    expect(stage.messages).toContain(`Terminated canary ${appName}.test`);
  });
});

describe('deletion without revertOnDeletion', () => {
  const moments = ['Initialized', 'Progressing', 'Succeeded', 'Failed'] as const;
  const cases = (['Deployment', 'DaemonSet'] as const).flatMap((target) =>
    moments.map((phase) => [target, phase] as const),
  );

  it.each(cases)(
    'leaves users of a %s in %s without answers until its user does what the Warning says',
    async (target, phase) => {
      const stage = new Stage(1, target);
      await stage.install(canary(target), ownService(target));
      const user = new User(stage).stay(500);
      await reach(stage, phase);
      stage.cluster.delete(resources.canaries, appName);
      await stage.until(isGone, 'the Canary is gone');
      await stage.pass(30_000);
      expect(leftovers(stage)).toEqual([]);
      expect(user.visits.slice(-5).every(unanswered)).toBe(true);
      const [told = ''] = stage.messages.filter((text) => text.includes('was deleted without spec.revertOnDeletion'));
      expect(told).toContain(`Service ${appName} still leads to the pods of ${appName}-primary, which go with it`);
      expect(told.endsWith('give the Service its selector back')).toBe(true);
      const { services, deployments, daemonSets } = resources;
      stage.cluster.patch(services, appName, { spec: { selector: { app: appName } } });
      if (told.includes('scale it up')) stage.cluster.patch(deployments, appName, { spec: { replicas: 2 } });
      if (told.includes('remove that')) {
        const nodeSelector = { 'flagger.app/scale-to-zero': null };
        stage.cluster.patch(daemonSets, appName, { spec: { template: { spec: { nodeSelector } } } });
      }
      await stage.pass(30_000);
      expect(user.visits.at(-1)?.version).toBe(
        phase === 'Initialized' ? firstVersion : phase === 'Failed' ? badVersion : nextVersion,
      );
    },
  );

  it.each(moments)('leads users to the Service that was the target, in %s, and no request fails', async (phase) => {
    const stage = new Stage(1, 'Service');
    await stage.install(canary('Service'));
    const user = new User(stage).stay(500);
    await reach(stage, phase);
    const before = user.visits.length;
    stage.cluster.delete(resources.canaries, appName);
    await stage.until(isGone, 'the Canary is gone');
    await stage.pass(30_000);
    expect(leftovers(stage)).toEqual([]);
    expect(user.visits.slice(before).filter(unanswered)).toEqual([]);
    expect(stage.messages.filter((text) => text.includes('was deleted without'))).toEqual([]);
  });
});

describe('deletion with revertOnDeletion while other objects go', () => {
  const autoscaler: Applied = {
    kind: resources.horizontalPodAutoscalers,
    object: {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: appName },
      spec: { scaleTargetRef: named('Deployment', 'apps/v1'), minReplicas: 2, maxReplicas: 4 },
    },
  };
  const autoscalerRef = named('HorizontalPodAutoscaler', 'autoscaling/v2');
  const { deployments, ingresses, horizontalPodAutoscalers, services } = resources;
  const others: Readonly<Record<string, readonly ResourceKind[]>> = {
    target: [deployments],
    'apex Ingress': [ingresses],
    autoscaler: [horizontalPodAutoscalers],
    'apex Service': [services],
    'whole app': [deployments, ingresses, horizontalPodAutoscalers, services],
  };
  const cases = Object.keys(others).flatMap((what) =>
    (['Initialized', 'Progressing', 'Promoting', 'Failed'] as const).flatMap((phase) =>
      (['before', 'after'] as const).map((when) => [what, when, phase] as const),
    ),
  );

  it.each(cases)('comes to its end, the %s deleted just %s it in %s', async (what, when, phase) => {
    const stage = new Stage();
    const spec = { revertOnDeletion: true, autoscalerRef };
    await stage.install(canary('Deployment', spec), [...ownService('Deployment'), autoscaler]);
    const user = new User(stage).stay(500);
    await reach(stage, phase);
    const answered = user.visits.length;
    const deleteOthers = (): void => others[what]?.forEach((kind) => stage.cluster.delete(kind, appName));
    if (when === 'before') deleteOthers();
    stage.cluster.delete(resources.canaries, appName);
    await stage.pass(500);
    if (when === 'after') deleteOthers();
    await stage.until(isGone, 'the Canary is gone');
    await stage.pass(30_000);
    expect(leftovers(stage)).toEqual([]);
    // Without anything else the app lives on, and nobody noticed.
    if (what !== 'autoscaler') return;
    expect(user.visits.slice(answered).filter(unanswered)).toEqual([]);
    expect(stage.cluster.find<Deployment>(deployments, appName)?.spec.replicas).toBeGreaterThanOrEqual(2);
  });
});

describe("adoption of a user's Service", () => {
  const ports = [
    { name: 'http', port: 80, targetPort: 9898, protocol: 'TCP' },
    { name: 'metrics', port: 9797, targetPort: 9797, protocol: 'TCP' },
  ];

  it('and its release go unnoticed, and it is given back with exactly its ports (D19)', async () => {
    const stage = new Stage();
    stage.installApp([apexService({ app: appName }, ports)]);
    await stage.pass(15_000);
    const user = new User(stage).stay(500);
    const service = (): Service['spec'] | undefined => stage.cluster.find<Service>(resources.services, appName)?.spec;
    const before = service();
    await stage.adopt(
      canary('Deployment', { revertOnDeletion: true, service: { port: 80, targetPort: 'http', name: appName } }),
    );
    expect(service()).toMatchObject({ selector: { app: `${appName}-primary` }, ports: [{ port: 80 }, ports[1]] });
    stage.setVersion(nextVersion);
    await stage.until(({ status }) => status?.phase === 'Succeeded', 'the promotion');
    stage.cluster.delete(resources.canaries, appName);
    await stage.until(isGone, 'the Canary is gone');
    await stage.pass(30_000);
    expect(service()).toEqual(before);
    expect(user.failures).toEqual([]);
    expect(user.path).toEqual(expect.arrayContaining([firstVersion, nextVersion]));
  });

  it('is not reverted when its user takes revertOnDeletion back', async () => {
    const stage = new Stage();
    await stage.install(canary('Deployment', { revertOnDeletion: true }), ownService('Deployment'));
    const finalizers = (): readonly string[] | undefined =>
      stage.cluster.find<Canary>(resources.canaries, appName)?.metadata.finalizers;
    expect(finalizers()).toEqual(['finalizer.flagger.app']);
    stage.editCanary({ revertOnDeletion: false });
    await stage.pass(1_000);
    expect(finalizers() ?? []).toEqual([]);
  });
});

describe("an edit of the Canary's Service", () => {
  const edits: Readonly<Record<string, object>> = {
    targetPort: { targetPort: 'http' },
    portName: { portName: 'web' },
    portDiscovery: { portDiscovery: true },
    appProtocol: { appProtocol: 'http' },
  };
  const kinds = [
    ['Deployment', 'generated'],
    ['Deployment', 'adopted'],
    ['DaemonSet', 'adopted'],
  ] as const;
  const cases = Object.keys(edits).flatMap((field) =>
    kinds.flatMap(([target, service]) =>
      (['Initialized', 'Progressing'] as const).map((phase) => [field, target, service, phase] as const),
    ),
  );

  it.each(cases)('%s goes unnoticed: %s behind a Service that is %s, in %s', async (field, target, service, phase) => {
    const stage = new Stage(1, target);
    await stage.install(canary(target), service === 'adopted' ? ownService(target) : []);
    const user = new User(stage).stay(500);
    await reach(stage, phase);
    stage.editCanary({ service: edits[field] });
    await stage.pass(15_000);
    stage.setVersion('6.0.3');
    await stage.until(
      ({ status, primaryVersion }) => status?.phase === 'Succeeded' && primaryVersion === '6.0.3',
      'the end',
    );
    await stage.pass(30_000);
    expect(user.failures).toEqual([]);
    expect(user.visits.at(-1)?.version).toBe('6.0.3');
  });

  it.each([
    ['port', { port: 8080 }],
    ['name', { name: 'other' }],
  ])('%s, with which the Ingress no longer fits, is told and costs no request', async (_field, service) => {
    const stage = new Stage();
    await stage.install(canary('Deployment'), ownService('Deployment'));
    const user = new User(stage).stay(500);
    await reach(stage, 'Progressing');
    stage.editCanary({ service });
    await stage.pass(60_000);
    expect(user.failures).toEqual([]);
    expect(stage.messages.some((text) => text.includes('Ingress'))).toBe(true);
  });
});
