// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Ingress } from '../api/kubernetes.js';
import { isCanaryIngressOf, sameIngress } from './canary-ingress.js';
import { toolMetadata } from './copied-metadata.js';
import { isEskipProblem, parsePredicates, parseRoutes } from './eskip-parser.js';
import { readRoutes } from './route-state.js';
import { anIngress, anIntent, annotation, aPath, aRule, owner, pathsOf, render } from './test-ingress.js';

const weightsKey = 'zalando.org/backend-weights';
const predicateKey = 'zalando.org/skipper-predicate';
const filterKey = 'zalando.org/skipper-filter';
const routesKey = 'zalando.org/skipper-routes';
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Objects as Flagger 1.44 left them on a real API server. */
function flaggerState(file: string): { readonly apex: Ingress; readonly canary: Ingress } {
  const text = readFileSync(new URL(`../../test/fixtures/flagger-state/${file}.json`, import.meta.url), 'utf8');
  // The fixture is a List of Kubernetes objects.
  const { items } = JSON.parse(text) as { readonly items: readonly Ingress[] };
  const ingresses = items.filter((item) => item.kind === 'Ingress');
  const named = (name: string): Ingress => ingresses.find((item) => item.metadata.name === name)!;
  return { apex: named('podinfo'), canary: named('podinfo-canary') };
}

const workedExample = anIngress({
  labels: { app: 'podinfo' },
  annotations: { 'kubernetes.io/ingress.class': 'skipper', [predicateKey]: 'Method("GET")' },
  rules: [aRule('app.example.com', aPath('podinfo'), aPath('assets', '/img'))],
});

const everything = anIngress({
  labels: { app: 'podinfo', team: 'web', 'app.kubernetes.io/instance': 'web', 'helm.sh/chart': 'podinfo-1' },
  annotations: {
    [lastApplied]: '{}',
    'argocd.argoproj.io/tracking-id': 'web:networking.k8s.io/Ingress:test/podinfo',
    'acme.cert-manager.io/http01-edit-in-place': 'true',
    'example.com/auth': 'oauth',
    [weightsKey]: '{"assets":25,"podinfo":50}',
    [predicateKey]: 'Weight(20) && Header("X-Tenant", "a && b")',
    [filterKey]: 'setResponseHeader("X-A", "b -> c")',
    [routesKey]: 'opt: Method("OPTIONS") && True() && True() -> status(204) -> <shunt>;',
  },
  rules: [
    aRule('app.example.com', aPath('podinfo'), aPath('assets'), aPath('assets', '/img')),
    aRule('www.example.com', aPath('podinfo', '/app', 'Exact')),
  ],
  spec: {
    ingressClassName: 'skipper',
    tls: [{ hosts: ['app.example.com'], secretName: 'podinfo-tls' }],
    defaultBackend: { service: { name: 'fallback', port: { number: 80 } } },
  },
});

