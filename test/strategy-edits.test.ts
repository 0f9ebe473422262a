// SPDX-License-Identifier: Apache-2.0
/* Rollouts whose strategy is edited under way, and whose operator dies while requests are mirrored, with users throughout. */
import { describe, expect, it } from '@jest/globals';
import type { Canary } from '../src/api/canary.js';
import { skipperPredicateAnnotation } from '../src/api/names.js';
import type { MergePatch } from '../src/kube/index.js';
import { appName, firstVersion, Stage } from './stage/stage.js';
import { User } from './stage/users.js';

const nextVersion = '6.0.1';

/** Each takes the place of the one before, whichever that was. */
const strategies = {
  weights: { stepWeights: [10, 30, 50] },
  'mirrored weights': { stepWeights: [10, 30, 50], mirror: true },
  'weights with affinity': {
    stepWeights: [10, 30, 50],
    sessionAffinity: { cookieName: 'version', primaryCookieName: 'stable' },
  },
  'A/B': { iterations: 3, match: [{ headers: { 'x-canary': { exact: 'insider' } } }, { queryParams: { beta: {} } }] },
  'blue/green': { iterations: 3 },
  'mirrored blue/green': { iterations: 3, mirror: true },
} as const;
type Name = keyof typeof strategies;

const nothing = { stepWeights: null, mirror: null, sessionAffinity: null, iterations: null, match: null };

function analysis(name: Name): MergePatch {
  return {
    interval: '20s',
    threshold: 3,
    webhooks: [{ name: 'probe', url: 'http://tester.test/' }],
    ...strategies[name],
  };
}

function canary(name: Name): Canary {
  const named = (kind: string, apiVersion: string): object => ({ kind, apiVersion, name: appName });
  const spec = {
    provider: 'skipper',
    targetRef: named('Deployment', 'apps/v1'),
    ingressRef: named('Ingress', 'networking.k8s.io/v1'),
    service: { port: 80, targetPort: 9898 },
    analysis: analysis(name),
  };
  const object = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', metadata: { name: appName }, spec };
  return object;
}

/** Somebody like anybody, somebody who matches the A/B test, and somebody with a browser. */
function audienceOf(stage: Stage): readonly User[] {
  const users = [new User(stage), new User(stage, { 'x-canary': 'insider' }), new User(stage, {}, true)];
  return users.map((user) => user.stay(500));
}

/** No user noticed anything, and nothing of the rollout is left but what waits for the next one. */
function expectGoodEnd(stage: Stage, audience: readonly User[], name: Name): void {
  const { status, skippers } = stage;
  expect(audience.flatMap(({ failures }) => failures)).toEqual([]);
  expect(skippers.ambiguous).toBe(0);
  expect(stage.primaryVersion).toBe(nextVersion);
  expect(status).toMatchObject({ canaryWeight: 0, iterations: 0, failedChecks: 0 });
  expect([status?.sessionAffinityCookie, status?.primarySessionAffinityCookie]).toEqual([undefined, undefined]);
  expect(audience.map(({ visits }) => visits.at(-1)?.version)).toEqual(Array(3).fill(nextVersion));
  const left = stage.canaryIngresses.map(({ metadata }) => metadata);
  expect(left.filter(({ annotations = {} }) => !annotations[skipperPredicateAnnotation]?.includes('False()'))).toEqual(
    [],
  );
  expect(left.map(({ name }) => name).sort()).toEqual(
    name === 'A/B' ? ['podinfo-canary', 'podinfo-canary-1'] : ['podinfo-canary'],
  );
}

describe('an edit of the strategy in a rollout', () => {
  const names = Object.keys(strategies) as readonly Name[]; // their keys are their names
  // Every two of them, in turns one way and the other.
  const edits = names
    .flatMap((one, index) => names.slice(index + 1).map((other) => [one, other] as const))
    .map(([one, other], index) => (index % 2 === 0 ? ([one, other] as const) : ([other, one] as const)));

  it.each(edits)('is followed to the promotion, unnoticed by users: %s, then %s', async (from, to) => {
    const stage = new Stage();
    await stage.install(canary(from));
    const audience = audienceOf(stage);
    stage.setVersion(nextVersion);
    await stage.until(({ status }) => status?.canaryWeight === 30 || status?.iterations === 2, 'the middle');
    await stage.pass(5_000);
    stage.editCanary({ analysis: { ...nothing, ...analysis(to) } });
    await stage.until(({ status }) => status?.phase === 'Succeeded', 'the promotion');
    await stage.pass(30_000);
    expectGoodEnd(stage, audience, to);
  });
});

describe('an operator that is restarted while requests are mirrored', () => {
  const moments = Array.from({ length: 10 }, (_, index) => index * 2_500);

  it.each(moments.map((ms, index) => [index % 2 === 0 ? ('killed' as const) : ('stopped' as const), ms] as const))(
    'goes on, and nobody sees an answer of the canary before the cut-over: %s after %d ms',
    async (how, ms) => {
      const stage = new Stage(ms);
      await stage.install(canary('mirrored blue/green'));
      const audience = audienceOf(stage);
      stage.setVersion(nextVersion);
      await stage.until(({ canaryIngresses }) => canaryIngresses.length > 1, 'the route for copies');
      const requests = (): number => audience.reduce((sum, { visits }) => sum + visits.length, 0);
      const before = requests();
      await stage.pass(ms);
      stage.restart(how);
      await stage.until(
        ({ messages }) => messages.some((text) => text.startsWith('Stop traffic mirroring')),
        'the cut-over',
      );
      const met = audience.flatMap(({ visits }) => visits.map(({ version }) => version));
      expect(new Set(met)).toEqual(new Set([firstVersion]));
      const copies = stage.skippers.copies.get(nextVersion) ?? 0;
      expect(copies).toBeGreaterThan(0);
      // A copy that is copied again would show here.
      expect(copies).toBeLessThanOrEqual(requests() - before);
      expect([...stage.skippers.copies.keys()]).toEqual([nextVersion]);
      await stage.until(({ status }) => status?.phase === 'Succeeded', 'the promotion');
      await stage.pass(30_000);
      expectGoodEnd(stage, audience, 'mirrored blue/green');
    },
  );
});
