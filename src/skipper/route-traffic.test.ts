// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { aService } from '../../test/skipper-snapshot.js';
import { seededRandom } from '../../test/seeded-random.js';
import type { Ingress, StringMap } from '../api/kubernetes.js';
import type { MatchCondition } from '../api/rollout-spec.js';
import type { RouteTable } from '../sandbox/skipper-double/route-table.js';
import { buildRouteTable, selectRoute } from '../sandbox/skipper-double/route-table.js';
import { toolMetadata } from './copied-metadata.js';
import type { Split } from './ingress-plan.js';
import { mirrorGroup } from './own-filter.js';
import { renderRouteSet } from './route-set.js';
import type { RouteIntent } from './route-state.js';
import { anIngress, anIntent, owner } from './test-ingress.js';

/*
 * Who gets which version through the routes that Skipper makes of the rendered Ingresses.
 */

const requests = 10_000;
const services = [
  aService('podinfo', '10.1.0.1'),
  aService('podinfo-primary', '10.2.0.1'),
  aService('podinfo-canary', '10.3.0.1'),
];
const variants: StringMap = { '10.1.0.1': 'apex', '10.2.0.1': 'primary', '10.3.0.1': 'canary' };

function tableOf(ingresses: readonly Ingress[]): RouteTable {
  return buildRouteTable({
    ingresses,
    services: services.flatMap((service) => service.services),
    endpointSlices: services.flatMap((service) => service.endpointSlices),
  });
}

const apex = anIngress({ namespace: 'default' });

function routes(intent: Partial<RouteIntent>, split: Split): RouteTable {
  const rendered = renderRouteSet({
    apex,
    observed: { main: undefined, helpers: new Map() },
    owner,
    serviceName: 'podinfo',
    intent: anIntent(intent),
    excludedMetadata: toolMetadata,
    split,
  });
  return tableOf([apex, ...rendered]);
}

interface Answer {
  readonly variant: string;
  /** "name=value" of each cookie that came with it. */
  readonly cookies: readonly string[];
  /** Whether a copy went to the canary. */
  readonly copied: boolean;
}

/** Sends one request through a table; every route has to be the only one with a right to its request. */
function send(table: RouteTable, headers: StringMap, random: () => number, target = '/'): Answer {
  const lines = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  const request = { host: 'app.example.com', target, method: 'GET', headers: lines };
  const selection = selectRoute(table, request, random);
  if (selection === undefined) throw new Error('no route');
  const { route, ambiguousWith } = selection;
  if (ambiguousWith !== undefined) throw new Error(`${route.id} is ambiguous`);
  if (route.backend.kind !== 'network') throw new Error(`${route.id} leads nowhere`);
  const group = route.effects.flatMap((effect) => (effect.kind === 'mirror' ? [effect.key] : []))[0];
  return {
    variant: variants[new URL(route.backend.urls[0]).hostname] ?? 'unknown',
    cookies: route.effects.flatMap((effect) =>
      effect.kind === 'responseHeader' && effect.change.name === 'set-cookie'
        ? [effect.change.value.split(';')[0] ?? '']
        : [],
    ),
    copied:
      group !== undefined && send(table, { ...headers, 'x-tee-loopback-key': group }, random).variant === 'canary',
  };
}

function expectShare(count: number, share: number): void {
  expect(Math.abs(count / requests - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / requests));
}

const inTurn = Array.from({ length: requests }, (_, index) => index);

