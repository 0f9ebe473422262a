// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import {
  actionsOf,
  anObservation,
  aPrimary,
  aServingTarget,
  aSpec,
  aStatus,
  aTarget,
  eventsOf,
  someRoutes,
} from '../../test/support/rollout-observation.js';
import type { Observation } from './observation.js';
import { plan } from './plan.js';

const spec = aSpec({ revertOnDeletion: true });

function deleted(overrides: Partial<Observation> = {}): Observation {
  const status = aStatus({ phase: 'Terminating' });
  return anObservation({ spec, deleting: true, finalizer: true, status, target: aServingTarget('A'), ...overrides });
}

describe('the finalizer', () => {
  it.each([
    [true, false, ['addFinalizer']],
    [false, true, ['removeFinalizer']],
    [true, true, []],
  ])('with revertOnDeletion %s and finalizer %s: %j', (revertOnDeletion, finalizer, actions) => {
    expect(actionsOf(anObservation({ spec: aSpec({ revertOnDeletion }), finalizer }))).toEqual(actions);
  });

  it('is set on a suspended Canary, too', () => {
    const suspended = aSpec({ revertOnDeletion: true, suspend: true });
    expect(actionsOf(anObservation({ spec: suspended }))).toEqual(['addFinalizer']);
  });
});

describe('deletion', () => {
  it('touches nothing without revertOnDeletion', () => {
    expect(plan(anObservation({ deleting: true }))).toMatchObject({ actions: [], status: undefined });
  });

  it('D10: ends the rollout before anything else', () => {
    const seen = deleted({ status: aStatus({ phase: 'Progressing', canaryWeight: 20 }) });
    expect(plan(seen)).toMatchObject({ actions: [], check: undefined, status: { phase: 'Terminating' } });
    expect(eventsOf(seen)).toEqual(['Terminating canary podinfo.test']);
  });

  it.each<[string, Partial<Observation>, readonly string[]]>([
    ['gives the target its pods back', { target: aTarget() }, ['restoreTarget']],
    ['as many as the primary has', { primary: aPrimary({ replicas: 4 }) }, ['restoreTarget']],
    [
      'D30: an apex Service of its own does not let the target go',
      { apexReverted: true, target: aTarget() },
      ['restoreTarget'],
    ],
    [
      'D30: goes on without an Ingress to switch off: its routes go first',
      { apexReverted: true, obstacles: ['apexIngress gone'], routes: someRoutes() },
      ['deleteRoutes'],
    ],
    [
      'and are given time to be seen by Skipper, before the primary goes',
      {
        apexReverted: true,
        obstacles: ['apexIngress gone'],
        routes: someRoutes({ present: false, enabled: false, stableMs: 0 }),
      },
      [],
    ],
    [
      'D30: goes on without the autoscaler of the target',
      {
        apexReverted: true,
        obstacles: ['HorizontalPodAutoscaler gone'],
        routes: someRoutes({ present: false, enabled: false }),
      },
      ['deleteRoutes', 'removeFinalizer'],
    ],
    [
      'D30: goes on without a target',
      { target: undefined, routes: someRoutes({ enabled: false }) },
      ['deleteRoutes', 'removeFinalizer'],
    ],
    [
      'D30: goes on when the Canary never took the traffic: what it did not make would not come',
      {
        apexReverted: true,
        primary: undefined,
        target: aServingTarget('A', { readyEndpoints: 0 }),
        routes: someRoutes({ present: false, enabled: false }),
      },
      ['deleteRoutes', 'removeFinalizer'],
    ],
    [
      'makes a Service anew by which it would see the endpoints',
      {
        target: aServingTarget('A', { readyEndpoints: 0 }),
        objects: { ...anObservation().objects, canaryService: 'missing' },
      },
      ['writeService'],
    ],
    [
      'lets go at once when its user no longer wants to wait',
      {
        spec: aSpec({ revertOnDeletion: false }),
        target: aServingTarget('A', { readiness: { kind: 'failed', message: 'late' } }),
      },
      ['removeFinalizer'],
    ],
    [
      'waits until they are ready',
      { target: aServingTarget('A', { readiness: { kind: 'waiting', cause: 'x', message: 'x' } }) },
      [],
    ],
    ['waits until they have endpoints', { target: aServingTarget('A', { readyEndpoints: 0 }) }, []],
    ['then moves the traffic', {}, ['revertApexService', 'setRoutes']],
    [
      'waits until that has settled',
      { apexReverted: true, routes: someRoutes({ enabled: false, stableMs: 1_000 }) },
      [],
    ],
    [
      'then lets go',
      { apexReverted: true, routes: someRoutes({ enabled: false }) },
      ['deleteRoutes', 'removeFinalizer'],
    ],
    [
      'D30: takes what is gone for done',
      {
        apexReverted: true,
        target: undefined,
        primary: undefined,
        routes: someRoutes({ present: false, enabled: false }),
      },
      ['deleteRoutes', 'removeFinalizer'],
    ],
  ])('%s', (_name, overrides, actions) => {
    expect(actionsOf(deleted(overrides))).toEqual(actions);
  });
});
