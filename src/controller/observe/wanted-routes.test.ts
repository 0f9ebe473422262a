// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Ingress } from '../../api/kubernetes.js';
import { ownerReferenceOf } from '../../api/names.js';
import { readRoutes, sameIngress } from '../../skipper/index.js';
import { MissingPart } from '../errors.js';
import { trafficShape } from './observe-routes.js';
import { FlaggerNamespace } from '../testing.js';
import { wantedRoutes } from './wanted-routes.js';

const firstMs = Date.UTC(2026, 0, 1);
const laterMs = firstMs + 60_000;

type Parts = Parameters<typeof wantedRoutes>[0];
type Action = Parameters<typeof wantedRoutes>[1]['action'];

function someParts(overrides: Partial<Parts> = {}): Parts {
  const cluster = new FlaggerNamespace('mid-rollout-weight-20');
  return {
    apexIngress: cluster.get<Ingress>('Ingress', 'podinfo'),
    apexUsable: true,
    canaryIngress: cluster.get<Ingress>('Ingress', 'podinfo-canary'),
    helperIngresses: new Map(),
    split: { kind: 'weights' },
    owner: ownerReferenceOf(cluster.canary),
    spec: cluster.spec,
    shape: trafficShape(cluster.spec),
    ...overrides,
  };
}

function routes(canaryWeight: number, enabled = true): Action {
  return { kind: 'setRoutes', canaryWeight, enabled };
}

function write(action: Action, nowMs: number) {
  return { action, nowMs, excludedMetadata: [], newToken: () => 'token' };
}

/** The canary Ingress after an action. */
function wantedIngress(parts: Parts, action: Action, nowMs = laterMs): Ingress {
  const main = wantedRoutes(parts, write(action, nowMs)).writes.find(
    ({ metadata }) => metadata.name === 'podinfo-canary',
  );
  if (main === undefined) throw new Error('no canary Ingress');
  return main;
}

/** What this program wrote some time before. */
function written(action: Action, parts = someParts()): Ingress {
  return wantedIngress(parts, action, firstMs);
}

const withoutApex = { apexIngress: undefined, apexUsable: false };

describe('wantedRoutes', () => {
  it.each([
    ['the weight changes', routes(20), routes(30), laterMs],
    ['it is switched off', routes(0), routes(0, false), laterMs],
    ['nothing changes', routes(20), routes(20), firstMs],
  ])('R6: knows when traffic moved: %s', (_name, before, action, expectedMs) => {
    const canaryIngress = written(before);
    const after = wantedIngress(someParts({ canaryIngress }), action);
    expect(readRoutes(after, 'podinfo').changedAtMs).toBe(expectedMs);
    expect(sameIngress(canaryIngress, after)).toBe(expectedMs === firstMs);
  });

  it('gives other weights to what is there when the apex Ingress is gone', () => {
    const parts = someParts({ ...withoutApex, canaryIngress: written(routes(20)) });
    const after = wantedIngress(parts, routes(0, false));
    expect(readRoutes(after, 'podinfo')).toMatchObject({ weights: { canary: 0 }, enabled: true, changedAtMs: laterMs });
  });

  it('S8: asks for no second write when what is left of the routes cannot be switched off', () => {
    const action = routes(0, false);
    const first = written(action, someParts(withoutApex));
    const parts = someParts({ ...withoutApex, canaryIngress: first });
    expect(sameIngress(first, wantedIngress(parts, action))).toBe(true);
  });

  it('waits for somebody to bring an Ingress when there is none at all', () => {
    const parts = someParts({ ...withoutApex, canaryIngress: undefined });
    const render = () => wantedIngress(parts, routes(0));
    expect(render).toThrow(MissingPart);
    expect(render).toThrow(expect.objectContaining({ retry: 'never' }));
  });
});