describe('D4: an A/B test', () => {
  const condition = (parts: Partial<MatchCondition>): MatchCondition => ({
    headers: {},
    queryParams: {},
    sourceLabels: {},
    ...parts,
  });
  const table = routes(
    { canaryWeight: 100 },
    {
      kind: 'match',
      match: [
        condition({ headers: { 'X-Canary': { exact: 'insider' } } }),
        condition({ headers: { cookie: { regex: '^(.*?;\\s*)?(canary=always)(;.*)?$' } } }),
        condition({ headers: { 'User-Agent': { prefix: 'Fire' }, 'X-A': { suffix: '1' } } }),
        condition({ queryParams: { v: { exact: 'beta' } } }),
      ],
    },
  );

  it.each<{ headers: StringMap; target: string; variant: string }>`
    headers                                     | target              | variant
    ${{ 'x-canary': 'insider' }}                | ${'/'}              | ${'canary'}
    ${{ cookie: 'a=b; canary=always' }}         | ${'/'}              | ${'canary'}
    ${{ 'user-agent': 'Firefox', 'x-a': '21' }} | ${'/'}              | ${'canary'}
    ${{}}                                       | ${'/cart?v=beta'}   | ${'canary'}
    ${{ 'x-canary': 'insider' }}                | ${'/?v=beta'}       | ${'canary'}
    ${{}}                                       | ${'/'}              | ${'apex'}
    ${{ 'x-canary': 'insiders' }}               | ${'/'}              | ${'apex'}
    ${{ cookie: 'canary=never' }}               | ${'/'}              | ${'apex'}
    ${{ 'user-agent': 'Firefox' }}              | ${'/'}              | ${'apex'}
    ${{}}                                       | ${'/cart?v=beta-2'} | ${'apex'}
  `('gives $headers $target to the $variant', ({ headers, target, variant }) => {
    const random = seededRandom(3);
    const answers = inTurn.map(() => send(table, headers, random, target).variant);
    expect(new Set(answers)).toEqual(new Set([variant]));
  });
});

describe('mirroring', () => {
  it.each([100, 30])('copies %s %% of the requests and answers all of them from the primary', (percent) => {
    const mirror = { phase: 'on', group: mirrorGroup('b2f0'), percent } as const;
    const table = routes({ canaryWeight: 0, mirror }, { kind: 'weights' });
    const random = seededRandom(4);
    const answers = inTurn.map(() => send(table, {}, random));
    expect(answers.filter(({ variant }) => variant === 'canary')).toEqual([]);
    const copies = answers.filter(({ copied }) => copied).length;
    if (percent === 100) expect(copies).toBe(requests);
    else expectShare(copies, percent / 100);
    expect(answers.every(({ copied, variant }) => variant === (copied ? 'primary' : 'apex'))).toBe(true);
  });

  it('serves nobody from the canary who guesses at the group', () => {
    const mirror = { phase: 'on', group: mirrorGroup('b2f0'), percent: 100 } as const;
    const table = routes({ canaryWeight: 0, mirror }, { kind: 'weights' });
    expect(send(table, { 'x-tee-loopback-key': 'podinfo.default' }, seededRandom(4)).variant).toBe('primary');
  });
});

describe('weights', () => {
  it.each([0.1, 1, 12.5])('gives the canary %s %%', (canaryWeight) => {
    const random = seededRandom(5);
    const table = routes({ canaryWeight }, { kind: 'weights' });
    const answers = inTurn.map(() => send(table, {}, random).variant);
    expectShare(answers.filter((variant) => variant === 'canary').length, canaryWeight / 100);
  });
});

/** A browser that comes again and again. */
class Session {
  private readonly jar = new Map<string, string>();
  readonly met: string[] = [];

  constructor(cookies: StringMap = {}) {
    for (const [name, value] of Object.entries(cookies)) this.jar.set(name, value);
  }

  visit(table: RouteTable, random: () => number): void {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const { variant, cookies } = send(table, this.jar.size > 0 ? { cookie } : {}, random);
    this.met.push(variant === 'canary' ? 'canary' : 'primary');
    for (const [name = '', value = ''] of cookies.map((text) => text.split('='))) this.jar.set(name, value);
  }
}

