// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Ingress } from '../api/kubernetes.js';
import type { MatchCondition, SessionAffinity } from '../api/rollout-spec.js';
import { sameIngress } from './canary-ingress.js';
import { toolMetadata } from './copied-metadata.js';
import type { Split } from './ingress-plan.js';
import { mirrorGroup } from './own-filter.js';
import { readRouteSet, renderRouteSet, unwantedHelpers } from './route-set.js';
import type { RouteSet } from './route-set.js';
import type { RouteIntent } from './route-state.js';
import { anIngress, anIntent, annotation, owner, pathsOf } from './test-ingress.js';

const weightsKey = 'zalando.org/backend-weights';
const predicateKey = 'zalando.org/skipper-predicate';
const filterKey = 'zalando.org/skipper-filter';
const routesKey = 'zalando.org/skipper-routes';

function aCondition(name: string, exact: string): MatchCondition {
  return { headers: { [name]: { exact } }, queryParams: {}, sourceLabels: {} };
}

const affinity: SessionAffinity = {
  cookieName: 'c',
  primaryCookieName: 'p',
  maxAge: 60,
  httpOnly: false,
  secure: false,
  partitioned: false,
};
const weights: Split = { kind: 'weights' };
const abTest: Split = { kind: 'match', match: [aCondition('X-A', '1'), aCondition('X-B', '2')] };
const sticky: Split = {
  kind: 'affinity',
  affinity,
  canaryCookie: { name: 'c', value: 'r1' },
  primaryCookie: undefined,
};
const held: Split = { ...sticky, primaryCookie: { name: 'p', value: 'r1' } };
const group = mirrorGroup('5ca1ab1e');

const apex = anIngress({
  annotations: { [predicateKey]: 'Method("GET") // no writes', [filterKey]: 'setPath("/x") // all' },
});

function setOf(ingresses: readonly Ingress[]): RouteSet {
  const name = 'podinfo-canary';
  return {
    main: ingresses.find(({ metadata }) => metadata.name === name),
    helpers: new Map(
      ingresses.filter(({ metadata }) => metadata.name !== name).map((helper) => [helper.metadata.name, helper]),
    ),
  };
}

const nothing = setOf([]);

function render(intent: Partial<RouteIntent>, split: Split, more: { apex?: Ingress; observed?: RouteSet } = {}) {
  return renderRouteSet({
    apex,
    observed: nothing,
    owner,
    serviceName: 'podinfo',
    intent: anIntent(intent),
    excludedMetadata: toolMetadata,
    split,
    ...more,
  });
}

function predicates(ingresses: readonly Ingress[]): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(ingresses.map((ingress) => [ingress.metadata.name, annotation(ingress, predicateKey)]));
}

const apexText = 'Method("GET") // no writes';

