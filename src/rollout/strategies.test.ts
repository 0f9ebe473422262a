// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import {
  aHook,
  anAnalysis,
  anAnalysisAt,
  anObservation,
  answered,
  aPrimary,
  aServingTarget,
  aSpec,
  aStatus,
  eventsOf,
  failedCheck,
  someRoutes,
  startMs,
} from '../../test/support/rollout-observation.js';
import { RolloutWorld } from '../../test/support/rollout-world.js';
import type { AnalysisSpec } from '../api/rollout-spec.js';
import { analysisRequest } from './analysis-check.js';
import type { Observation, RouteState } from './observation.js';
import { plan } from './plan.js';
import { strategyOf } from './strategies.js';

const match = [{ headers: { 'x-user': { exact: 'insider' } }, queryParams: {}, sourceLabels: {} }];
const blueGreen = { stepWeight: 0, iterations: 2 };
const mirroredBlueGreen = { ...blueGreen, mirror: true };
const abTesting = { ...blueGreen, match };

/** What users of a whole rollout hear, and where their requests go. */
function rolloutOf(analysis: Partial<AnalysisSpec>, provider = 'skipper') {
  const world = new RolloutWorld(aSpec({ provider, analysis: anAnalysis(analysis) }));
  world.settle();
  world.events.length = 0;
  world.changeTarget('B');
  const seen: string[] = [];
  for (let second = 0; second < 300 && world.status.lastPromotedSpec !== 'B'; second += 1) {
    world.reconcile();
    const { phase, iterations, canaryWeight } = world.status;
    const line = `${phase} ${canaryWeight}/${iterations} routes ${world.canaryWeight()} mirror ${world.mirror}`;
    if (line !== seen.at(-1)) seen.push(line);
    world.pass(1_000);
  }
  return { world, seen, events: world.events.filter((text) => !text.includes(' not ready: ')) };
}

const end = ['Copying podinfo.test template spec to podinfo-primary.test', 'Routing all traffic to primary'];
const completed = 'Promotion completed! Scaling down podinfo.test';
const begin = ['New revision detected! Scaling up podinfo.test', 'Starting canary analysis for podinfo.test'];