describe('renderCanaryIngress', () => {
  it.each([
    ['guide', () => render(flaggerState('after-init').apex, { intent: anIntent({ enabled: false }) })],
    ['worked-example', () => render(workedExample, { intent: anIntent({ canaryWeight: 10 }) })],
    ['everything', () => render(everything, { intent: anIntent({ canaryWeight: 12.5 }) })],
    [
      'everything-failed',
      () => {
        const verdict = { revision: 'a1b2', result: 'failed', reason: 'request-success-rate 98 < 99' } as const;
        return render(everything, { intent: anIntent({ enabled: false, verdict }) });
      },
    ],
  ])('renders golden/%s.json', (name, rendered) => {
    const golden: unknown = JSON.parse(readFileSync(new URL(`golden/${name}.json`, import.meta.url), 'utf8'));
    expect(JSON.parse(JSON.stringify(rendered()))).toEqual(golden);
  });

  it('D1: renders from an apex without labels and annotations', () => {
    const canary = render(anIngress());
    expect(annotation(canary, predicateKey)).toBe('Weight(100)');
    expect(canary.metadata.labels).toEqual({});
  });

  it('writes 0/100 beside False(), so that a lost predicate is harmless', () => {
    const canary = render(anIngress(), { intent: anIntent({ enabled: false, canaryWeight: 30 }) });
    expect(annotation(canary, weightsKey)).toBe('{"podinfo-canary":0,"podinfo-primary":100}');
    expect(annotation(canary, predicateKey)).toBe('False() && Weight(100)');
  });

  it('leaves custom routes out where Skipper never applies them', () => {
    const apex = anIngress({ annotations: { [routesKey]: '* -> <shunt>' }, rules: [aRule('', aPath('podinfo'))] });
    expect(annotation(render(apex), routesKey)).toBeUndefined();
  });

  it('R18, D34: copies nothing by which other tools own an object, and has the Flux off-switch from the start', () => {
    const { labels, annotations } = render(everything).metadata;
    expect(labels).toEqual({ app: 'podinfo', team: 'web' });
    expect(Object.keys(annotations ?? {})).not.toContain(lastApplied);
    expect(Object.keys(annotations ?? {}).filter((key) => /argocd|cert-manager/.test(key))).toEqual([]);
    expect(annotations).toMatchObject({
      'example.com/auth': 'oauth',
      'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
      'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
    });
  });

  it('R18: leaves out what a setting adds to the list', () => {
    const apex = anIngress({
      annotations: { 'a.owner.example/id': '1', 'plain.example/key-1': '2', 'plain.example/x': '3' },
    });
    const excludedMetadata = [...toolMetadata, 'owner.example', 'plain.example/key'];
    const keys = Object.keys(render(apex, { excludedMetadata }).metadata.annotations ?? {});
    expect(keys.filter((key) => key.endsWith('id') || key.startsWith('plain'))).toEqual(['plain.example/x']);
  });

  it('D34: copies no finalizers, owners or default backend', () => {
    const apex: Ingress = {
      ...everything,
      metadata: { ...everything.metadata, uid: 'apex', finalizers: ['example.com/keep'], resourceVersion: '7' },
    };
    const canary = render(apex);
    expect(canary.metadata).toMatchObject({ name: 'podinfo-canary', ownerReferences: [owner] });
    expect(canary.metadata).not.toHaveProperty('finalizers');
    expect(canary.metadata).not.toHaveProperty('uid');
    expect(canary.spec).not.toHaveProperty('defaultBackend');
  });

  it('takes an apex that is named like a canary Ingress', () => {
    expect(render(anIngress({ name: 'x-canary' })).metadata.name).toBe('x-canary-canary');
  });

  it('D9: follows annotations that change at, or leave, the apex', () => {
    const before = render(
      anIngress({ annotations: { [filterKey]: 'a()', 'example.com/auth': 'on' }, labels: { team: 'a' } }),
    );
    const after = render(anIngress({ annotations: { [filterKey]: 'b()' } }), { observed: before });
    expect(annotation(after, filterKey)).toBe('b()');
    expect(annotation(after, 'example.com/auth')).toBeUndefined();
    expect(after.metadata.labels).toEqual({});
    expect(sameIngress(before, after)).toBe(false);
  });

  it('S8: lets an admission webhook keep what it adds, so that no exchange of writes begins', () => {
    const first = render(anIngress());
    const mutated = {
      ...first,
      metadata: {
        ...first.metadata,
        labels: { ...first.metadata.labels, 'policy.example/checked': 'yes' },
        annotations: { ...first.metadata.annotations, 'policy.example/by': 'webhook' },
      },
    };
    expect(sameIngress(mutated, render(anIngress(), { observed: mutated }))).toBe(true);
  });

  it('D8: keeps the live weights when the apex changes', () => {
    const observed = render(anIngress(), { intent: anIntent({ canaryWeight: 30 }) });
    const live = readRoutes(observed, 'podinfo').weights?.canary ?? 0;
    const apex = anIngress({ rules: [aRule('app.example.com', aPath('podinfo', '/v2'))] });
    const rendered = render(apex, { observed, intent: anIntent({ canaryWeight: live }) });
    expect(pathsOf(rendered)).toEqual([
      'app.example.com/v2 -> podinfo-canary',
      'app.example.com/v2 -> podinfo-primary',
    ]);
    expect(readRoutes(rendered, 'podinfo')).toMatchObject({ weights: { canary: 30, primary: 70 }, enabled: true });
  });

  it('R9: removes the verdict that the next rollout does not ask for', () => {
    const verdict = { revision: 'r1', result: 'cancelled', reason: 'new revision' } as const;
    const observed = render(anIngress(), { intent: anIntent({ enabled: false, verdict }) });
    expect(readRoutes(observed, 'podinfo').verdict).toEqual(verdict);
    expect(readRoutes(render(anIngress(), { observed }), 'podinfo').verdict).toBeUndefined();
  });

  it('R19: notes since when the canary has weight without a break', () => {
    const at = (minute: number): string => `2026-11-23T09:0${minute}:00.000Z`;
    const first = render(anIngress(), { intent: anIntent({ canaryWeight: 10, changedAt: at(1) }) });
    const second = render(anIngress(), { observed: first, intent: anIntent({ canaryWeight: 20, changedAt: at(2) }) });
    const off = render(anIngress(), { observed: second, intent: anIntent({ enabled: false, changedAt: at(3) }) });
    const again = render(anIngress(), { observed: off, intent: anIntent({ canaryWeight: 10, changedAt: at(4) }) });
    const sinceMs = [first, second, off, again].map((ingress) => readRoutes(ingress, 'podinfo').weightedSinceMs);
    expect(sinceMs).toEqual([Date.parse(at(1)), Date.parse(at(1)), undefined, Date.parse(at(4))]);
  });

  it.each(['after-init', 'after-promote', 'after-rollback', 'mid-rollout-weight-20'])(
    'R22, D8: re-renders what Flagger left in %s with the same live weights',
    (file) => {
      const { apex, canary } = flaggerState(file);
      const live = readRoutes(canary, 'podinfo');
      const rendered = render(apex, {
        observed: canary,
        intent: anIntent({ canaryWeight: live.weights?.canary ?? NaN, enabled: live.enabled }),
      });
      expect(readRoutes(rendered, 'podinfo')).toMatchObject({ weights: live.weights, enabled: live.enabled });
      expect(rendered.metadata).toMatchObject({
        uid: canary.metadata.uid,
        resourceVersion: canary.metadata.resourceVersion,
        ownerReferences: [owner],
      });
      expect(annotation(rendered, lastApplied)).toBeUndefined();
      expect(sameIngress(canary, rendered)).toBe(false);
      expect(sameIngress(rendered, render(apex, { observed: rendered, intent: intentOf(rendered) }))).toBe(true);
    },
  );

  it('leaves its arguments as they are', () => {
    const observed = render(workedExample);
    const before = JSON.stringify([everything, observed]);
    render(everything, { observed });
    expect(JSON.stringify([everything, observed])).toBe(before);
  });
});

