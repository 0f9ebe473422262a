// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { IngressRule, StringMap } from '../api/kubernetes.js';
import { layOutApex } from './apex-layout.js';
import { anIngress, aPath, aRule, pathsOf } from './test-ingress.js';

function layOut(
  rules: readonly IngressRule[],
  annotations: StringMap = {},
): { readonly paths: readonly string[]; readonly others: Readonly<Record<string, number>> } {
  const layout = layOutApex(anIngress({ rules, annotations }), 'podinfo');
  return { paths: pathsOf(anIngress({ rules: layout.rules })), others: Object.fromEntries(layout.otherWeights) };
}

function weights(value: Readonly<Record<string, unknown>>): StringMap {
  return { 'zalando.org/backend-weights': JSON.stringify(value) };
}

describe('layOutApex', () => {
  it('lists the canary before the primary, so that a missing canary Service errs towards the primary', () => {
    expect(layOut([aRule('a.com', aPath('podinfo'))]).paths).toEqual([
      'a.com/ -> podinfo-canary',
      'a.com/ -> podinfo-primary',
    ]);
  });

  it('D1b: passes over a rule without http', () => {
    expect(layOut([{ host: 'b.com' }, aRule('a.com', aPath('podinfo'))]).paths).toHaveLength(2);
    expect(layOut([{ host: 'b.com' }]).paths).toEqual([]);
  });

  it('passes over backends that are no Services, as Skipper does', () => {
    const resource = { path: '/', pathType: 'Prefix', backend: { resource: { kind: 'Bucket', name: 'x' } } };
    expect(layOut([aRule('a.com', resource, aPath('podinfo'))]).paths).toHaveLength(2);
  });

  it.each([
    ['a longer path', aRule('a.com', aPath('podinfo'), aPath('assets', '/img'))],
    ['an exact path', aRule('a.com', aPath('podinfo'), aPath('assets', '/img', 'Exact'))],
    [
      'a regular expression, which the path tree comes before',
      aRule('a.com', aPath('podinfo'), aPath('assets', '/img', 'ImplementationSpecific')),
    ],
  ])('D34: leaves an unrelated path to the apex: %s', (_name, rule) => {
    expect(layOut([rule]).paths).toEqual(['a.com/ -> podinfo-canary', 'a.com/ -> podinfo-primary']);
  });

  it('D34: leaves an unrelated rule to the apex', () => {
    const rules = [aRule('b.com', aPath('assets')), aRule('a.com', aPath('podinfo')), aRule('', aPath('assets'))];
    expect(layOut(rules).paths).toEqual(['a.com/ -> podinfo-canary', 'a.com/ -> podinfo-primary']);
  });

  it.each([
    ['the same path', [aRule('a.com', aPath('podinfo'), aPath('assets'))], 'a.com/ -> assets'],
    [
      'the same path and a slash',
      [aRule('a.com', aPath('podinfo', '/x'), aPath('assets', '/x/', 'Exact'))],
      'a.com/x/ -> assets',
    ],
    [
      'the same path in another rule',
      [aRule('a.com', aPath('podinfo')), aRule('A.com', aPath('assets'))],
      'A.com/ -> assets',
    ],
    ['a host beside no host', [aRule('', aPath('podinfo')), aRule('a.com', aPath('assets'))], 'a.com/ -> assets'],
    [
      'regular expressions',
      [
        aRule(
          'a.com',
          aPath('podinfo', '/', 'ImplementationSpecific'),
          aPath('assets', '/img', 'ImplementationSpecific'),
        ),
      ],
      'a.com/img -> assets',
    ],
    ['a wildcard path', [aRule('a.com', aPath('podinfo', '/:id'), aPath('assets', '/:name'))], 'a.com/:name -> assets'],
  ])('S7: repeats a path whose requests it would take away: %s', (_name, rules, kept) => {
    expect(layOut(rules).paths).toContain(kept);
  });

  it("keeps the user's own split of a path", () => {
    const rules = [aRule('a.com', aPath('assets'), aPath('podinfo'))];
    expect(layOut(rules, weights({ podinfo: 60, assets: 30 }))).toEqual({
      paths: ['a.com/ -> assets', 'a.com/ -> podinfo-canary', 'a.com/ -> podinfo-primary'],
      others: { assets: 50 },
    });
  });

  it.each<{ annotation: string | undefined; others: object }>`
    annotation                             | others             | why
    ${undefined}                           | ${{ assets: 100 }} | ${'no weights are an equal split'}
    ${'{"other":7}'}                       | ${{ assets: 100 }} | ${'weights of other Services do not count'}
    ${'broken'}                            | ${{ assets: 100 }} | ${'unreadable weights are an equal split'}
    ${'{"podinfo":50,"assets":"50"}'}      | ${{}}              | ${'a string counts 0'}
    ${'{"podinfo":50,"assets":-5}'}        | ${{}}              | ${'a negative number is made 0'}
    ${'{"podinfo":1e-300,"assets":1e300}'} | ${{ assets: 1e9 }} | ${'the result stays a number'}
  `('reads $annotation as Skipper does: $why', ({ annotation, others }) => {
    const annotations = annotation === undefined ? {} : { 'zalando.org/backend-weights': annotation };
    expect(layOut([aRule('a.com', aPath('podinfo'), aPath('assets'))], annotations).others).toEqual(others);
  });

  it('leaves a path to the apex where the user gives the app no weight', () => {
    const rules = [aRule('a.com', aPath('podinfo', '/a'), aPath('assets', '/a'), aPath('podinfo', '/b'))];
    expect(layOut(rules, weights({ assets: 100 })).paths).toEqual([
      'a.com/b -> podinfo-canary',
      'a.com/b -> podinfo-primary',
    ]);
  });

  it('splits a Service once per path, because Skipper drops its second route', () => {
    const rules = [aRule('a.com', aPath('podinfo', '/', 'Exact'), aPath('podinfo', '/', 'Prefix'))];
    expect(layOut(rules).paths).toHaveLength(2);
  });

  it('knows when the user gives the app no traffic at all', () => {
    const apex = anIngress({
      rules: [aRule('a.com', aPath('podinfo'), aPath('assets'))],
      annotations: weights({ assets: 100 }),
    });
    expect(layOutApex(apex, 'podinfo')).toMatchObject({ starved: true, rules: [] });
  });
});