describe('a rollout from the new revision to its promotion', () => {
  it('progressive: fractions of a percent and a last step short of a whole one', () => {
    const { events } = rolloutOf({ stepWeight: 0, stepWeights: [0.1, 1, 5], maxWeight: 5 });
    const weights = ['0.1', '1', '5'].map((weight) => `Advance podinfo.test canary weight ${weight}`);
    expect(events).toEqual([...begin, ...weights, ...end, completed]);
  });

  it('progressive: maxWeight that is no multiple of stepWeight is overshot once, as in Flagger', () => {
    const { events } = rolloutOf({ stepWeight: 20, maxWeight: 50 });
    const weights = [20, 40, 60].map((weight) => `Advance podinfo.test canary weight ${weight}`);
    expect(events).toEqual([...begin, ...weights, ...end, completed]);
  });

  it('progressive, stepWeightPromotion: the way back in steps, with fractions without noise', () => {
    const { events } = rolloutOf({ stepWeight: 0, stepWeights: [0.3], maxWeight: 0.3, stepWeightPromotion: 0.1 });
    const back = ['99.8', '99.9', '100'].map((weight) => `Advance podinfo.test primary weight ${weight}`);
    expect(events.filter((text) => text.includes('primary weight'))).toEqual(back);
  });

  it('D5: progressive with mirror has one interval of copies before the first weight', () => {
    const { seen, events } = rolloutOf({ mirror: true, maxWeight: 10 });
    expect(seen).toEqual([
      'Progressing 0/0 routes 0 mirror off',
      'Progressing 0/1 routes 0 mirror off',
      'Progressing 0/1 routes 0 mirror shadow',
      'Progressing 0/1 routes 0 mirror on',
      'Progressing 10/0 routes 10 mirror shadow',
      'Progressing 10/0 routes 10 mirror off',
      'Promoting 10/0 routes 10 mirror off',
      'Finalising 0/0 routes 0 mirror off',
      'Succeeded 0/0 routes 0 mirror off',
    ]);
    const weights = [0, 10].map((weight) => `Advance podinfo.test canary weight ${weight}`);
    expect(events).toEqual([...begin, ...weights, ...end, completed]);
  });

  it('blue/green: checks beside the users, then everybody for one check', () => {
    const { seen, events } = rolloutOf(blueGreen);
    expect(seen).toEqual([
      'Progressing 0/0 routes 0 mirror off',
      'Progressing 0/1 routes 0 mirror off',
      'Progressing 0/2 routes 0 mirror off',
      'Progressing 0/3 routes 100 mirror off',
      'Promoting 0/3 routes 100 mirror off',
      'Finalising 0/0 routes 0 mirror off',
      'Succeeded 0/0 routes 0 mirror off',
    ]);
    expect(events).toEqual([
      ...begin,
      'Advance podinfo.test canary iteration 1/2',
      'Advance podinfo.test canary iteration 2/2',
      'Routing all traffic to canary',
      ...end,
      completed,
    ]);
  });

  it('D5: blue/green with mirror copies requests during all iterations and stops before the cut-over', () => {
    const { seen, events } = rolloutOf(mirroredBlueGreen);
    expect(seen).toEqual([
      'Progressing 0/0 routes 0 mirror off',
      'Progressing 0/1 routes 0 mirror off',
      'Progressing 0/1 routes 0 mirror shadow',
      'Progressing 0/1 routes 0 mirror on',
      'Progressing 0/2 routes 0 mirror on',
      'Progressing 0/3 routes 100 mirror shadow',
      'Progressing 0/3 routes 100 mirror off',
      'Promoting 0/3 routes 100 mirror off',
      'Finalising 0/0 routes 0 mirror off',
      'Succeeded 0/0 routes 0 mirror off',
    ]);
    expect(events).toContain('Stop traffic mirroring and route all traffic to canary');
  });

  it('blue/green goes back in steps with stepWeightPromotion', () => {
    const { events } = rolloutOf({ ...blueGreen, stepWeightPromotion: 60 });
    const back = [60, 100].map((weight) => `Advance podinfo.test primary weight ${weight}`);
    expect(events.filter((text) => text.includes('primary weight'))).toEqual(back);
  });

  it('D4: A/B gives the canary to users that match, from the first iteration to the promotion', () => {
    const { seen, events } = rolloutOf(abTesting);
    expect(seen).toEqual([
      'Progressing 0/0 routes 0 mirror off',
      'Progressing 0/1 routes 100 mirror off',
      'Progressing 0/2 routes 100 mirror off',
      'Promoting 0/2 routes 100 mirror off',
      'Finalising 0/0 routes 0 mirror off',
      'Succeeded 0/0 routes 0 mirror off',
    ]);
    const iterations = [1, 2].map((iteration) => `Advance podinfo.test canary iteration ${iteration}/2`);
    expect(events).toEqual([...begin, ...iterations, ...end, completed]);
  });

  it('provider kubernetes: iterations without any route, promoted without a word about traffic', () => {
    const { seen, events, world } = rolloutOf(blueGreen, 'kubernetes');
    expect(seen.map((line) => line.split(' routes')[0])).toEqual([
      'Progressing 0/0',
      'Progressing 0/1',
      'Progressing 0/2',
      'Progressing 0/3',
      'Promoting 0/3',
      'Finalising 0/0',
      'Succeeded 0/0',
    ]);
    const iterations = [1, 2].map((iteration) => `Advance podinfo.test canary iteration ${iteration}/2`);
    expect(events).toEqual([...begin, ...iterations, end[0], completed]);
    expect([world.ingress, world.target?.replicas]).toEqual([undefined, 0]);
  });
});

