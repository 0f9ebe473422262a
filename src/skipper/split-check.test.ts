// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { RolloutSpec } from '../api/rollout-spec.js';
import { checkSplit, helperNames, splitOf } from './split-check.js';
import type { SplitSpec } from './split-check.js';
import { anIngress, aPath, aRule } from './test-ingress.js';

type Analysis = RolloutSpec['analysis'];

const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } as const;
const service = { apiVersion: 'v1', kind: 'Service', name: 'web' } as const;

function aSpec(parts: Partial<Analysis> = {}, target: RolloutSpec['target'] = deployment): SplitSpec {
  const analysis: Analysis = {
    intervalMs: 60_000,
    threshold: 1,
    maxWeight: 50,
    stepWeight: 10,
    stepWeights: [],
    stepWeightPromotion: 0,
    iterations: 0,
    mirror: false,
    mirrorWeight: 0,
    primaryReadyThreshold: 100,
    canaryReadyThreshold: 100,
    match: [],
    metrics: [],
    alerts: [],
    webhooks: [],
    ...parts,
  };
  return { analysis, target };
}

const match = [{ headers: { 'X-A': { exact: '1' } }, queryParams: {}, sourceLabels: {} }];
const sessionAffinity = { cookieName: 'c', maxAge: 60, httpOnly: false, secure: false, partitioned: false };
const twoCookies = { ...sessionAffinity, primaryCookieName: 'p' };
const cookies = { sessionAffinityCookie: 'c=1', primarySessionAffinityCookie: 'p=1' };

describe('splitOf', () => {
  it.each<{ name: string; analysis: Partial<Analysis>; cookies: object; kind: string; primary?: unknown }>`
    name                          | analysis                              | cookies    | kind
    ${'weights'}                  | ${{}}                                 | ${cookies} | ${'weights'}
    ${'blue/green'}               | ${{ iterations: 3 }}                  | ${cookies} | ${'weights'}
    ${'A/B'}                      | ${{ iterations: 3, match }}           | ${{}}      | ${'match'}
    ${'match without iterations'} | ${{ match }}                          | ${{}}      | ${'weights'}
    ${'affinity'}                 | ${{ sessionAffinity }}                | ${cookies} | ${'affinity'}
    ${'affinity without cookies'} | ${{ sessionAffinity }}                | ${{}}      | ${'weights'}
    ${'affinity in a blue/green'} | ${{ sessionAffinity, iterations: 3 }} | ${cookies} | ${'weights'}
  `('of $name is $kind', ({ analysis, cookies: known, kind }) => {
    expect(splitOf(aSpec(analysis), known).kind).toBe(kind);
  });

  it('holds users on the primary only when it is asked to', () => {
    const primaryOf = (affinity: typeof sessionAffinity): unknown => {
      const split = splitOf(aSpec({ sessionAffinity: affinity }), cookies);
      return split.kind === 'affinity' ? split.primaryCookie : 'no affinity';
    };
    expect(primaryOf(sessionAffinity)).toBeUndefined();
    expect(primaryOf(twoCookies)).toEqual({ name: 'p', value: '1' });
  });
});

describe('helperNames', () => {
  it.each<{ analysis: Partial<Analysis>; names: readonly string[] }>`
    analysis                                                    | names
    ${{}}                                                       | ${[]}
    ${{ iterations: 2, match: [...match, ...match, ...match] }} | ${['web-canary-1', 'web-canary-2']}
    ${{ sessionAffinity: twoCookies }}                          | ${['web-canary-sticky', 'web-canary-primary', 'web-canary-pinned']}
    ${{ mirror: true }}                                         | ${['web-canary-mirror']}
  `('of $analysis', ({ analysis, names }) => {
    expect(helperNames('web', aSpec(analysis))).toEqual(names);
  });

  it.each<{ analysis: Partial<Analysis>; names: readonly string[] }>`
    analysis                           | names
    ${{}}                              | ${[]}
    ${{ iterations: 2, match }}        | ${['web-canary-primary']}
    ${{ sessionAffinity: twoCookies }} | ${['web-canary-sticky', 'web-canary-primary', 'web-canary-pinned']}
    ${{ iterations: 2, mirror: true }} | ${['web-canary-mirror', 'web-canary-primary']}
  `('of $analysis with a Service as target', ({ analysis, names }) => {
    expect(helperNames('web', aSpec(analysis, service))).toEqual(names);
  });
});

describe('checkSplit', () => {
  const shared = anIngress({ rules: [aRule('a.com', aPath('podinfo'), aPath('assets'), aPath('img', '/img'))] });

  it.each<{ analysis: Partial<Analysis>; problem: RegExp }>`
    analysis                                                    | problem
    ${{ mirror: true }}                                         | ${/leads a\.com\/ to Service assets, whose requests would be copied/}
    ${{ sessionAffinity }}                                      | ${/divides a\.com\/ between Service podinfo and assets/}
    ${{ iterations: 1, match: [{ ...match[0], headers: {} }] }} | ${/match\[0\] has no condition/}
    ${{ sessionAffinity: { ...sessionAffinity, path: 'x' } }}   | ${/sessionAffinity\.path/}
  `('refuses $analysis', ({ analysis, problem }) => {
    expect(checkSplit(shared, 'podinfo', aSpec(analysis)).problems).toContainEqual(expect.stringMatching(problem));
  });

  it.each<{ analysis: Partial<Analysis> }>`
    analysis
    ${{}}
    ${{ iterations: 1, match }}
    ${{ iterations: 1, match, mirror: true, sessionAffinity }}
  `('takes $analysis', ({ analysis }) => {
    expect(checkSplit(shared, 'podinfo', aSpec(analysis)).problems).toEqual([]);
  });
});
