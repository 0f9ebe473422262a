// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Ingress, KubeObject, ObjectKey, Service } from '../../api/kubernetes.js';
import { FakeClock } from '../../lib/fake-clock.js';
import type { ResourceKind } from '../../kube/index.js';
import type { Action } from '../../rollout/index.js';
import { ConfigFactsReader } from '../cluster/config-facts.js';
import { Interests } from '../queue/interests.js';
import type { Observed } from '../observe/observe.js';
import { observe } from '../observe/observe.js';
import { RepairAttempts } from './repair-attempts.js';
import { RepairLimit } from './repair-limit.js';
import { SettleTracker } from '../observe/settle-tracker.js';
import { FlaggerNamespace } from '../testing.js';
import { wantedRoutes } from '../observe/wanted-routes.js';

const repair: Action = { kind: 'writeService', role: 'canary' };

let clock: FakeClock;
let cluster: FlaggerNamespace;
let limit: RepairLimit;

beforeEach(() => {
  clock = new FakeClock();
  cluster = new FlaggerNamespace('mid-rollout-weight-20');
  limit = new RepairLimit({ attempts: new RepairAttempts(clock), cache: cluster.cache, excludedMetadata: [] });
});

function get<T extends KubeObject>({ kind }: ResourceKind<T>, { name }: ObjectKey): Promise<T | undefined> {
  return Promise.resolve(cluster.get<T>(kind, name));
}

function look(): Promise<Observed> {
  return observe(cluster.canary, cluster.spec, {
    cache: cluster.cache,
    configs: new ConfigFactsReader({ get }, cluster.cache),
    settle: new SettleTracker(clock),
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
}

/** Looks and repairs until the repair is held back; says how often it was tried. */
async function repairUntilHeld(action: Action, isDrifted: (observed: Observed) => boolean): Promise<number> {
  for (let attempts = 0; attempts < 20; attempts += 1) {
    const { observed } = limit.apply(await look());
    if (!isDrifted(observed)) return attempts;
    limit.note(action, observed);
  }
  throw new Error('The repair is repeated without limit');
}

const canaryServiceDrifts = ({ observation }: Observed): boolean => observation.objects.canaryService === 'drifted';

function changeService(change: (service: Service) => Service): void {
  cluster.put(change(cluster.get<Service>('Service', 'podinfo-canary')));
}

function changeIngress(change: Pick<Ingress['metadata'], 'labels' | 'annotations'>): void {
  const ingress = cluster.cache.ingresses.store.get({ namespace: 'test', name: 'podinfo-canary' });
  if (ingress === undefined) throw new Error('There is no canary Ingress');
  const { metadata } = ingress;
  cluster.put({
    ...ingress,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...change.labels },
      annotations: { ...metadata.annotations, ...change.annotations },
    },
  });
}

describe('a repair that never lasts', () => {
  it('is held back after some attempts, with one Warning that names object, field and way out; the rollout goes on', async () => {
    changeService((service) => ({ ...service, metadata: { ...service.metadata, labels: { team: 'blue' } } }));
    expect(await repairUntilHeld(repair, canaryServiceDrifts)).toBe(3);
    const { observed, wakeAfterMs } = limit.apply(await look());
    expect(observed.observation).toMatchObject({ obstacles: [], objects: { canaryService: 'asWanted' } });
    expect(observed.warnings).toEqual([
      'Service podinfo-canary.test does not stay as the Canary asks: metadata.labels.app, metadata.labels.team changed ' +
        'after each repair; exempt the object from the admission webhook or controller that does it, or name its keys ' +
        'in spec.service.unmanagedMetadata',
    ]);
    expect(wakeAfterMs).toBe(10_000);
  });

  it('is tried again ever more rarely', async () => {
    changeService((service) => ({ ...service, metadata: { ...service.metadata, labels: { team: 'blue' } } }));
    await repairUntilHeld(repair, canaryServiceDrifts);
    const waits: (number | undefined)[] = [];
    for (let turn = 0; turn < 8; turn += 1) {
      const { wakeAfterMs } = limit.apply(await look());
      waits.push(wakeAfterMs);
      await clock.advance(wakeAfterMs ?? 0);
      const { observed } = limit.apply(await look());
      expect(canaryServiceDrifts(observed)).toBe(true);
      limit.note(repair, observed);
    }
    expect(waits).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000]);
  });

  it('of what shapes the traffic stands in the way, and is tried again within seconds', async () => {
    changeService((service) => ({ ...service, spec: { ...service.spec, selector: { app: 'other' } } }));
    expect(await repairUntilHeld(repair, canaryServiceDrifts)).toBe(3);
    const { observed, wakeAfterMs } = limit.apply(await look());
    expect(observed.observation.obstacles).toEqual([
      expect.stringMatching(/^Service podinfo-canary\.test .* spec\.selector\.app /),
    ]);
    expect(wakeAfterMs).toBeLessThanOrEqual(10_000);
  });

  it('begins anew once the object has stayed as it was for a while', async () => {
    const wanted = cluster.get<Service>('Service', 'podinfo-canary');
    const mutated = { ...wanted, metadata: { ...wanted.metadata, labels: { team: 'blue' } } };
    cluster.put(mutated);
    await repairUntilHeld(repair, canaryServiceDrifts);
    cluster.put(wanted);
    await clock.advance(61_000);
    limit.apply(await look());
    cluster.put(mutated);
    expect(await repairUntilHeld(repair, canaryServiceDrifts)).toBe(3);
  });

  it('still counts against somebody who is only a little slower', async () => {
    const wanted = cluster.get<Service>('Service', 'podinfo-canary');
    const mutated = { ...wanted, metadata: { ...wanted.metadata, labels: { team: 'blue' } } };
    for (let turn = 0; turn < 3; turn += 1) {
      cluster.put(mutated);
      limit.note(repair, limit.apply(await look()).observed);
      cluster.put(wanted);
      limit.apply(await look());
    }
    cluster.put(mutated);
    expect(await repairUntilHeld(repair, canaryServiceDrifts)).toBe(0);
  });

  it.each<[string, Pick<Ingress['metadata'], 'labels' | 'annotations'>, readonly unknown[]]>([
    ['a label, the rollout goes on', { labels: { app: 'other' } }, []],
    [
      'a predicate, it does not (S6)',
      { annotations: { 'zalando.org/skipper-predicate': 'Weight(7)' } },
      [
        expect.stringMatching(
          /^Ingress podinfo-canary\.test .*: metadata\.annotations\[zalando\.org\/skipper-predicate\] /,
        ),
      ],
    ],
  ])('of the canary Ingress: %s', async (_, change, obstacles) => {
    const action: Action = { kind: 'setRoutes', canaryWeight: 20, enabled: true };
    // As the operator writes it, with one thing changed by somebody else.
    const { situation } = await look();
    const write = { action, nowMs: clock.nowMs(), excludedMetadata: [], newToken: () => 'token' };
    for (const ingress of wantedRoutes(situation, write).writes) cluster.put(ingress);
    changeIngress(change);
    await repairUntilHeld(action, ({ observation }) => observation.routes.drifted);
    const { observed } = limit.apply(await look());
    expect(observed.observation.obstacles).toEqual(obstacles);
    expect(observed.warnings.length + observed.observation.obstacles.length).toBe(1);
  });
});