describe('renderRouteSet', () => {
  it('D4: has an Ingress for each alternative of an A/B test, the first outranking the next', () => {
    const set = render({ canaryWeight: 100 }, abTest);
    expect(predicates(set)).toEqual({
      'podinfo-canary-1': `Weight(100) && Header("X-B", "2") && ${apexText}`,
      'podinfo-canary': `Weight(101) && Header("X-A", "1") && ${apexText}`,
    });
    for (const ingress of set) {
      expect(annotation(ingress, weightsKey)).toBe('{"podinfo-canary":100,"podinfo-primary":0}');
      expect(annotation(ingress, filterKey)).toBe('setPath("/x") // all');
      expect(ingress.metadata.ownerReferences).toEqual([owner]);
    }
  });

  it('lets the weight of an A/B test count for everybody when the canary stands in for the primary', () => {
    expect(predicates(render({ canaryWeight: 100, everybody: true }, abTest))['podinfo-canary']).toBe(
      `Weight(100) && ${apexText}`,
    );
  });

  it('S6: mirrors before the filters of the apex, which the shadow has as well', () => {
    const [shadow, main] = render({ canaryWeight: 0, mirror: { phase: 'on', group, percent: 25 } }, weights);
    expect(shadow && annotation(shadow, predicateKey)).toBe(`Weight(200) && Tee("${group}") && ${apexText}`);
    expect(shadow && annotation(shadow, filterKey)).toBe('setPath("/x") // all');
    expect(shadow && pathsOf(shadow)).toEqual(['app.example.com/ -> podinfo-canary']);
    expect(main && annotation(main, predicateKey)).toBe(`Weight(100) && Traffic(0.25) && ${apexText}`);
    expect(main && annotation(main, filterKey)).toBe(`teeLoopback("${group}") -> setPath("/x") // all`);
    expect(main && pathsOf(main)).toEqual(['app.example.com/ -> podinfo-primary']);
  });

  it.each([0, 100])('mirrors every request with mirrorWeight %s', (percent) => {
    const main = render({ canaryWeight: 0, mirror: { phase: 'on', group, percent } }, weights)[1];
    expect(main && annotation(main, predicateKey)).toBe(`Weight(100) && ${apexText}`);
  });

  it('makes no copies while there is only a route for them', () => {
    const [main, shadow] = render({ enabled: false, mirror: { phase: 'shadow', group, percent: 100 } }, weights);
    expect(main && annotation(main, predicateKey)).toBe(`False() && Weight(100) && ${apexText}`);
    expect(main && annotation(main, filterKey)).toBe('setPath("/x") // all');
    expect(shadow?.metadata.name).toBe('podinfo-canary-mirror');
  });

  it('keeps who met the canary there, and draws everybody else', () => {
    const [stuck, main] = render({ canaryWeight: 20 }, sticky);
    expect(stuck && annotation(stuck, predicateKey)).toBe(
      `Weight(200) && HeaderRegexp("Cookie", "(?:^|;\\\\s*)c=r1\\\\s*(?:;|$)") && ${apexText}`,
    );
    expect(stuck && annotation(stuck, filterKey)).toBe('setPath("/x") // all');
    expect(main && annotation(main, predicateKey)).toBe(`Weight(100) && Traffic(0.2) && ${apexText}`);
    expect(main && annotation(main, weightsKey)).toBe('{"podinfo-canary":20,"podinfo-primary":80}');
    // Not on the line of the apex's comment.
    expect(main && annotation(main, filterKey)).toBe(
      'setPath("/x") // all\n-> appendResponseHeader("Set-Cookie", "c=r1; Path=/; Max-Age=60")',
    );
  });

  it('keeps who met the primary there as well, except at weight 100', () => {
    expect(predicates(render({ canaryWeight: 20 }, held))).toEqual({
      'podinfo-canary-sticky': `Weight(200) && HeaderRegexp("Cookie", "(?:^|;\\\\s*)c=r1\\\\s*(?:;|$)") && ${apexText}`,
      'podinfo-canary-pinned': `Weight(150) && HeaderRegexp("Cookie", "(?:^|;\\\\s*)p=r1\\\\s*(?:;|$)") && ${apexText}`,
      'podinfo-canary': `Weight(100) && Traffic(0.2) && ${apexText}`,
      'podinfo-canary-primary': `Weight(99) && ${apexText}`,
    });
    expect(predicates(render({ canaryWeight: 100 }, held))).toMatchObject({
      'podinfo-canary-pinned': expect.stringMatching(/^False\(\)/),
      'podinfo-canary-primary': expect.stringMatching(/^False\(\)/),
      'podinfo-canary': `Weight(100) && Traffic(1) && ${apexText}`,
    });
  });

  it.each([
    ['A/B', abTest],
    ['affinity', held],
  ])('switches every Ingress of %s off, the one with the verdict first', (_, split) => {
    const set = render({ enabled: false, canaryWeight: 20 }, split);
    expect(set[0]?.metadata.name).toBe('podinfo-canary');
    for (const predicate of Object.values(predicates(set))) expect(predicate).toMatch(/^False\(\) && Weight/);
    expect(pathsOf(set[0] ?? apex)).toEqual([
      'app.example.com/ -> podinfo-canary',
      'app.example.com/ -> podinfo-primary',
    ]);
  });

  it.each([
    ['weights', weights, {}],
    ['A/B', abTest, { canaryWeight: 100 }],
    ['A/B off', abTest, { enabled: false }],
    ['affinity', held, {}],
    ['affinity off', held, { enabled: false }],
    ['mirroring', weights, { canaryWeight: 0, mirror: { phase: 'on', group, percent: 50 } as const }],
  ])('S8: renders %s from what was rendered without a change', (_, split, intent) => {
    const first = render(intent, split);
    const second = render(intent, split, { observed: setOf(first) });
    expect(second.every((ingress, index) => first[index] !== undefined && sameIngress(first[index], ingress))).toBe(
      true,
    );
  });

  it('takes its filters and paths back when they are no longer wanted', () => {
    const bare = anIngress();
    const observed = setOf(render({ canaryWeight: 20 }, sticky, { apex: bare }));
    const off = render({ enabled: false }, weights, { apex: bare, observed });
    const fresh = render({ enabled: false }, weights, { apex: bare });
    expect(off.map((ingress) => [ingress.spec, annotation(ingress, filterKey)])).toEqual(
      fresh.map((ingress) => [ingress.spec, undefined]),
    );
    expect(unwantedHelpers(observed, off).map(({ metadata }) => metadata.name)).toEqual(['podinfo-canary-sticky']);
  });

  it('S6: has the custom routes of the apex once, above every helper; losers stay with the apex', () => {
    const custom = 'opt: Method("OPTIONS") && True() -> <shunt>; rest: * -> status(404) -> <shunt>;';
    const withRoutes = anIngress({ annotations: { [routesKey]: custom, [predicateKey]: 'Header("X-T", "1")' } });
    const set = render({ canaryWeight: 20 }, held, { apex: withRoutes });
    expect(set.filter((ingress) => annotation(ingress, routesKey) !== undefined).map((it) => it.metadata.name)).toEqual(
      ['podinfo-canary'],
    );
    expect(annotation(set.find(({ metadata }) => metadata.name === 'podinfo-canary') ?? apex, routesKey)).toBe(
      'opt: Weight(400) && Method("OPTIONS") && True() -> <shunt>; rest: False() && Weight(100) && * -> status(404) -> <shunt>;',
    );
  });
});

