// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import {
  anAnalysis,
  anAnalysisAt,
  anObservation,
  answered,
  aPrimary,
  aServingTarget,
  aSpec,
  aStatus,
  actionsOf,
  eventsOf,
  someRoutes,
  startMs,
} from '../../test/support/rollout-observation.js';
import type { Observation } from './observation.js';
import { plan } from './plan.js';

const passed = { kind: 'passed' } as const;
const stuck = { kind: 'failed', message: 'deployment "podinfo-primary" exceeded its progress deadline' } as const;
const rolling = { kind: 'waiting', cause: 'updating', message: 'waiting for rollout to finish: 1 out of 2' } as const;

/** Revision B passed at 50 % and was copied to the primary. */
function promoting(overrides: Partial<Observation> = {}): Observation {
  return anObservation({
    status: aStatus({ phase: 'Promoting', canaryWeight: 50, lastAppliedSpec: 'B' }),
    target: aServingTarget('B'),
    primary: aPrimary({ revision: 'B' }),
    routes: someRoutes({ canaryWeight: 50 }),
    ...overrides,
  });
}

function finalising(overrides: Partial<Observation> = {}): Observation {
  return promoting({
    status: aStatus({ phase: 'Finalising', lastAppliedSpec: 'B' }),
    routes: someRoutes({ enabled: false }),
    ...overrides,
  });
}