/** Revision B stands at an iteration, its routes as they should be. */
function anIteration(iterations: number, analysis: Partial<AnalysisSpec>, overrides: Partial<Observation> = {}) {
  const spec = overrides.spec ?? aSpec({ analysis: anAnalysis(analysis) });
  const status = aStatus({ phase: 'Progressing', iterations, lastAppliedSpec: 'B' });
  const { canaryWeight, everybody, mirrored } = strategyOf(spec).trafficAt(status);
  const routes = someRoutes({ canaryWeight, everybody, mirror: mirrored ? 'on' : 'off' });
  return anObservation({ target: aServingTarget('B'), spec, status, routes, ...overrides });
}

describe('checks of a strategy', () => {
  const hooks = (['rollback', 'pre-rollout', 'rollout', 'confirm-traffic-increase', 'confirm-promotion'] as const).map(
    (type) => aHook(type),
  );
  const all = ['rollback', 'rollout', 'metrics'];

  it.each<[string, Observation, readonly string[]]>([
    [
      'blue/green before its first iteration',
      anIteration(0, { ...blueGreen, webhooks: hooks }),
      ['rollback', 'pre-rollout'],
    ],
    ['blue/green at 1 of 2', anIteration(1, { ...blueGreen, webhooks: hooks }), all],
    ['blue/green at 2 of 2', anIteration(2, { ...blueGreen, webhooks: hooks }), [...all, 'confirm-promotion']],
    ['blue/green with everybody', anIteration(3, { ...blueGreen, webhooks: hooks }), [...all, 'confirm-promotion']],
    ['A/B at 1 of 2', anIteration(1, { ...abTesting, webhooks: hooks }), all],
    ['A/B at 2 of 2', anIteration(2, { ...abTesting, webhooks: hooks }), [...all, 'confirm-promotion']],
    ['the mirrored step', anIteration(1, { mirror: true, webhooks: hooks }), [...all, 'confirm-traffic-increase']],
    [
      'D51: the last weight',
      anAnalysisAt(50, { spec: aSpec({ analysis: anAnalysis({ webhooks: hooks }) }) }),
      [...all, 'confirm-promotion'],
    ],
  ])('%s', (_place, seen, parts) => {
    expect(analysisRequest(seen).parts).toEqual(parts);
  });

  it.each<[string, Observation, boolean]>([
    ['a mirrored step', anIteration(1, { mirror: true }), true],
    ['a mirrored iteration', anIteration(2, mirroredBlueGreen), true],
    ['the last check of a mirrored blue/green', anIteration(3, mirroredBlueGreen), false],
    ['an iteration without mirror', anIteration(2, blueGreen), false],
    ['a weight', anAnalysisAt(10), false],
  ])('say whether only copies are judged: %s', (_place, seen, mirrored) => {
    expect(analysisRequest(seen).mirrored).toBe(mirrored);
  });

  it('R19: copies count from the moment they began', () => {
    const seen = anIteration(2, mirroredBlueGreen);
    expect(analysisRequest(seen).weightedSinceMs).toBe(seen.routes.changedAtMs);
  });

  it('R19: without any traffic of ours, data counts from the first iteration on and no earlier', () => {
    const seen = anIteration(2, blueGreen);
    const recordedAtMs = startMs - 60_000;
    expect(analysisRequest(seen).weightedSinceMs).toBe(recordedAtMs - 10_000);
  });

  it('R6: an iteration is judged one interval after the one before was recorded', () => {
    const lastTransitionTime = new Date(startMs - 4_000).toISOString();
    const seen = anIteration(1, blueGreen);
    const early = { ...seen, status: { ...seen.status, lastTransitionTime } };
    expect(plan(early)).toMatchObject({ check: undefined, wakeAfterMs: 6_000 });
  });
});

