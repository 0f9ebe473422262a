// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Ingress, Service } from '../../api/kubernetes.js';
import { ownerReferenceOf } from '../../api/names.js';
import type { AnalysisSpec, RolloutSpec } from '../../api/rollout-spec.js';
import { FakeClock } from '../../lib/fake-clock.js';
import type { Action } from '../../rollout/index.js';
import type { SessionCookies } from '../../skipper/index.js';
import { observeRoutes } from './observe-routes.js';
import { SettleTracker } from './settle-tracker.js';
import { FlaggerNamespace, namespace } from '../testing.js';
import { wantedRoutes } from './wanted-routes.js';

const predicateKey = 'zalando.org/skipper-predicate';
const filterKey = 'zalando.org/skipper-filter';

const abTest = {
  iterations: 3,
  match: ['a', 'b', 'c'].map((exact) => ({
    headers: { 'X-Group': { exact } },
    queryParams: {},
    sourceLabels: {},
  })),
};
const affinity = {
  sessionAffinity: {
    cookieName: 'c',
    primaryCookieName: 'p',
    maxAge: 60,
    httpOnly: false,
    secure: false,
    partitioned: false,
  },
};
const cookies = { sessionAffinityCookie: 'c=r1', primarySessionAffinityCookie: 'p=r1' };
const mirroring = { mirror: true, mirrorWeight: 50 };

/** A Canary whose routes are observed and set as the operator does it. */
class RouteBench {
  private readonly cluster = new FlaggerNamespace('after-init');
  private readonly clock = new FakeClock();
  private readonly settle = new SettleTracker(this.clock);
  private tokens = 0;

  constructor(
    private analysis: Partial<AnalysisSpec>,
    private cookies: SessionCookies = {},
  ) {}

  look() {
    const { canary, cache } = this.cluster;
    return observeRoutes({
      uid: canary.metadata.uid ?? '',
      namespace,
      spec: this.spec(),
      cookies: this.cookies,
      owner: ownerReferenceOf(canary),
      services: [],
      cache,
      settle: this.settle,
      excludedMetadata: [],
    });
  }

  /** Sets the routes; the process dies after `writes` of the Ingresses. */
  set(action: Omit<Extract<Action, { kind: 'setRoutes' }>, 'kind'>, writes = Number.POSITIVE_INFINITY): void {
    const wanted = wantedRoutes(
      { ...this.look().ingresses, owner: ownerReferenceOf(this.cluster.canary), spec: this.spec() },
      {
        action: { kind: 'setRoutes', ...action },
        nowMs: this.clock.nowMs(),
        excludedMetadata: [],
        newToken: () => `token-${++this.tokens}`,
      },
    );
    for (const ingress of wanted.writes.slice(0, writes)) this.put(ingress);
    if (writes > wanted.writes.length) for (const ingress of wanted.deletions) this.cluster.remove(ingress);
  }