describe('promotion', () => {
  it('R11: copies to the primary while the weights stay', () => {
    expect(plan(answered(anAnalysisAt(50), passed))).toMatchObject({
      actions: [],
      status: { phase: 'Promoting', canaryWeight: 50 },
    });
    const seen = promoting({ primary: aPrimary({ revision: 'A' }) });
    expect(plan(seen).actions).toEqual([{ kind: 'copyToPrimary', revision: 'B' }]);
    expect(plan(seen).status).toBeUndefined();
    expect(eventsOf(seen)).toEqual(['Copying podinfo.test template spec to podinfo-primary.test']);
  });

  it('R11: first gives the canary all traffic when the primary can be without pods, waits, then copies', () => {
    const recreated = aPrimary({ canReachZeroAvailable: true });
    const seen = promoting({ primary: recreated });
    expect(plan(seen).actions).toEqual([{ kind: 'setRoutes', canaryWeight: 100, enabled: true }]);
    expect(plan(seen).status).toMatchObject({ phase: 'Promoting', canaryWeight: 100 });

    const routed = (stableMs: number): Observation =>
      promoting({
        status: aStatus({ phase: 'Promoting', canaryWeight: 100, lastAppliedSpec: 'B' }),
        primary: recreated,
        routes: someRoutes({ canaryWeight: 100, stableMs }),
      });
    expect(plan(routed(1_000))).toMatchObject({ actions: [], wakeAfterMs: 4_000 });
    expect(actionsOf(routed(5_000))).toEqual(['copyToPrimary']);
  });

  it('R8, R11: a canary without pods stands in for nobody; it is waited for where every canary is', () => {
    const seen = promoting({
      status: aStatus({ phase: 'Promoting', lastAppliedSpec: 'B' }),
      primary: aPrimary({ canReachZeroAvailable: true }),
      target: aServingTarget('B', { readyEndpoints: 0 }),
      routes: someRoutes({ canaryWeight: 0 }),
    });
    expect(plan(seen)).toMatchObject({ actions: [], status: { phase: 'Progressing', canaryWeight: 0 } });
  });

  it('S3: is begun again with a target that moved on before it was copied', () => {
    const seen = promoting({ primary: aPrimary({ revision: 'A' }), target: aServingTarget('C') });
    expect(plan(seen).status).toMatchObject({ phase: 'Progressing', lastAppliedSpec: 'C', canaryWeight: 0 });
  });

  it('waits for the primary to roll', () => {
    expect(plan(promoting({ primary: aPrimary({ revision: 'B', readiness: rolling }) })).status).toBeUndefined();
  });

  it.each<[string, Observation]>([
    ['promoting', promoting({ primary: aPrimary({ revision: 'B', readyEndpoints: 0 }) })],
    ['finalising', finalising({ primary: aPrimary({ revision: 'B', readyEndpoints: 0 }) })],
  ])('R8: a primary without endpoints leaves all traffic to the canary while %s', (_name, seen) => {
    expect(plan(seen).actions).toEqual([{ kind: 'setRoutes', canaryWeight: 100, enabled: true }]);
    expect(plan(seen).status).toMatchObject({ phase: 'Promoting', canaryWeight: 100 });
  });

  it('R8: a canary that loses its endpoints before the copy loses its traffic, and its place', () => {
    const seen = promoting({
      primary: aPrimary({ canReachZeroAvailable: true }),
      target: aServingTarget('B', { readyEndpoints: 0 }),
      status: aStatus({ phase: 'Promoting', canaryWeight: 100, lastAppliedSpec: 'B' }),
      routes: someRoutes({ canaryWeight: 100 }),
    });
    expect(plan(seen).actions).toEqual([{ kind: 'setRoutes', canaryWeight: 0, enabled: false }]);
    expect(plan(seen).status).toMatchObject({ phase: 'Progressing', canaryWeight: 0, failedChecks: 1 });
  });

  it('R17: writes no object while something stands in the way', () => {
    const objects = {
      canaryService: 'drifted',
      primaryService: 'drifted',
      apexService: 'drifted',
      primaryAutoscaler: 'notWanted',
    } as const;
    const seen = promoting({
      objects,
      obstacles: ['Ingress names another port'],
      primary: aPrimary({ revision: 'B', readiness: rolling }),
    });
    expect(actionsOf(seen)).toEqual([]);
  });

  it('S6: a filter that is added to the apex Ingress reaches the canary Ingress at once', () => {
    const seen = promoting({ routes: someRoutes({ canaryWeight: 50, drifted: true }) });
    expect(plan(seen).actions).toEqual([{ kind: 'setRoutes', canaryWeight: 50, enabled: true }]);
  });

  it('R13: a further revision gets all traffic when the primary failed and has nothing left', () => {
    const seen = promoting({
      primary: aPrimary({ revision: 'B', readiness: stuck, readyEndpoints: 0 }),
      target: aServingTarget('C'),
    });
    expect(plan(seen).status).toMatchObject({ phase: 'Failed', canaryWeight: 100 });
  });

  it('R11: flips at once when the primary is ready', () => {
    expect(plan(promoting()).actions).toMatchObject([
      { kind: 'setRoutes', canaryWeight: 0, enabled: false, verdict: { result: 'promoted' } },
    ]);
    expect(plan(promoting()).status).toMatchObject({ phase: 'Finalising', canaryWeight: 0 });
    expect(eventsOf(promoting())).toEqual(['Routing all traffic to primary']);
  });

  it('stepWeightPromotion: returns the traffic by steps, one an interval', () => {
    const spec = aSpec({ analysis: anAnalysis({ stepWeightPromotion: 20 }) });
    const seen = promoting({ spec });
    expect(plan(seen).actions).toEqual([{ kind: 'setRoutes', canaryWeight: 30, enabled: true }]);
    expect(eventsOf(seen)).toEqual(['Advance podinfo.test primary weight 70']);
    const soon = promoting({ spec, routes: someRoutes({ canaryWeight: 50, changedAtMs: startMs - 3_000 }) });
    expect(plan(soon)).toMatchObject({ actions: [], wakeAfterMs: 7_000 });
    const last = promoting({
      spec,
      status: aStatus({ phase: 'Promoting', canaryWeight: 10, lastAppliedSpec: 'B' }),
      routes: someRoutes({ canaryWeight: 10 }),
    });
    expect(plan(last).status?.phase).toBe('Finalising');
    expect(eventsOf(last)).toEqual(['Advance podinfo.test primary weight 100']);
  });

  it('D8: takes a weight of 0 for done', () => {
    const seen = promoting({ routes: someRoutes({ canaryWeight: 0 }) });
    expect(plan(seen).status).toMatchObject({ phase: 'Promoting', canaryWeight: 0 });
  });

  it.each<[string, Partial<Observation>]>([
    ['carries a further revision', { target: aServingTarget('C') }],
    ['lost its pods', { target: aServingTarget('B', { readyEndpoints: 0 }) }],
    ['is gone', { target: undefined }],
  ])('R12: a target that %s gets no traffic, and the promotion goes on', (_name, overrides) => {
    const seen = promoting(overrides);
    expect(plan(seen).actions).toEqual([{ kind: 'setRoutes', canaryWeight: 0, enabled: false }]);
    expect(plan(seen).status).toMatchObject({ phase: 'Promoting', canaryWeight: 0 });
    // Not when the primary has no pods to take it.
    expect(actionsOf({ ...seen, primary: aPrimary({ revision: 'B', readyEndpoints: 0 }) })).toEqual([]);
  });

  it('R13: a primary past its deadline leaves all traffic to the canary', () => {
    const seen = promoting({ primary: aPrimary({ revision: 'B', readiness: stuck }) });
    expect(plan(seen).actions).toEqual([{ kind: 'setRoutes', canaryWeight: 100, enabled: true }]);
    expect(plan(seen).status).toMatchObject({ phase: 'Failed', canaryWeight: 100 });
    expect(eventsOf(seen)).toEqual([`Promotion of podinfo.test failed, primary not ready: ${stuck.message}`]);
  });

  it('R13: a primary past its deadline with the next revision at hand ends as Failed, so that it can start', () => {
    const seen = promoting({
      primary: aPrimary({ revision: 'B', readiness: stuck }),
      target: aServingTarget('C'),
      status: aStatus({ phase: 'Promoting', lastAppliedSpec: 'B' }),
      routes: someRoutes(),
    });
    expect(plan(seen).status).toMatchObject({ phase: 'Failed', canaryWeight: 0 });
  });

  it('R14: a deleted primary is rebuilt from the revision that passed', () => {
    expect(plan(promoting({ primary: undefined })).actions).toEqual([{ kind: 'rebuildPrimary', revision: 'B' }]);
  });
});