describe('an iteration that does not pass', () => {
  it.each<[string, Partial<AnalysisSpec>, number]>([
    ['blue/green', blueGreen, 1],
    ['blue/green with everybody on the canary', blueGreen, 3],
    ['A/B', abTesting, 1],
  ])('R9: %s is rolled back at the threshold', (_name, analysis, iterations) => {
    const seen = anIteration(iterations, { ...analysis, threshold: 1 });
    const decision = plan(answered(seen, failedCheck));
    expect(decision.actions).toMatchObject([
      { kind: 'setRoutes', canaryWeight: 0, enabled: false, verdict: { result: 'failed', revision: 'B' } },
    ]);
    expect(decision.status).toMatchObject({ phase: 'Progressing', iterations: 0, failedChecks: 1 });
  });

  it('R9: provider kubernetes records the verdict in the status before the pods go', () => {
    const spec = aSpec({ provider: 'kubernetes', analysis: anAnalysis({ ...blueGreen, threshold: 2 }) });
    const status = aStatus({ phase: 'Progressing', iterations: 1, failedChecks: 1, lastAppliedSpec: 'B' });
    const seen = answered(anIteration(1, {}, { spec, status }), failedCheck);
    const verdict = plan(seen);
    expect(verdict).toMatchObject({ actions: [], status: { phase: 'Progressing', failedChecks: 2 } });
    expect(eventsOf(seen)).toEqual([
      'Halt podinfo.test advancement success rate 50.00% < 99%',
      'Rolling back podinfo.test failed checks threshold reached 2',
    ]);
    const onRecord = { ...seen, status: verdict.status ?? seen.status };
    const ended = { actions: [{ kind: 'scaleTargetDown' }], status: { phase: 'Failed', failedChecks: 0 } };
    expect(plan(onRecord)).toMatchObject(ended);
    expect(eventsOf(onRecord)).toEqual(['Canary failed! Scaling down podinfo.test']);
  });

  it.each([
    ['a rollback hook', aServingTarget('B'), { kind: 'rollback', hook: 'stop' } as const],
    ['a deadline', aServingTarget('B', { readiness: { kind: 'failed', message: 'too late' } }), undefined],
  ])('R9: provider kubernetes that failed for %s is not judged again after a crash', (_, target, outcome) => {
    const spec = aSpec({ provider: 'kubernetes', analysis: anAnalysis(blueGreen) });
    const seen = anIteration(1, {}, { spec, target });
    const { status = seen.status } = plan(outcome === undefined ? seen : answered(seen, outcome));
    const pods = aServingTarget('B', { replicas: 0, readyEndpoints: 0 });
    expect(plan({ ...seen, status, target: pods })).toMatchObject({ status: { phase: 'Failed' } });
  });

  it('D51: waiting for the promotion keeps the real iteration', () => {
    const seen = anIteration(2, { ...blueGreen, webhooks: [aHook('confirm-promotion')] });
    const gate = { kind: 'gateClosed', gate: 'confirm-promotion', hook: 'gate', muteAlert: false } as const;
    const { status } = plan(answered(seen, gate));
    expect(status).toMatchObject({ phase: 'WaitingPromotion', iterations: 2, canaryWeight: 0 });
  });
});

