// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import {
  aPrimary,
  aServingTarget,
  aStatus,
  actionsOf,
  anObservation,
  aSpec,
  eventsOf,
  someRoutes,
} from '../../test/support/rollout-observation.js';
import type { Observation } from './observation.js';
import { plan } from './plan.js';

const noRoutes = someRoutes({ present: false, enabled: false, changedAtMs: undefined });
const missing = {
  canaryService: 'missing',
  primaryService: 'missing',
  apexService: 'drifted',
  primaryAutoscaler: 'missing',
} as const;

function initialising(overrides: Partial<Observation> = {}): Observation {
  return anObservation({
    status: aStatus({ phase: 'Initializing', lastAppliedSpec: undefined, lastPromotedSpec: undefined } as never),
    target: aServingTarget('A'),
    primary: undefined,
    objects: missing,
    routes: noRoutes,
    ...overrides,
  });
}

const adopted = { ...missing, canaryService: 'asWanted', primaryService: 'asWanted' } as const;
const allThere = { ...adopted, apexService: 'asWanted', primaryAutoscaler: 'asWanted' } as const;

describe('a new Canary', () => {
  it('becomes Initializing before anything is touched', () => {
    const decision = plan(anObservation({ status: aStatus({ phase: '' }), primary: undefined }));
    expect(decision.actions).toEqual([]);
    expect(decision.status?.phase).toBe('Initializing');
    expect(decision.status?.conditions).toMatchObject([
      {
        type: 'Promoted',
        status: 'Unknown',
        reason: 'Initializing',
        message: 'New Deployment detected, starting initialization.',
      },
    ]);
  });
});

describe('initialisation', () => {
  it.each<[string, Partial<Observation>, readonly string[]]>([
    ['makes Services and primary', {}, ['writeService', 'writeService', 'createPrimary']],
    [
      'D13: waits for a primary that is not ready',
      { primary: aPrimary({ readiness: { kind: 'failed', message: 'late' } }), objects: adopted },
      [],
    ],
    ['waits for a primary without endpoints', { primary: aPrimary({ readyEndpoints: 0 }), objects: adopted }, []],
    [
      'moves the traffic to a ready primary',
      { primary: aPrimary(), objects: adopted },
      ['writePrimaryAutoscaler', 'writeService', 'setRoutes'],
    ],
    [
      'D6: keeps the target while the routes settle',
      { primary: aPrimary(), objects: allThere, routes: someRoutes({ stableMs: 4_999 }) },
      [],
    ],
    [
      'scales the target down when the routes have settled',
      { primary: aPrimary(), objects: allThere, routes: someRoutes({ stableMs: 5_000 }) },
      ['scaleTargetDown'],
    ],
    [
      'R7: keeps the target while the apex Service still leads to it',
      { primary: aPrimary(), objects: allThere, routes: someRoutes(), apexServesPrimary: false },
      [],
    ],
    [
      'makes a primary that never got ready anew from a target that was mended',
      {
        primary: aPrimary({ revision: 'A', readiness: { kind: 'failed', message: 'late' } }),
        target: aServingTarget('B'),
        objects: adopted,
      },
      ['copyToPrimary'],
    ],
    [
      'leads a primary Service without ready pods to those of a target that was mended',
      {
        spec: aSpec({ target: { apiVersion: 'v1', kind: 'Service', name: 'podinfo' } }),
        primary: aPrimary({ revision: 'A', readyEndpoints: 0 }),
        target: aServingTarget('B'),
        objects: { ...allThere, canaryService: 'drifted' },
        routes: someRoutes(),
      },
      ['writeService', 'copyToPrimary'],
    ],
    [
      'makes a primary that never got ready anew with provider kubernetes, which has no routes',
      {
        spec: aSpec({ provider: 'kubernetes' }),
        primary: aPrimary({ revision: 'A', readiness: { kind: 'failed', message: 'late' } }),
        target: aServingTarget('B'),
        objects: adopted,
        routes: someRoutes({ present: true }),
      },
      ['copyToPrimary'],
    ],
    [
      'S4: keeps former routes until the apex Service leads to the primary: leads it there',
      { primary: aPrimary(), objects: adopted, routes: someRoutes({ stale: 'active' }), apexServesPrimary: false },
      ['writeService'],
    ],
    [
      'S4: and waits for its endpoints',
      { primary: aPrimary(), objects: allThere, routes: someRoutes({ stale: 'active' }), apexServesPrimary: false },
      [],
    ],
    [
      'R16: then switches them off',
      { primary: aPrimary(), objects: allThere, routes: someRoutes({ stale: 'active' }) },
      ['disableStaleRoutes'],
    ],
    ['R17: touches nothing while something stands in the way', { obstacles: ['Ingress has no path'] }, []],
    ['touches nothing without a target', { target: undefined }, []],
  ])('%s', (_name, overrides, actions) => {
    expect(actionsOf(initialising(overrides))).toEqual(actions);
  });

  it('D11: waits for the primary with skipAnalysis, too', () => {
    const seen = initialising({
      spec: aSpec({ skipAnalysis: true }),
      primary: aPrimary({ readyEndpoints: 0 }),
      objects: adopted,
    });
    expect(actionsOf(seen)).toEqual([]);
  });

  it('R2: records the revision that the primary was made from, though the target has moved on', () => {
    const seen = initialising({
      primary: aPrimary({ revision: 'A' }),
      target: aServingTarget('B'),
      objects: allThere,
      routes: someRoutes(),
    });
    const { status } = plan(seen);
    expect(status).toMatchObject({ phase: 'Initialized', lastAppliedSpec: 'A', lastPromotedSpec: 'A' });
    expect(eventsOf(seen)).toEqual(['Initialization done! podinfo.test']);
  });

  it('asks once whether the metrics can be had, and is not held up by the answer', () => {
    const seen = initialising();
    expect(plan(seen).check?.parts).toEqual(['metric-availability']);
    expect(plan({ ...seen, spec: aSpec({ skipAnalysis: true }) }).check).toBeUndefined();
  });

  it('tells which config is missing', () => {
    const target = aServingTarget('A', {
      revision: undefined,
      configProblem: 'configmap env.test get query error: gone',
    });
    expect(eventsOf(initialising({ target }))).toEqual([
      'createPrimaryDeployment failed: GetTargetConfigs failed: configmap env.test get query error: gone',
    ]);
  });
});
