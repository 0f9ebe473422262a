// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { routeId } from './route-id.js';
import { shadowedIngresses } from './shadowing.js';
import { anIngress, aPath, aRule, render } from './test-ingress.js';

const predicateKey = 'zalando.org/skipper-predicate';
const feature = { [predicateKey]: 'Header("X-Beta", "1")' };
const sameRoot = [aRule('app.example.com', aPath('other'))];

describe('shadowedIngresses', () => {
  const canaryIngress = render(anIngress({ annotations: { [predicateKey]: 'Method("GET")' } }));

  it('names an Ingress that the canary Ingress outranks and the apex does not', () => {
    const other = anIngress({ name: 'beta', namespace: 'other', annotations: feature, rules: sameRoot });
    expect(shadowedIngresses(canaryIngress, [other])).toEqual([
      'Ingress beta.other gets no requests for app.example.com/ while Ingress podinfo-canary.test splits traffic; ' +
        'add Weight(201) to its zalando.org/skipper-predicate to keep them',
    ]);
  });

  it.each([
    ['the apex itself', anIngress({ annotations: { [predicateKey]: 'Method("GET")' } })],
    ['the canary Ingress itself', canaryIngress],
    ['another host', anIngress({ name: 'b', annotations: feature, rules: [aRule('b.com', aPath('other'))] })],
    ['all hosts', anIngress({ name: 'b', annotations: feature, rules: [aRule('', aPath('other'))] })],
    [
      'a longer path',
      anIngress({ name: 'b', annotations: feature, rules: [aRule('app.example.com', aPath('x', '/x'))] }),
    ],
    ['a lower rank than the apex', anIngress({ name: 'b', rules: sameRoot })],
    [
      'a higher rank than the canary Ingress',
      anIngress({ name: 'b', annotations: { [predicateKey]: 'Weight(300)' }, rules: sameRoot }),
    ],
    [
      'another class',
      anIngress({
        name: 'b',
        annotations: { ...feature, 'kubernetes.io/ingress.class': 'nginx' },
        rules: sameRoot,
        spec: {},
      }),
    ],
    [
      'one that is switched off',
      anIngress({ name: 'b', annotations: { [predicateKey]: 'False() && Method("GET")' }, rules: sameRoot }),
    ],
  ])('passes over %s', (_name, other) => {
    const withClass = { ...canaryIngress, spec: { ...canaryIngress.spec, ingressClassName: 'skipper' } };
    expect(shadowedIngresses(withClass, [other])).toEqual([]);
  });

  it('passes over a helper Ingress of the same Canary', () => {
    const helper = anIngress({ name: 'podinfo-canary-primary', annotations: feature, rules: sameRoot });
    const { ownerReferences = [] } = canaryIngress.metadata;
    expect(shadowedIngresses(canaryIngress, [helper])).toHaveLength(1);
    const owned = { ...helper, metadata: { ...helper.metadata, ownerReferences } };
    expect(shadowedIngresses(canaryIngress, [owned])).toEqual([]);
  });

  it('names one whose custom routes are outranked', () => {
    const annotations = { 'zalando.org/skipper-routes': 'x: Cookie("a", "b") -> <shunt>' };
    const other = anIngress({ name: 'b', annotations, rules: sameRoot });
    expect(shadowedIngresses(canaryIngress, [other])).toHaveLength(1);
  });

  it('counts every host in when the canary Ingress has a rule without one', () => {
    const hostless = render(anIngress({ rules: [aRule('', aPath('podinfo'))] }));
    const other = anIngress({ name: 'b', rules: [aRule('b.com', aPath('other'))] });
    expect(shadowedIngresses(hostless, [other])).toHaveLength(1);
  });
});

describe('routeId', () => {
  it.each<Record<'ingress' | 'host' | 'path' | 'service' | 'id', string>>`
    ingress             | host                 | path         | service             | id
    ${'podinfo-canary'} | ${'app.example.com'} | ${'/'}       | ${'podinfo-canary'} | ${'kube_default__podinfo_canary__app_example_com_____podinfo_canary'}
    ${'podinfo-canary'} | ${'app.example.com'} | ${'/api/v1'} | ${'podinfo-canary'} | ${'kube_default__podinfo_canary__app_example_com___api_v1__podinfo_canary'}
    ${'podinfo-canary'} | ${''}                | ${'/'}       | ${'podinfo-canary'} | ${'kube_default__podinfo_canary_______podinfo_canary'}
    ${'podinfo-canary'} | ${'app.example.com'} | ${''}        | ${'podinfo-canary'} | ${'kube_default__podinfo_canary__app_example_com____podinfo_canary'}
    ${'x'}              | ${''}                | ${''}        | ${''}               | ${'kube_default__x______'}
  `('$id', ({ id, ...origin }) => {
    expect(routeId({ namespace: 'default', ...origin })).toBe(id);
  });
});