describe('routes that differ from the status', () => {
  const at = (
    iterations: number,
    analysis: Partial<AnalysisSpec>,
    routes: Partial<RouteState>,
    overrides: Partial<Observation> = {},
  ) => anIteration(iterations, analysis, { routes: someRoutes(routes), ...overrides });

  it.each<[string, Observation, object]>([
    [
      'R15: blue/green routed everybody before the status was written',
      at(2, blueGreen, { canaryWeight: 100 }),
      { actions: [], status: { iterations: 3 } },
    ],
    [
      'R15: A/B routed its users before the status was written',
      at(0, abTesting, { canaryWeight: 100, everybody: false }),
      { actions: [], status: { iterations: 1 } },
    ],
    [
      'R15: a weight that somebody sets in an early iteration is taken back',
      at(1, blueGreen, { canaryWeight: 100 }),
      { actions: [{ kind: 'setRoutes', canaryWeight: 0 }], status: undefined },
    ],
    [
      'D4: an A/B test that gives everybody the canary is set right',
      at(1, abTesting, { canaryWeight: 100, everybody: true }),
      { actions: [{ kind: 'setRoutes', canaryWeight: 100, enabled: true }], status: undefined },
    ],
    [
      'R10: switched off with the status write missing, the iterations start again',
      at(3, blueGreen, { canaryWeight: 0, enabled: false }),
      { actions: [], status: { iterations: 0 } },
    ],
    [
      'R15: in Promoting the way back was ahead of the status',
      at(
        3,
        blueGreen,
        { canaryWeight: 0, enabled: false },
        {
          status: aStatus({ phase: 'Promoting', iterations: 3, lastAppliedSpec: 'B' }),
          primary: aPrimary({ revision: 'B' }),
        },
      ),
      { actions: [], status: { canaryWeight: 0, iterations: 0 } },
    ],
  ])('%s', (_case, seen, decision) => {
    expect(plan(seen)).toMatchObject(decision);
  });

  it('R8: a canary that takes everybody and loses its endpoints gives them back', () => {
    const seen = at(3, blueGreen, { canaryWeight: 100 }, { target: aServingTarget('B', { readyEndpoints: 0 }) });
    expect(plan(seen)).toMatchObject({
      actions: [{ kind: 'setRoutes', canaryWeight: 0, enabled: false }],
      status: { iterations: 0, failedChecks: 1 },
    });
  });

  it('R13: a failed promotion of an A/B test leaves everybody on the canary, not only those that match', () => {
    const seen = at(
      2,
      abTesting,
      { canaryWeight: 100, everybody: false },
      {
        status: aStatus({ phase: 'Promoting', iterations: 2, lastAppliedSpec: 'B' }),
        primary: aPrimary({ revision: 'B', readiness: { kind: 'failed', message: 'too late' } }),
      },
    );
    expect(plan(seen)).toMatchObject({
      actions: [{ kind: 'setRoutes', canaryWeight: 100, enabled: true, everybody: true }],
      status: { phase: 'Failed', canaryWeight: 100, iterations: 0 },
    });
  });

  it('R13: with provider kubernetes a failed promotion moves nothing, and the primary that recovers ends it', () => {
    const spec = aSpec({ provider: 'kubernetes', analysis: anAnalysis(blueGreen) });
    const broken = aPrimary({ revision: 'B', readiness: { kind: 'failed', message: 'too late' } });
    const promoting = aStatus({ phase: 'Promoting', iterations: 3, lastAppliedSpec: 'B' });
    const failed = plan(anIteration(3, {}, { spec, status: promoting, primary: broken }));
    expect(failed).toMatchObject({ actions: [], status: { phase: 'Failed', canaryWeight: 0, lastAppliedSpec: 'B' } });

    const recovered = anIteration(
      0,
      {},
      {
        spec,
        status: failed.status ?? promoting,
        primary: aPrimary({ revision: 'B' }),
      },
    );
    expect(plan(recovered)).toMatchObject({ actions: [], announcements: [], status: { phase: 'Finalising' } });
  });
});

