// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Ingress } from '../../api/kubernetes.js';
import { ownerReferenceOf } from '../../api/names.js';
import type { RolloutSpec } from '../../api/rollout-spec.js';
import { FakeClock } from '../../lib/fake-clock.js';
import { disableIngress, renderCanaryIngress, toolMetadata } from '../../skipper/index.js';
import type { SessionCookies } from '../../skipper/index.js';
import { observeRoutes, trafficShape } from './observe-routes.js';
import { SettleTracker } from './settle-tracker.js';
import { FlaggerNamespace, namespace } from '../testing.js';

/** The Skipper side of Canary podinfo at weight 20, as it is seen again and again. */
function aView() {
  const clock = new FakeClock();
  const settle = new SettleTracker(clock);
  const cluster = new FlaggerNamespace('mid-rollout-weight-20');
  const { canary, cache } = cluster;
  const look = (spec: RolloutSpec = cluster.spec, cookies: SessionCookies = {}) =>
    observeRoutes({
      uid: canary.metadata.uid ?? '',
      namespace,
      spec,
      cookies,
      owner: ownerReferenceOf(canary),
      services: ['podinfo', 'podinfo-primary', 'podinfo-canary'].map((name) => cluster.get('Service', name)),
      cache,
      settle,
      excludedMetadata: [],
    });
  const apex = cluster.get<Ingress>('Ingress', 'podinfo');
  const canaryIngress = cluster.get<Ingress>('Ingress', 'podinfo-canary');
  return { clock, cluster, look, apex, canaryIngress, owner: ownerReferenceOf(canary) };
}