  wait(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  put(object: Ingress | Service): void {
    this.cluster.put(object);
  }

  edit(analysis: Partial<AnalysisSpec>, sessionCookies: SessionCookies = {}): void {
    this.analysis = analysis;
    this.cookies = sessionCookies;
  }

  ingress(name: string): Ingress {
    const found = this.cluster.cache.ingresses.store.get({ namespace, name });
    if (found === undefined) throw new Error(`no Ingress ${name}`);
    return found;
  }

  /** Deletes it and makes it again. */
  renewCanaryService(): void {
    const service = this.cluster.get<Service>('Service', 'podinfo-canary');
    this.cluster.remove(service);
    this.put({ ...service, metadata: { ...service.metadata, uid: 'another' } });
  }

  remove(name: string): void {
    this.cluster.remove(this.ingress(name));
  }

  predicates(): Readonly<Record<string, string | undefined>> {
    const all = this.cluster.cache.ingresses.store.list().filter(({ metadata }) => metadata.name !== 'podinfo');
    return Object.fromEntries(all.map(({ metadata }) => [metadata.name, metadata.annotations?.[predicateKey]]));
  }

  private spec(): RolloutSpec {
    const { spec } = this.cluster;
    return { ...spec, analysis: { ...spec.analysis, match: [], iterations: 0, ...this.analysis } };
  }
}

describe('the routes of an A/B test', () => {
  it('D4: are an Ingress for each alternative, all as wanted once they are set', () => {
    const bench = new RouteBench(abTest);
    bench.set({ canaryWeight: 100, enabled: true });
    expect(bench.predicates()).toEqual({
      'podinfo-canary': 'Weight(102) && Header("X-Group", "a")',
      'podinfo-canary-1': 'Weight(101) && Header("X-Group", "b")',
      'podinfo-canary-2': 'Weight(100) && Header("X-Group", "c")',
    });
    expect(bench.look().routes).toMatchObject({
      present: true,
      canaryWeight: 100,
      enabled: true,
      everybody: false,
      drifted: false,
      stale: 'none',
    });
  });

  it('S2: count as traffic until the last of them is switched off', () => {
    const bench = new RouteBench(abTest);
    bench.set({ canaryWeight: 100, enabled: true });
    for (const writes of [1, 2]) {
      bench.set({ canaryWeight: 0, enabled: false }, writes);
      expect(bench.look().routes).toMatchObject({ enabled: true, canaryWeight: 100, drifted: true });
    }
    bench.set({ canaryWeight: 0, enabled: false });
    expect(bench.look().routes).toMatchObject({ enabled: false, canaryWeight: 0, drifted: false });
  });

  it.each([1, 2])('are repaired after a crash behind write %s of switching on', (writes) => {
    const bench = new RouteBench(abTest);
    bench.set({ canaryWeight: 0, enabled: false });
    bench.set({ canaryWeight: 100, enabled: true }, writes);
    expect(bench.look().routes).toMatchObject({ enabled: true, drifted: true });
    bench.set({ canaryWeight: 100, enabled: true });
    expect(bench.look().routes).toMatchObject({ enabled: true, canaryWeight: 100, drifted: false });
  });

  it('have drifted when one of them is lost', () => {
    const bench = new RouteBench(abTest);
    bench.set({ canaryWeight: 0, enabled: false });
    bench.remove('podinfo-canary-1');
    expect(bench.look().routes.drifted).toBe(true);
  });

  it('S7: are not made while somebody else has an Ingress of such a name', () => {
    const bench = new RouteBench(abTest);
    const theirs = bench.ingress('podinfo');
    bench.put({ ...theirs, metadata: { ...theirs.metadata, name: 'podinfo-canary-2', uid: 'theirs' } });
    expect(bench.look()).toMatchObject({
      ingresses: { apexUsable: false },
      obstacles: [expect.stringContaining('podinfo-canary-2.test exists and does not belong to this Canary')],
    });
  });

  it('are not made for a condition that Skipper cannot express', () => {
    const match = [{ headers: {}, queryParams: {}, sourceLabels: { app: 'x' } }];
    expect(new RouteBench({ ...abTest, match }).look().obstacles).toEqual([
      expect.stringContaining('spec.analysis.match[0].sourceLabels cannot be expressed in Skipper'),
    ]);
  });

  it('R16: are all stale when the conditions change, and when they are given up', () => {
    const bench = new RouteBench(abTest);
    bench.set({ canaryWeight: 100, enabled: true });
    for (const edited of [{ ...abTest, match: abTest.match.slice(1) }, {}]) {
      bench.edit(edited);
      const { routes, ingresses } = bench.look();
      const { staleIngresses, canaryIngress } = ingresses;
      expect(routes.stale).toBe('active');
      expect(canaryIngress).toBeUndefined();
      expect(staleIngresses.map(({ metadata }) => metadata.name)).toEqual([
        'podinfo-canary',
        'podinfo-canary-1',
        'podinfo-canary-2',
      ]);
    }
  });
});

describe('the routes of session affinity', () => {
  it('S5: count as traffic while a helper holds users, though the canary Ingress is on without a share', () => {
    const bench = new RouteBench(affinity, cookies);
    bench.set({ canaryWeight: 10, enabled: true });
    bench.set({ canaryWeight: 0, enabled: true }, 1);
    expect(bench.look().routes).toMatchObject({ enabled: true, canaryWeight: 100 });
    bench.set({ canaryWeight: 0, enabled: true });
    expect(bench.look().routes).toMatchObject({ enabled: true, canaryWeight: 0 });
  });

  it('keep each user on the version that was met, while there are cookies of this rollout', () => {
    const bench = new RouteBench(affinity, cookies);
    bench.set({ canaryWeight: 20, enabled: true });
    expect(bench.predicates()).toEqual({
      'podinfo-canary': 'Weight(100) && Traffic(0.2)',
      'podinfo-canary-sticky': 'Weight(200) && HeaderRegexp("Cookie", "(?:^|;\\\\s*)c=r1\\\\s*(?:;|$)")',
      'podinfo-canary-pinned': 'Weight(150) && HeaderRegexp("Cookie", "(?:^|;\\\\s*)p=r1\\\\s*(?:;|$)")',
      'podinfo-canary-primary': 'Weight(99)',
    });
    expect(bench.look().routes).toMatchObject({ canaryWeight: 20, enabled: true, drifted: false });
  });

  it('leave the canary Ingress alone behind when the rollout is over', () => {
    const bench = new RouteBench(affinity, cookies);
    bench.set({ canaryWeight: 20, enabled: true });
    bench.set({ canaryWeight: 0, enabled: false });
    bench.edit(affinity);
    expect(bench.look().routes).toMatchObject({ stale: 'none', enabled: false, drifted: true });
    bench.set({ canaryWeight: 0, enabled: false });
    expect(bench.predicates()).toEqual({ 'podinfo-canary': 'False() && Weight(100)' });
    expect(bench.look().routes).toMatchObject({ drifted: false });
  });

  it('R16: are stale when another cookie is asked for', () => {
    const bench = new RouteBench(affinity, cookies);
    bench.set({ canaryWeight: 20, enabled: true });
    bench.edit({ sessionAffinity: { ...affinity.sessionAffinity, cookieName: 'other' } }, cookies);
    expect(bench.look()).toMatchObject({ routes: { stale: 'active' }, ingresses: { staleIngresses: { length: 4 } } });
  });

  it('lead everybody by weight when the apex Ingress is gone', () => {
    const bench = new RouteBench(affinity, cookies);
    bench.set({ canaryWeight: 20, enabled: true });
    bench.remove('podinfo');
    bench.set({ canaryWeight: 0, enabled: false });
    expect(bench.predicates()).toMatchObject({
      'podinfo-canary': 'Weight(100)',
      'podinfo-canary-sticky': expect.stringMatching(/^False\(\)/),
    });
    const main = bench.ingress('podinfo-canary');
    expect(main.metadata.annotations?.[filterKey]).toBeUndefined();
    const services = main.spec.rules?.[0]?.http?.paths.map(({ backend }) => backend.service?.name);
    expect(services).toEqual(['podinfo-canary', 'podinfo-primary']);
  });
});

describe('the routes of session affinity', () => {
  it('R15: are not as recorded when somebody edits the weights, by which nobody is drawn', () => {
    const bench = new RouteBench(affinity, cookies);
    bench.set({ canaryWeight: 10, enabled: true });
    expect(bench.look().routes).toMatchObject({ canaryWeight: 10, drifted: false });
    const main = bench.ingress('podinfo-canary');
    const weights = { 'zalando.org/backend-weights': '{"podinfo-canary":20,"podinfo-primary":80}' };
    const annotations = { ...main.metadata.annotations, ...weights };
    bench.put({ ...main, metadata: { ...main.metadata, annotations } });
    expect(bench.look().routes.canaryWeight).toBeUndefined();
  });
});

describe('the routes of mirroring', () => {
  it('R15: give the canary no weight by hand while they copy: the weights of that Ingress count for nothing', () => {
    const bench = new RouteBench(mirroring);
    bench.set({ canaryWeight: 0, enabled: true, mirror: 'on' });
    const main = bench.ingress('podinfo-canary');
    const weights = { 'zalando.org/backend-weights': '{"podinfo-canary":100,"podinfo-primary":0}' };
    const annotations = { ...main.metadata.annotations, ...weights };
    bench.put({ ...main, metadata: { ...main.metadata, annotations } });
    expect(bench.look().routes).toMatchObject({ mirror: 'on', canaryWeight: 0, drifted: true });
  });

  it('keep the route for copies, and its group, when the Ingress that makes them is deleted', () => {
    const bench = new RouteBench(mirroring);
    bench.set({ canaryWeight: 0, enabled: true, mirror: 'on' });
    const shadow = bench.predicates()['podinfo-canary-mirror'];
    bench.remove('podinfo-canary');
    expect(bench.look().routes).toMatchObject({ present: false, mirror: 'shadow', enabled: false, canaryWeight: 0 });
    bench.set({ canaryWeight: 0, enabled: false, mirror: 'shadow' });
    expect(bench.predicates()['podinfo-canary-mirror']).toBe(shadow);
  });

  it('are found again by a process that did not make them, with a group that nobody can guess', () => {
    const bench = new RouteBench(mirroring);
    bench.set({ canaryWeight: 0, enabled: false, mirror: 'shadow' });
    expect(bench.look().routes).toMatchObject({ mirror: 'shadow', enabled: false, drifted: false });
    bench.set({ canaryWeight: 0, enabled: true, mirror: 'on' });
    expect(bench.look().routes).toMatchObject({ mirror: 'on', enabled: true, canaryWeight: 0, drifted: false });
    expect(bench.predicates()).toEqual({
      'podinfo-canary': 'Weight(100) && Traffic(0.5)',
      'podinfo-canary-mirror': 'Weight(200) && Tee("flagger-token-1")',
    });
    expect(bench.ingress('podinfo-canary').metadata.annotations?.[filterKey]).toBe('teeLoopback("flagger-token-1")');
  });

  it('R6: are a shift when the copies begin and end, not when the route for them comes and goes', async () => {
    const bench = new RouteBench(mirroring);
    const changedAt = (): number | undefined => bench.look().routes.changedAtMs;
    bench.set({ canaryWeight: 0, enabled: false });
    const first = changedAt() ?? NaN;
    await bench.wait(1_000);
    bench.set({ canaryWeight: 0, enabled: false, mirror: 'shadow' });
    expect(changedAt()).toBe(first);
    bench.set({ canaryWeight: 0, enabled: true, mirror: 'on' });
    expect(changedAt()).toBe(first + 1_000);
    expect(bench.look().routes.weightedSinceMs).toBe(first + 1_000);
    await bench.wait(1_000);
    bench.set({ canaryWeight: 0, enabled: false, mirror: 'shadow' });
    expect(changedAt()).toBe(first + 2_000);
  });

  it('R7: settle anew whenever one of the Ingresses comes, goes or changes', async () => {
    const bench = new RouteBench(mirroring);
    bench.set({ canaryWeight: 0, enabled: false });
    for (const mirror of ['shadow', 'on', 'shadow'] as const) {
      bench.look();
      await bench.wait(5_000);
      expect(bench.look().routes.stableMs).toBe(5_000);
      bench.set({ canaryWeight: 0, enabled: mirror === 'on', mirror });
      expect(bench.look().routes.stableMs).toBe(0);
    }
  });

  it('R7: settle anew when the Service that the copies go to was lost and is back', async () => {
    const bench = new RouteBench(mirroring);
    bench.set({ canaryWeight: 0, enabled: true, mirror: 'shadow' });
    bench.look();
    await bench.wait(5_000);
    expect(bench.look().routes.stableMs).toBe(5_000);
    bench.renewCanaryService();
    expect(bench.look().routes.stableMs).toBe(0);
  });

  it('have drifted when the route for the copies is lost, which is made again before all else', () => {
    const bench = new RouteBench(mirroring);
    bench.set({ canaryWeight: 0, enabled: true, mirror: 'on' });
    bench.remove('podinfo-canary-mirror');
    expect(bench.look().routes).toMatchObject({ mirror: 'on', drifted: true });
    bench.set({ canaryWeight: 0, enabled: true, mirror: 'on' }, 1);
    expect(bench.predicates()['podinfo-canary-mirror']).toBe('Weight(200) && Tee("flagger-token-1")');
    expect(bench.look().routes).toMatchObject({ mirror: 'on', drifted: false });
  });

  it('end with the route for the copies', () => {
    const bench = new RouteBench(mirroring);
    bench.set({ canaryWeight: 0, enabled: true, mirror: 'on' });
    bench.set({ canaryWeight: 10, enabled: true, mirror: 'shadow' });
    expect(bench.look().routes).toMatchObject({ mirror: 'shadow', canaryWeight: 10, drifted: false });
    bench.set({ canaryWeight: 10, enabled: true });
    expect(bench.predicates()).toEqual({ 'podinfo-canary': 'Weight(100)' });
    expect(bench.look().routes).toMatchObject({ mirror: 'off', canaryWeight: 10, drifted: false });
  });
});