describe('mirroring', () => {
  const entering = { canaryWeight: 0, enabled: true } as const;
  const at = (routes: Partial<RouteState>, overrides: Partial<Observation> = {}) =>
    anIteration(1, mirroredBlueGreen, { routes: someRoutes(routes), ...overrides });
  const gone = anIteration(1, mirroredBlueGreen, { target: aServingTarget('B', { readyEndpoints: 0 }) });
  const failing = answered(anIteration(1, { ...mirroredBlueGreen, threshold: 1 }), failedCheck);
  const off = { canaryWeight: 0, enabled: false, mirror: 'shadow' } as const;

  it.each<[string, Observation, readonly object[]]>([
    ['begins with the route for copies', at({ mirror: 'off' }), [{ ...entering, mirror: 'shadow' }]],
    ['waits until Skipper has it', at({ mirror: 'shadow', stableMs: 4_999 }), []],
    ['then copies', at({ mirror: 'shadow', stableMs: 5_000 }), [{ ...entering, mirror: 'on' }]],
    ['is mended as it is', at({ mirror: 'on', drifted: true }), [{ ...entering, mirror: 'on' }]],
    ['R8: ends when the canary loses its endpoints', gone, [off]],
    ['R9: ends with the verdict', failing, [{ ...off, verdict: { result: 'failed' } }]],
    ['R10: ends with a new revision', at({ mirror: 'on' }, { target: aServingTarget('C') }), [off]],
    [
      'ends when the Canary is deleted',
      at(
        { mirror: 'on' },
        {
          deleting: true,
          finalizer: true,
          status: aStatus({ phase: 'Terminating' }),
          target: aServingTarget('B'),
          apexReverted: true,
        },
      ),
      [off],
    ],
  ])('%s', (_case, seen, actions) => {
    const spec = { ...seen.spec, revertOnDeletion: seen.finalizer };
    expect(plan({ ...seen, spec }).actions).toMatchObject(actions);
  });

  it.each(['Promoting', 'Finalising', 'Succeeded', 'Failed'] as const)('is left behind in no phase: %s', (phase) => {
    const left = (routes: Partial<RouteState>) =>
      plan(
        anIteration(0, mirroredBlueGreen, {
          status: aStatus({ phase, lastAppliedSpec: 'B', lastPromotedSpec: 'B' }),
          primary: aPrimary({ revision: 'B' }),
          routes: someRoutes(routes),
        }),
      );
    expect(left({ mirror: 'on' }).actions).toMatchObject([{ kind: 'setRoutes', canaryWeight: 0, mirror: 'shadow' }]);
    expect(left({ mirror: 'shadow', stableMs: 0 })).toMatchObject({ actions: [], wakeAfterMs: 5_000 });
    const [last] = left({ mirror: 'shadow' }).actions;
    expect(last).toMatchObject({ kind: 'setRoutes', canaryWeight: 0 });
    expect(last).not.toHaveProperty('mirror');
  });

  it('R9: a rolled back canary keeps its pods until no copy can be under way', () => {
    const verdict = { revision: 'B', result: 'failed', reason: 'x' } as const;
    const status = aStatus({ phase: 'Progressing', lastAppliedSpec: 'B' });
    const settled = at({ enabled: false, mirror: 'shadow', verdict }, { status });
    expect(plan(settled)).toMatchObject({ actions: [{ kind: 'setRoutes', verdict }], status: undefined });
    const done = at({ enabled: false, mirror: 'off', verdict }, { status });
    expect(plan(done)).toMatchObject({ actions: [{ kind: 'scaleTargetDown' }], status: { phase: 'Failed' } });
  });
});

describe('session cookies', () => {
  const sessionAffinity = {
    cookieName: 'met',
    primaryCookieName: 'stays',
    maxAge: 60,
    httpOnly: false,
    secure: false,
    partitioned: false,
  };
  const spec = aSpec({ analysis: anAnalysis({ sessionAffinity }) });

  it("are new with every rollout, and the canary's is kept as the one before", () => {
    const target = aServingTarget('B');
    const status = aStatus({ previousSessionAffinityCookie: 'met=old' });
    const started = plan(anObservation({ spec, target, status })).status;
    expect(started?.sessionAffinityCookie).toMatch(/^met=[0-9a-f]{16}$/);
    expect(started?.primarySessionAffinityCookie).toMatch(/^stays=[0-9a-f]{16}$/);
    expect(started?.previousSessionAffinityCookie).toBe('met=old');

    const later = plan(anObservation({ spec, target, nowMs: startMs + 1, status })).status;
    expect(later?.sessionAffinityCookie).not.toBe(started?.sessionAffinityCookie);
  });

  it('end with the rollout', () => {
    const status = aStatus({
      phase: 'Finalising',
      lastAppliedSpec: 'B',
      sessionAffinityCookie: 'met=1',
      primarySessionAffinityCookie: 'stays=1',
    });
    const ended = plan(
      anObservation({ spec, status, target: aServingTarget('B'), primary: aPrimary({ revision: 'B' }) }),
    ).status;
    expect(ended).toMatchObject({ phase: 'Succeeded', previousSessionAffinityCookie: 'met=1' });
    expect(ended).not.toHaveProperty('sessionAffinityCookie');
    expect(ended).not.toHaveProperty('primarySessionAffinityCookie');
  });

  it('are made for a rollout that began without them', () => {
    expect(plan(anAnalysisAt(10, { spec })).status?.sessionAffinityCookie).toMatch(/^met=/);
  });
});