function withAnnotations(ingress: Ingress, annotations: Readonly<Record<string, string>>): Ingress {
  const { metadata } = ingress;
  return { ...ingress, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
}

describe('observeRoutes', () => {
  it('reads the weight that Flagger set', () => {
    const { look } = aView();
    expect(look()).toMatchObject({
      obstacles: [],
      ingresses: { apexUsable: true },
      routes: { present: true, canaryWeight: 20, enabled: true, stale: 'none', retargeted: false },
    });
  });

  it('looks at no Ingress with provider kubernetes, but for what an earlier provider left (R16)', () => {
    const { look, cluster } = aView();
    const { routes, obstacles, ingresses } = look({ ...cluster.spec, provider: 'kubernetes' });
    expect(obstacles).toEqual([]);
    expect(routes).toMatchObject({ present: true, canaryWeight: 0, enabled: false, drifted: false, stale: 'active' });
    expect(ingresses.staleIngresses.map(({ metadata }) => metadata.name)).toEqual(['podinfo-canary']);
    expect([ingresses.apexIngress, ingresses.canaryIngress]).toEqual([undefined, undefined]);
  });

  it('finds no difference in what this program itself would write', () => {
    const { look, cluster, apex, canaryIngress, owner } = aView();
    const ours = renderCanaryIngress({
      apex,
      observed: canaryIngress,
      owner,
      serviceName: 'podinfo',
      excludedMetadata: toolMetadata,
      intent: {
        canaryWeight: 20,
        enabled: true,
        changedAt: '2026-01-01T00:00:00.000Z',
        shape: trafficShape(cluster.spec),
      },
    });
    cluster.put(ours);
    expect(look().routes).toMatchObject({ drifted: false, canaryWeight: 20 });
    cluster.put(withAnnotations(apex, { 'zalando.org/skipper-filter': 'setRequestHeader("X-A", "1")' }));
    expect(look().routes).toMatchObject({ drifted: true, canaryWeight: 20 });
  });

  it('D27: does not know the weight of a damaged annotation', () => {
    const { look, cluster, canaryIngress } = aView();
    cluster.put(withAnnotations(canaryIngress, { 'zalando.org/backend-weights': '{}' }));
    expect(look().routes).toMatchObject({ present: true, canaryWeight: undefined });
  });

  it('S7: takes a canary Ingress of somebody else neither for the routes nor for something to write', () => {
    const { look, cluster, canaryIngress } = aView();
    cluster.put({ ...canaryIngress, metadata: { ...canaryIngress.metadata, ownerReferences: [] } });
    const found = look();
    expect(found.ingresses).toMatchObject({ apexUsable: false, canaryIngress: undefined, staleIngresses: [] });
    expect(found.routes).toMatchObject({ present: false, canaryWeight: 0 });
    expect(found.obstacles).toEqual([expect.stringContaining('does not belong to this Canary')]);
  });

  it('goes on reading the routes when the apex Ingress is gone', () => {
    const { look, cluster, apex } = aView();
    cluster.remove(apex);
    const found = look();
    expect(found).toMatchObject({
      ingresses: { apexUsable: false },
      routes: { present: true, canaryWeight: 20, drifted: false },
    });
    expect(found.obstacles).toEqual([
      'apexIngress podinfo.test get query error: ingresses.networking.k8s.io "podinfo" not found',
    ]);
  });
});

describe('R16: an edit of the Canary', () => {
  function withShape(view: ReturnType<typeof aView>): void {
    const { look, cluster, apex, canaryIngress, owner } = view;
    const intent = {
      canaryWeight: 20,
      enabled: true,
      changedAt: '2026-01-01T00:00:00.000Z',
      shape: look().ingresses.shape,
    };
    cluster.put(
      renderCanaryIngress({
        apex,
        observed: canaryIngress,
        owner,
        serviceName: 'podinfo',
        excludedMetadata: [],
        intent,
      }),
    );
  }

  it.each<[string, (spec: RolloutSpec) => RolloutSpec, { stale: string; retargeted: boolean }]>([
    ['nothing', (spec) => spec, { stale: 'none', retargeted: false }],
    [
      'the interval',
      (spec) => ({ ...spec, analysis: { ...spec.analysis, intervalMs: 1, threshold: 99 } }),
      { stale: 'none', retargeted: false },
    ],
    ['ingressRef', (spec) => ({ ...spec, ingressName: 'other' }), { stale: 'active', retargeted: false }],
    [
      'service.name',
      (spec) => ({ ...spec, service: { ...spec.service, name: 'other' } }),
      { stale: 'active', retargeted: false },
    ],
    [
      'targetRef',
      (spec) => ({ ...spec, target: { ...spec.target, name: 'other' } }),
      { stale: 'active', retargeted: true },
    ],
    [
      'iterations',
      (spec) => ({ ...spec, analysis: { ...spec.analysis, iterations: 5 } }),
      { stale: 'active', retargeted: false },
    ],
  ])('of %s', (_name, edit, expected) => {
    const view = aView();
    withShape(view);
    const found = view.look(edit(view.cluster.spec));
    expect(found.routes).toMatchObject(expected);
    expect(found.ingresses.canaryIngress === undefined).toBe(expected.stale === 'active');
  });

  it('leaves an Ingress that is switched off and still to be deleted', () => {
    const view = aView();
    withShape(view);
    const edited = { ...view.cluster.spec, ingressName: 'other' };
    const [stale] = view.look(edited).ingresses.staleIngresses;
    if (stale === undefined) throw new Error('Nothing is stale');
    view.cluster.put(disableIngress(stale, '2026-01-01T00:00:00.000Z'));
    expect(view.look(edited).routes.stale).toBe('disabled');
  });
});

describe('R7: the routes have been as they are', () => {
  it('since this process first saw them', async () => {
    const { look, clock } = aView();
    expect(look().routes.stableMs).toBe(0);
    await clock.advance(4_000);
    expect(look().routes.stableMs).toBe(4_000);
  });

  it.each<[string, (view: ReturnType<typeof aView>) => void, number]>([
    ['other weights', ({ cluster, canaryIngress }) => cluster.put(withWeights(canaryIngress, 30)), 0],
    ['another selector of the apex Service', ({ cluster }) => cluster.put(withSelector(cluster, 'podinfo')), 0],
    ['a primary without endpoints', ({ cluster }) => cluster.serve('podinfo-primary', 0), 0],
    ['an apex Service without endpoints', ({ cluster }) => cluster.serve('podinfo', 0), 0],
    ['one more pod of the primary', ({ cluster }) => cluster.serve('podinfo-primary', 3), 4_000],
    ['the end of the canary', ({ cluster }) => cluster.serve('podinfo-canary', 0), 4_000],
    ['a status of the Ingress', ({ cluster, canaryIngress }) => cluster.put({ ...canaryIngress }), 4_000],
  ])('after %s', async (_name, happen, expectedMs) => {
    const view = aView();
    view.look();
    await view.clock.advance(4_000);
    happen(view);
    expect(view.look().routes.stableMs).toBe(expectedMs);
  });

  function withWeights(ingress: Ingress, canary: number): Ingress {
    const weights = { 'podinfo-canary': canary, 'podinfo-primary': 100 - canary };
    return withAnnotations(ingress, { 'zalando.org/backend-weights': JSON.stringify(weights) });
  }

  function withSelector(cluster: FlaggerNamespace, app: string) {
    const service = cluster.get('Service', 'podinfo');
    return { ...service, spec: { selector: { app }, ports: [] } };
  }
});
