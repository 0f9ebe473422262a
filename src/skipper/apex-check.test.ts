// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Ingress, IngressPath, StringMap } from '../api/kubernetes.js';
import { checkApex, ownershipProblem } from './apex-check.js';
import { anIngress, aPath, aRule, owner, render } from './test-ingress.js';

const servesPort = (port: number | string): boolean => port === 80 || port === 'http';

function check(apex: Ingress): ReturnType<typeof checkApex> {
  return checkApex({ apex, serviceName: 'podinfo', servesPort });
}

function annotated(annotations: StringMap): Ingress {
  return anIngress({ annotations });
}

function withPort(port: NonNullable<IngressPath['backend']['service']>['port']): Ingress {
  const path = { path: '/', pathType: 'Prefix', backend: { service: { name: 'podinfo', ...(port && { port }) } } };
  return anIngress({ rules: [aRule('a.com', path)] });
}

describe('checkApex', () => {
  it.each([
    ['a plain apex', anIngress()],
    ['the port by name', withPort({ name: 'http' })],
    [
      'a rule without http beside it (D1b)',
      anIngress({ rules: [{ host: 'b.com' }, aRule('a.com', aPath('podinfo'))] }),
    ],
    [
      'another Service with another port',
      anIngress({ rules: [aRule('a.com', aPath('podinfo'), { ...aPath('x', '/x') })] }),
    ],
    ["the user's own split", anIngress({ rules: [aRule('a.com', aPath('podinfo'), aPath('assets'))] })],
    [
      'the canary Service at a path of its own',
      anIngress({ rules: [aRule('a.com', aPath('podinfo'), aPath('podinfo-canary', '/preview'))] }),
    ],
    [
      'valid annotations',
      annotated({
        'zalando.org/skipper-predicate': 'Header("A", "False()")',
        'zalando.org/skipper-filter': 'a() -> b()',
        'zalando.org/skipper-routes': 'x: * -> <shunt>;',
        'zalando.org/backend-weights': '{"podinfo":1}',
        'kubernetes.io/ingress.class': 'my-skipper-2',
      }),
    ],
  ])('accepts %s', (_name, apex) => {
    expect(check(apex)).toEqual({ problems: [], warnings: [] });
  });

  it.each([
    [
      'D33: no path to the Service',
      anIngress({ rules: [aRule('a.com', aPath('web'))] }),
      'Ingress podinfo.test has no path to Service podinfo; add one, or correct spec.ingressRef or spec.service.name',
    ],
    ['D33: no rules', anIngress({ rules: [] }), 'has no path to Service podinfo'],
    ['D33, D1b: only rules without http', anIngress({ rules: [{ host: 'a.com' }] }), 'has no path to Service podinfo'],
    [
      'D33: only a default backend',
      anIngress({ rules: [], spec: { defaultBackend: { service: { name: 'podinfo', port: { number: 80 } } } } }),
      'leads to Service podinfo by its default backend only',
    ],
    [
      'weight 0',
      anIngress({
        rules: [aRule('a.com', aPath('podinfo'), aPath('web'))],
        annotations: { 'zalando.org/backend-weights': '{"web":1}' },
      }),
      'gives Service podinfo no traffic',
    ],
    [
      'R17: another port number',
      withPort({ number: 9898 }),
      'Ingress podinfo.test leads a.com/ to port 9898 of Service podinfo, which',
    ],
    ['R17: another port name', withPort({ name: 'web' }), 'to port web of Service podinfo'],
    ['R17: no port', withPort(undefined), 'to port (none) of Service podinfo'],
    [
      'a broken predicate',
      annotated({ 'zalando.org/skipper-predicate': 'Weight(' }),
      'Ingress podinfo.test is ignored by Skipper: annotation zalando.org/skipper-predicate is not valid at character 8 (expected ")" but found the end); correct it',
    ],
    [
      'a broken filter',
      annotated({ 'zalando.org/skipper-filter': 'a("b' }),
      'annotation zalando.org/skipper-filter is not valid',
    ],
    [
      'broken routes',
      annotated({ 'zalando.org/skipper-routes': 'x: Foo( -> <shunt>' }),
      'annotation zalando.org/skipper-routes is not valid',
    ],
    [
      'False()',
      annotated({ 'zalando.org/skipper-predicate': 'False() && Method("GET")' }),
      'contains False(); remove it',
    ],
    [
      'a negative weight',
      annotated({ 'zalando.org/backend-weights': '{"podinfo":-1}' }),
      'negative zalando.org/backend-weights for Service podinfo',
    ],
    [
      'the canary Service at the same path',
      anIngress({ rules: [aRule('a.com', aPath('podinfo'), aPath('podinfo-canary'))] }),
      'leads a.com/ to Service podinfo and to podinfo-canary; remove the path to podinfo-canary',
    ],
    ['an Ingress of a Canary', { ...render(anIngress()) }, 'is itself made by Canary podinfo'],
    ['a name too long', anIngress({ name: 'x'.repeat(247) }), 'give it one of at most 246 characters'],
    [
      'a host beside no host (S7)',
      anIngress({ rules: [aRule('', aPath('podinfo')), aRule('a.com', aPath('web'))] }),
      'Ingress podinfo.test leads all hosts to Service podinfo, and the split would also catch a.com/, which leads to Service web; name the hosts of podinfo in its rule',
    ],
  ])('refuses %s', (_name, apex, text) => {
    const { problems } = check(apex);
    expect(problems.join('\n')).toContain(text);
  });

  it('takes a longer path of one host beside a path of all hosts', () => {
    const rules = [aRule('', aPath('podinfo')), aRule('a.com', aPath('web', '/img'))];
    expect(check(anIngress({ rules }))).toEqual({ problems: [], warnings: [] });
  });

  it.each([
    ['another class', anIngress({ spec: { ingressClassName: 'nginx' } }), 'has class nginx'],
    ['a wildcard host', anIngress({ rules: [aRule('*.example.com', aPath('podinfo'))] }), 'has host *.example.com'],
    [
      'custom routes without a host',
      anIngress({
        annotations: { 'zalando.org/skipper-routes': '* -> <shunt>' },
        rules: [aRule('', aPath('podinfo'))],
      }),
      'on a rule without a host',
    ],
    ['unreadable weights', annotated({ 'zalando.org/backend-weights': '[1]' }), 'no JSON object'],
    [
      'no path beside a regular expression',
      anIngress({
        rules: [
          aRule('a.com', aPath('podinfo', '', 'ImplementationSpecific'), aPath('web', '/x', 'ImplementationSpecific')),
        ],
      }),
      'names no path to split, so the split would also catch a.com/x',
    ],
  ])('warns of %s', (_name, apex, text) => {
    const { problems, warnings } = check(apex);
    expect(problems).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(text);
  });
});

describe('ownershipProblem', () => {
  it("S7: protects an Ingress that is not this Canary's", () => {
    expect(ownershipProblem(render(anIngress()), owner.uid)).toBeUndefined();
    expect(ownershipProblem(anIngress({ name: 'podinfo-canary' }), owner.uid)).toBe(
      'Ingress podinfo-canary.test exists and does not belong to this Canary; delete it, or rename the Ingress that spec.ingressRef names',
    );
  });
});