describe('readRouteSet', () => {
  function read(ingresses: readonly Ingress[], split: Split) {
    const { main, helpers } = setOf(ingresses);
    if (main === undefined) throw new Error('no canary Ingress');
    return readRouteSet(main, helpers, { serviceName: 'podinfo', split });
  }

  it.each<{ name: string; split: Split; intent: Partial<RouteIntent>; state: object }>`
    name              | split      | intent                                                                    | state
    ${'weights'}      | ${weights} | ${{ canaryWeight: 0.1 }}                                                  | ${{ weights: { canary: 0.1, primary: 99.9 }, enabled: true, mirror: 'off', everybody: true }}
    ${'A/B'}          | ${abTest}  | ${{ canaryWeight: 100 }}                                                  | ${{ weights: { canary: 100, primary: 0 }, enabled: true, everybody: false }}
    ${'A/B for all'}  | ${abTest}  | ${{ canaryWeight: 100, everybody: true }}                                 | ${{ enabled: true, everybody: true }}
    ${'A/B off'}      | ${abTest}  | ${{ enabled: false }}                                                     | ${{ enabled: false, weights: { canary: 0, primary: 100 } }}
    ${'affinity'}     | ${held}    | ${{ canaryWeight: 30 }}                                                   | ${{ weights: { canary: 30, primary: 70 }, enabled: true, everybody: true }}
    ${'affinity off'} | ${held}    | ${{ enabled: false }}                                                     | ${{ enabled: false, weights: { canary: 0, primary: 100 } }}
    ${'mirroring'}    | ${weights} | ${{ canaryWeight: 0, mirror: { phase: 'on', group, percent: 100 } }}      | ${{ mirror: 'on', mirrorGroup: group, enabled: true, weights: { canary: 0, primary: 100 } }}
    ${'shadow only'}  | ${weights} | ${{ enabled: false, mirror: { phase: 'shadow', group, percent: 100 } }}   | ${{ mirror: 'shadow', mirrorGroup: group, enabled: false }}
    ${'shadow left'}  | ${sticky}  | ${{ canaryWeight: 10, mirror: { phase: 'shadow', group, percent: 100 } }} | ${{ mirror: 'shadow', enabled: true, weights: { canary: 10, primary: 90 } }}
  `('reads $name back', ({ split, intent, state }) => {
    expect(read(render(intent, split), split)).toMatchObject(state);
  });

  it('S2: counts a helper that a crash left on as traffic', () => {
    const on = setOf(render({ canaryWeight: 100 }, abTest));
    const [main] = render({ enabled: false }, abTest, { observed: on });
    const state = read([...(main ? [main] : []), ...on.helpers.values()], abTest);
    expect(state).toMatchObject({ enabled: true, weights: { canary: 100, primary: 0 } });
  });

  it('R15: takes those whom a crash left with a helper for traffic, but not for everybody', () => {
    const [main] = render({ canaryWeight: 0 }, held);
    const next = setOf(render({ canaryWeight: 100 }, held));
    const state = read([...(main ? [main] : []), ...next.helpers.values()], held);
    expect(state).toMatchObject({ enabled: true, weights: { canary: 100 }, everybody: false });
  });

  it('R19: counts mirrored requests as the beginning of what a revision got to do', () => {
    const at = (minute: number): string => `2026-11-23T09:0${minute}:00.000Z`;
    const mirror = { phase: 'on', group, percent: 100 } as const;
    const mirrored = render({ canaryWeight: 0, mirror, changedAt: at(1) }, weights);
    const weighted = render({ canaryWeight: 10, changedAt: at(2) }, weights, { observed: setOf(mirrored) });
    expect(read(weighted, weights).weightedSinceMs).toBe(Date.parse(at(1)));
  });

  it("does not take a user's own mirroring for ours", () => {
    const own = anIngress({ annotations: { [filterKey]: 'teeLoopback("mine")' } });
    expect(read(render({}, weights, { apex: own }), weights).mirror).toBe('off');
  });
});