describe('session affinity', () => {
  const affinity = { cookieName: 'c', maxAge: 60, httpOnly: false, secure: false, partitioned: false };
  const ramp = [1, 5, 10, 20, 30, 40, 50];

  function affinityOf(value: string, primary: boolean): Split {
    return {
      kind: 'affinity',
      affinity,
      canaryCookie: { name: 'c', value },
      primaryCookie: primary ? { name: 'p', value } : undefined,
    };
  }

  /** A thousand sessions that visit three times at each weight of a rollout. */
  function rollout(sessions: readonly Session[], split: Split): void {
    const random = seededRandom(6);
    for (const canaryWeight of ramp) {
      const table = routes({ canaryWeight }, split);
      for (const session of sessions) for (let visit = 0; visit < 3; visit++) session.visit(table, random);
    }
  }

  const aThousand = (cookies: StringMap = {}): readonly Session[] =>
    Array.from({ length: 1_000 }, () => new Session(cookies));

  it('lets nobody leave the canary while its weight grows', () => {
    const sessions = aThousand();
    rollout(sessions, affinityOf('r1', false));
    const afterwards = sessions.map(({ met }) => met.slice(met.indexOf('canary')));
    const onCanary = afterwards.filter(([first]) => first === 'canary');
    expect(onCanary.length).toBeGreaterThan(500);
    expect(onCanary.filter((met) => met.includes('primary'))).toEqual([]);
  });

  it('lets nobody switch at all with a cookie for the primary as well', () => {
    const sessions = aThousand();
    rollout(sessions, affinityOf('r1', true));
    expect(sessions.filter(({ met }) => new Set(met).size > 1)).toEqual([]);
    // The first visit is at the first weight, so that is the share that stays.
    expect(sessions.filter(({ met }) => met[0] === 'canary').length).toBeLessThan(30);
  });

  it.each([false, true])('neither holds nor excludes anybody by a cookie of an old rollout, primary=%s', (primary) => {
    const table = routes({ canaryWeight: 30 }, affinityOf('r2', primary));
    for (const cookie of ['c=r1', 'p=r1', 'c=r1; p=r1']) {
      const random = seededRandom(7);
      const answers = inTurn.map(() => send(table, { cookie }, random).variant);
      expectShare(answers.filter((variant) => variant === 'canary').length, 0.3);
    }
  });

  it.each([false, true])('gives everybody the primary after a rollback, primary=%s', (primary) => {
    const table = routes({ enabled: false }, affinityOf('r1', primary));
    for (const cookie of ['c=r1', 'p=r1']) expect(send(table, { cookie }, seededRandom(8)).variant).toBe('apex');
  });
});

describe('R8, S4: an apex that leads to the target itself', () => {
  const affinity = { cookieName: 'c', maxAge: 60, httpOnly: false, secure: false, partitioned: false };
  const condition = { headers: { 'X-A': { exact: '1' } }, queryParams: {}, sourceLabels: {} };
  const mirror = { phase: 'on', group: mirrorGroup('b2f0'), percent: 30 } as const;
  const canaryCookie = { name: 'c', value: 'r1' };
  const primaryCookie = { name: 'p', value: 'r1' };

  it.each<{ name: string; intent: Partial<RouteIntent>; split: Split; canary: number }>`
    name                | intent                         | split                                                          | canary
    ${'A/B test'}       | ${{ canaryWeight: 100 }}       | ${{ kind: 'match', match: [condition] }}                       | ${0}
    ${'mirrored share'} | ${{ canaryWeight: 0, mirror }} | ${{ kind: 'weights' }}                                         | ${0}
    ${'affinity'}       | ${{ canaryWeight: 20 }}        | ${{ kind: 'affinity', affinity, canaryCookie }}                | ${0.2}
    ${'affinity, both'} | ${{ canaryWeight: 20 }}        | ${{ kind: 'affinity', affinity, canaryCookie, primaryCookie }} | ${0.2}
    ${'affinity at 0'}  | ${{ canaryWeight: 0 }}         | ${{ kind: 'affinity', affinity, canaryCookie, primaryCookie }} | ${0}
  `('serves nobody by a route of its own during $name', ({ intent, split, canary }) => {
    const table = routes(intent, { ...split, floor: true });
    const random = seededRandom(9);
    const answers = inTurn.map(() => send(table, {}, random).variant);
    expect(answers.filter((variant) => variant === 'apex')).toEqual([]);
    const share = answers.filter((variant) => variant === 'canary').length;
    if (canary === 0) expect(share).toBe(0);
    else expectShare(share, canary);
  });
});