function intentOf(ingress: Ingress): ReturnType<typeof anIntent> {
  const state = readRoutes(ingress, 'podinfo');
  return anIntent({
    canaryWeight: state.weights?.canary ?? NaN,
    enabled: state.enabled,
    changedAt: state.changedAt ?? '',
    verdict: state.verdict,
    shape: state.shape ?? '',
  });
}

describe('renderCanaryIngress and readRoutes', () => {
  const text = fc.string({ unit: 'grapheme' });
  const intent = fc.record({
    canaryWeight: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.double({ min: 0, max: 100, noNaN: true })),
    enabled: fc.boolean(),
    changedAt: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    verdict: fc.option(
      fc.record({ revision: text, result: fc.constantFrom('failed', 'cancelled', 'promoted'), reason: text }),
      { nil: undefined },
    ),
    shape: text,
  });
  const argument = text.map((value) => JSON.stringify(value));
  const predicates = fc.oneof(
    fc.constant(undefined),
    fc
      .array(argument, { minLength: 1, maxLength: 3 })
      .map((all) => all.map((each) => `Cookie("c", ${each})`).join(' && ')),
    fc.nat(500).map((weight) => `Weight(${weight}) && Method("GET")`),
  );
  const apexes = fc.record({ predicate: predicates, split: fc.boolean() }).map(({ predicate, split }) =>
    anIngress({
      annotations: {
        [filterKey]: 'status(200)',
        [routesKey]: 'opt: Method("OPTIONS") -> <shunt>',
        ...(predicate !== undefined && { [predicateKey]: predicate }),
        ...(split && { [weightsKey]: '{"assets":1,"podinfo":3}' }),
      },
      rules: [aRule('a.com', aPath('podinfo'), ...(split ? [aPath('assets')] : []))],
    }),
  );

  it('read back what was rendered, and write nothing when rendered again (S1, S6, S8, R6)', () => {
    fc.assert(
      fc.property(intent, apexes, (wanted, apex) => {
        const rendered = render(apex, { intent: wanted });
        const state = readRoutes(rendered, 'podinfo');
        expect(state).toMatchObject({ enabled: wanted.enabled, changedAt: wanted.changedAt, shape: wanted.shape });
        expect(state.verdict).toEqual(wanted.verdict);
        expect(state.weights?.canary).toBeCloseTo(wanted.enabled ? wanted.canaryWeight : 0, 12);
        expect(sameIngress(rendered, render(apex, { observed: rendered, intent: wanted }))).toBe(true);
        expectEveryDemandOf(apex, rendered);
      }),
      { numRuns: 200 },
    );
  });

  /** S6: the apex's filters and predicates, by text, on every route that Skipper makes of the canary Ingress. */
  function expectEveryDemandOf(apex: Ingress, rendered: Ingress): void {
    const predicate = annotation(apex, predicateKey) ?? '';
    expect(annotation(rendered, predicateKey)?.endsWith(predicate)).toBe(true);
    expect(isEskipProblem(parsePredicates(annotation(rendered, predicateKey) ?? ''))).toBe(false);
    expect(annotation(rendered, filterKey)).toBe(annotation(apex, filterKey));
    expect(annotation(rendered, routesKey)?.endsWith('Method("OPTIONS") -> <shunt>')).toBe(true);
    expect(isEskipProblem(parseRoutes(annotation(rendered, routesKey) ?? ''))).toBe(false);
  }
});