describe('finalisation', () => {
  it('keeps the pods until the routes have settled, then scales down and is Succeeded', () => {
    expect(plan(finalising({ routes: someRoutes({ enabled: false, stableMs: 2_000 }) }))).toMatchObject({
      actions: [],
      wakeAfterMs: 3_000,
    });
    expect(actionsOf(finalising())).toEqual(['scaleTargetDown']);
    expect(plan(finalising()).status).toMatchObject({ phase: 'Succeeded', lastPromotedSpec: 'B', failedChecks: 0 });
    expect(eventsOf(finalising())).toEqual(['Promotion completed! Scaling down podinfo.test']);
  });

  it('D17: does not look at the health of the canary', () => {
    const target = aServingTarget('B', { readiness: stuck });
    expect(plan(finalising({ target })).status?.phase).toBe('Succeeded');
  });

  it('R12: does not scale down a target with a further revision', () => {
    const seen = finalising({ target: aServingTarget('C') });
    expect(actionsOf(seen)).toEqual([]);
    expect(plan(seen).status?.phase).toBe('Succeeded');
  });

  it('S2: does not scale down while the primary has no endpoints', () => {
    const seen = finalising({ primary: aPrimary({ revision: 'B', readyEndpoints: 0 }), target: aServingTarget('C') });
    expect(plan(seen)).toMatchObject({ actions: [], status: undefined });
  });

  it('says when the analysis was skipped', () => {
    expect(eventsOf(finalising({ spec: aSpec({ skipAnalysis: true }) }))).toEqual([
      'Promotion completed! Canary analysis was skipped for podinfo.test',
    ]);
  });
});
