// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { disableIngress, reweigh } from './in-place.js';
import { readRoutes } from './route-state.js';
import { anIngress, anIntent, annotation, aPath, aRule, changedAt, render } from './test-ingress.js';

const weightsKey = 'zalando.org/backend-weights';
const predicateKey = 'zalando.org/skipper-predicate';
const routesKey = 'zalando.org/skipper-routes';
const later = '2026-11-23T10:00:00.000Z';

const apex = anIngress({
  annotations: {
    [predicateKey]: 'Weight(5) && Method("GET")',
    [routesKey]: 'opt: Method("OPTIONS") && True() -> <shunt>;',
    [weightsKey]: '{"podinfo":50,"assets":25}',
  },
  rules: [aRule('a.com', aPath('podinfo'), aPath('assets'))],
});

describe('reweigh', () => {
  it.each([true, false])('equals a new rendering when the apex has not changed, enabled=%s', (enabled) => {
    for (const observed of [render(apex), render(apex, { intent: anIntent({ enabled: false }) })]) {
      const intent = anIntent({ canaryWeight: 0, enabled, changedAt: later });
      expect(reweigh(observed, 'podinfo', intent)).toEqual(render(apex, { observed, intent }));
    }
  });

  it.each<Record<'predicate' | 'on' | 'off', string>>`
    predicate                         | on                                | off
    ${'Weight(100)'}                  | ${'Weight(100)'}                  | ${'False() && Weight(100)'}
    ${'False()'}                      | ${'Weight(100)'}                  | ${'False() && Weight(100)'}
    ${'False() && Method("GET")'}     | ${'Weight(100) && Method("GET")'} | ${'False() && Weight(100) && Method("GET")'}
    ${'Weight(100) && Method("GET")'} | ${'Weight(100) && Method("GET")'} | ${'False() && Weight(100) && Method("GET")'}
  `('switches what Flagger wrote: $predicate', ({ predicate, on, off }) => {
    const observed = anIngress({ annotations: { [predicateKey]: predicate } });
    expect(annotation(reweigh(observed, 'podinfo', anIntent()), predicateKey)).toBe(on);
    expect(annotation(reweigh(observed, 'podinfo', anIntent({ enabled: false })), predicateKey)).toBe(off);
  });
});

describe('disableIngress', () => {
  it.each<{ predicate: string | undefined; disabled: string }>`
    predicate                  | disabled
    ${undefined}               | ${'False()'}
    ${''}                      | ${'False()'}
    ${'broken('}               | ${'False()'}
    ${'Weight(100)'}           | ${'False() && Weight(100)'}
    ${'Header("A","False()")'} | ${'False() && Header("A","False()")'}
    ${'False()'}               | ${'False()'}
  `('R16: takes $predicate out of traffic', (row) => {
    const annotations = {
      [weightsKey]: 'broken',
      ...(row.predicate !== undefined && { [predicateKey]: row.predicate }),
    };
    const rules = [aRule('a.com', aPath('old-primary'), aPath('old-canary'))];
    const disabled = disableIngress(anIngress({ rules, annotations }), changedAt);
    expect(annotation(disabled, predicateKey)).toBe(row.disabled);
    expect(annotation(disabled, weightsKey)).toBe('{"old-canary":0,"old-primary":100}');
    expect(readRoutes(disabled, 'old')).toMatchObject({
      enabled: false,
      changedAt,
      weights: { canary: 0, primary: 100 },
    });
  });

  it('R16: switches custom routes off, and removes those that cannot be', () => {
    expect(annotation(disableIngress(render(apex), later), routesKey)).toBe(
      'opt: False() && Weight(105) && Method("OPTIONS") && True() -> <shunt>;',
    );
    const broken = anIngress({ annotations: { [routesKey]: 'broken(' } });
    expect(annotation(disableIngress(broken, later), routesKey)).toBeUndefined();
  });

  it('R16: keeps the moment of the first write, and asks for no second one', () => {
    const disabled = disableIngress(render(apex), changedAt);
    expect(disableIngress(disabled, later)).toBe(disabled);
    const rendered = render(apex, { intent: anIntent({ enabled: false }) });
    expect(disableIngress(rendered, later)).toBe(rendered);
  });

  it('keeps the weights of other Services', () => {
    expect(JSON.parse(annotation(disableIngress(render(apex), later), weightsKey) ?? '')).toEqual({
      assets: 50,
      'podinfo-canary': 0,
      'podinfo-primary': 100,
    });
  });
});