describe('readRoutes', () => {
  it.each<{ file: string; canary: number; enabled: boolean }>`
    file                       | canary | enabled
    ${'after-init'}            | ${0}   | ${true}
    ${'after-promote'}         | ${0}   | ${false}
    ${'after-rollback'}        | ${0}   | ${false}
    ${'mid-rollout-weight-20'} | ${20}  | ${true}
  `('reads $canary %, enabled=$enabled, from what Flagger left in $file', (row) => {
    expect(readRoutes(flaggerState(row.file).canary, 'podinfo')).toEqual({
      weights: { canary: row.canary, primary: 100 - row.canary },
      enabled: row.enabled,
      changedAt: undefined,
      changedAtMs: undefined,
      weightedSinceMs: undefined,
      verdict: undefined,
      shape: undefined,
    });
  });

  it('survives an Ingress without annotations and with damaged ones', () => {
    expect(readRoutes(anIngress(), 'podinfo').weights).toBeUndefined();
    const damaged = anIngress({
      annotations: { 'flagger.app/verdict': '{"revision":1}', 'flagger.app/routes-changed-at': 'x' },
    });
    expect(readRoutes(damaged, 'podinfo')).toMatchObject({ verdict: undefined, changedAtMs: undefined });
  });
});

describe('sameIngress', () => {
  it('does not look at what the API server and other writers add', () => {
    const wanted = render(anIngress());
    const served = { ...wanted, status: { loadBalancer: {} }, metadata: { ...wanted.metadata, generation: 3 } };
    expect(sameIngress(served, wanted)).toBe(true);
  });

  it('D27: sees damaged weights', () => {
    const wanted = render(anIngress());
    const annotations = { ...wanted.metadata.annotations, [weightsKey]: '{}' };
    expect(sameIngress({ ...wanted, metadata: { ...wanted.metadata, annotations } }, wanted)).toBe(false);
  });
});

describe('isCanaryIngressOf', () => {
  it('goes by the uid of the Canary', () => {
    expect(isCanaryIngressOf(render(anIngress()), owner.uid)).toBe(true);
    expect(isCanaryIngressOf(render(anIngress()), 'another')).toBe(false);
    expect(isCanaryIngressOf(anIngress(), owner.uid)).toBe(false);
  });
});
