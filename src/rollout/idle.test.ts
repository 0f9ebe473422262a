// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import {
  aHook,
  anAnalysis,
  answeredAsAsked,
  anObservation,
  aPrimary,
  aServingTarget,
  aSpec,
  aStatus,
  actionsOf,
  aTarget,
  eventsOf,
  someRoutes,
  startMs,
} from '../../test/support/rollout-observation.js';
import type { Observation } from './observation.js';
import type { Announcement } from './decision.js';
import { plan } from './plan.js';

const newRevision: Partial<Observation> = { target: aTarget({ revision: 'B' }) };
const gated = aSpec({
  analysis: anAnalysis({ webhooks: [aHook('confirm-rollout', 'gate'), aHook('rollback', 'undo')] }),
});
const closed = { kind: 'gateClosed', gate: 'confirm-rollout', hook: 'gate', muteAlert: false } as const;

describe('a Canary at rest', () => {
  it.each(['Initialized', 'Succeeded', 'Failed'] as const)(
    'S8, D46: does nothing in %s while nothing changes',
    (phase) => {
      const decision = plan(anObservation({ status: aStatus({ phase }) }));
      expect(decision).toMatchObject({
        actions: [],
        status: undefined,
        announcements: [],
        check: undefined,
        wakeAfterMs: undefined,
      });
    },
  );

  it.each<[string, Partial<Observation>, readonly string[]]>([
    [
      'a Service',
      {
        objects: {
          canaryService: 'drifted',
          primaryService: 'asWanted',
          apexService: 'drifted',
          primaryAutoscaler: 'notWanted',
        },
      },
      ['writeService', 'writeService'],
    ],
    ['the canary Ingress', { routes: someRoutes({ present: false }) }, ['setRoutes']],
    ['D9: annotations of the canary Ingress', { routes: someRoutes({ drifted: true }) }, ['setRoutes']],
    ['D27: damaged weights', { routes: someRoutes({ canaryWeight: undefined }) }, ['setRoutes']],
    ['R15: weights that somebody changed', { routes: someRoutes({ canaryWeight: 30 }) }, ['setRoutes']],
    ['R14: a missing primary, from the promoted revision', { primary: undefined }, ['rebuildPrimary']],
    [
      'the note of the revision on a primary of Flagger',
      { primary: aPrimary({ annotated: false }) },
      ['annotatePrimary'],
    ],
    [
      'R1: config copies that somebody edited',
      { primary: aPrimary({ copies: 'restorable' }) },
      ['restoreConfigCopies'],
    ],
  ])('repairs %s', (_name, overrides, actions) => {
    expect(actionsOf(anObservation(overrides))).toEqual(actions);
  });

  it('S3: leaves config copies alone of which nobody knows what they held', () => {
    expect(actionsOf(anObservation({ primary: aPrimary({ revision: undefined, copies: 'unknown' }) }))).toEqual([]);
  });

  it('R8: does not move traffic to a primary without endpoints', () => {
    expect(
      actionsOf(anObservation({ routes: someRoutes({ canaryWeight: 30 }), primary: aPrimary({ readyEndpoints: 0 }) })),
    ).toEqual([]);
  });

  it('R16: takes traffic from the routes of an earlier specification, waits, and removes them', () => {
    const stale = (state: 'active' | 'disabled', stableMs = 0): Observation =>
      anObservation({ routes: someRoutes({ stale: state, present: false, stableMs }) });
    expect(actionsOf(stale('active'))).toEqual(['disableStaleRoutes']);
    expect(plan(stale('disabled')).wakeAfterMs).toBe(5_000);
    expect(actionsOf(stale('disabled', 5_000))).toEqual(['deleteStaleRoutes']);
  });

  it('R16: begins anew when another target was named, which is on record before the sign of it goes', () => {
    const routes = someRoutes({ stale: 'disabled', retargeted: true });
    const seen = anObservation({ routes, primary: undefined });
    expect(plan(seen)).toMatchObject({ actions: [], status: { phase: 'Initializing' } });
    expect(actionsOf({ ...seen, status: aStatus({ phase: 'Initializing' }) })).toEqual(['createPrimary']);
  });

  it('R8, R16: keeps the former routes while their primary has no endpoints', () => {
    const routes = someRoutes({ stale: 'active', present: false, stalePrimaryServes: false });
    expect(actionsOf(anObservation({ routes }))).toEqual([]);
  });
});

describe('a new revision', () => {
  it('starts a rollout and counts as applied from then on (D23)', () => {
    const seen = anObservation(newRevision);
    expect(plan(seen).status).toMatchObject({
      phase: 'Progressing',
      lastAppliedSpec: 'B',
      lastPromotedSpec: 'A',
      canaryWeight: 0,
    });
    expect(eventsOf(seen)).toEqual(['New revision detected! Scaling up podinfo.test']);
  });

  it('leaves behind what was measured of the one before', () => {
    const check = { metric: 'm', value: 1, bound: 'any', query: 'q', source: 's', time: 't' };
    const before = aStatus({ lastChecks: [check] });
    expect(plan(anObservation({ ...newRevision, status: before })).status?.lastChecks).toEqual([]);
    expect(plan(anObservation(newRevision)).status).not.toHaveProperty('lastChecks');
  });

  it.each<[string, Partial<Observation>]>([
    [
      'D25: that was promoted already',
      { status: aStatus({ lastAppliedSpec: 'B' }), target: aTarget({ revision: 'A' }) },
    ],
    [
      'that failed and was applied again',
      { status: aStatus({ phase: 'Failed', lastAppliedSpec: 'B' }), ...newRevision },
    ],
  ])('is none: one %s', (_name, overrides) => {
    expect(plan(anObservation(overrides)).status?.phase).not.toBe('Progressing');
  });

  it('that failed starts again after a return to the promoted one', () => {
    const failed = aStatus({ phase: 'Failed', lastAppliedSpec: 'B' });
    const back = plan(anObservation({ status: failed, target: aTarget({ revision: 'A' }) })).status;
    expect(back).toMatchObject({ phase: 'Failed', lastAppliedSpec: 'A' });
    expect(plan(anObservation({ ...newRevision, status: back ?? failed })).status?.phase).toBe('Progressing');
  });

  it('D2b: waits for a stuck primary and is not used up', () => {
    const seen = anObservation({
      ...newRevision,
      primary: aPrimary({ readiness: { kind: 'failed', message: 'late' } }),
    });
    expect(plan(seen).status).toBeUndefined();
    expect(eventsOf(seen)).toEqual(['podinfo-primary.test not ready: late']);
  });

  it('R9: clears the verdict of an earlier try of the same revision', () => {
    const verdict = { revision: 'B', result: 'failed', reason: 'x' } as const;
    const seen = anObservation({ ...newRevision, routes: someRoutes({ verdict, enabled: false }) });
    expect(plan(seen).actions).toEqual([{ kind: 'setRoutes', canaryWeight: 0, enabled: false }]);
  });

  it('waits for its gates in Waiting, says so once, and asks again after an interval', () => {
    const asked = anObservation({ ...newRevision, spec: gated });
    expect(plan(asked).check).toMatchObject({ parts: ['confirm-rollout'], revision: 'B', phase: 'Succeeded' });
    const refused = answeredAsAsked(asked, closed);
    expect(plan(refused).status?.phase).toBe('Waiting');
    expect(eventsOf(refused)).toEqual(['Halt podinfo.test advancement waiting for approval gate']);

    const waiting: Observation = {
      ...asked,
      status: aStatus({ phase: 'Waiting', lastTransitionTime: new Date(startMs).toISOString() }),
    };
    expect(plan(waiting)).toMatchObject({ check: undefined, wakeAfterMs: 10_000 });
    const later = { ...waiting, nowMs: startMs + 10_000 };
    // D26: rollback hooks are asked while a revision waits.
    expect(plan(later).check?.parts).toEqual(['rollback', 'confirm-rollout']);
    expect(eventsOf(answeredAsAsked(later, closed))).toEqual([]);
    expect(plan(answeredAsAsked(later, { kind: 'passed' })).status?.phase).toBe('Progressing');
  });

  it('says in Waiting what the check says, such as that its gate cannot be called any more', () => {
    const asked = anObservation({ ...newRevision, spec: gated, status: aStatus({ phase: 'Waiting' }) });
    const seen = answeredAsAsked(asked, closed);
    const said: Announcement = {
      kind: 'event',
      type: 'Warning',
      level: 'error',
      message: 'Webhook gate cannot be called',
    };
    const check = seen.check.kind === 'done' ? { ...seen.check, announcements: [said] } : seen.check;
    expect(plan({ ...seen, check }).announcements).toEqual([said]);
  });

  it('D26: that is called back while it waits counts as tried', () => {
    const webhooks = [...gated.analysis.webhooks, aHook('post-rollout', 'told')];
    const spec = aSpec({ analysis: anAnalysis({ webhooks }) });
    const waiting = anObservation({ ...newRevision, spec, status: aStatus({ phase: 'Waiting' }) });
    expect(plan(answeredAsAsked(waiting, { kind: 'rollback', hook: 'undo' }))).toMatchObject({
      status: { phase: 'Failed', lastAppliedSpec: 'B' },
      afterwards: { parts: ['post-rollout'], phase: 'Failed', revision: 'B' },
    });
  });

  it('leaves Waiting when it is taken back', () => {
    expect(plan(anObservation({ spec: gated, status: aStatus({ phase: 'Waiting' }) })).status?.phase).toBe('Succeeded');
  });
});

describe('R13: a failed promotion', () => {
  const failed = (overrides: Partial<Observation> = {}): Observation =>
    anObservation({
      status: aStatus({ phase: 'Failed', canaryWeight: 100, lastAppliedSpec: 'B' }),
      target: aServingTarget('B'),
      primary: aPrimary({ revision: 'B', readiness: { kind: 'failed', message: 'late' }, readyEndpoints: 0 }),
      routes: someRoutes({ canaryWeight: 100 }),
      ...overrides,
    });

  it('leaves all traffic on the canary', () => {
    expect(actionsOf(failed())).toEqual([]);
  });

  it('R13a: is completed when the primary becomes ready', () => {
    const seen = failed({ primary: aPrimary({ revision: 'B' }) });
    expect(plan(seen).status).toMatchObject({ phase: 'Finalising', canaryWeight: 0 });
    expect(plan(seen).actions).toMatchObject([{ kind: 'setRoutes', canaryWeight: 0 }]);
  });

  it('R13b, D2: gives the traffic to a primary with endpoints at once when a new revision comes', () => {
    const primary = aPrimary({ revision: 'B', readiness: { kind: 'failed', message: 'late' }, readyEndpoints: 1 });
    const seen = failed({ target: aServingTarget('C'), primary });
    expect(plan(seen).actions).toMatchObject([{ kind: 'setRoutes', canaryWeight: 0 }]);
    // A gate that is closed does not cost it the traffic.
    const waiting = failed({
      status: aStatus({ phase: 'Waiting', canaryWeight: 100, lastAppliedSpec: 'B' }),
      target: aServingTarget('C'),
    });
    expect(plan(waiting)).toMatchObject({ status: { phase: 'Progressing', canaryWeight: 100 } });
    // And starts its rollout although that primary is stuck.
    const next = failed({
      target: aServingTarget('C'),
      primary,
      status: aStatus({ phase: 'Failed', lastAppliedSpec: 'B' }),
      routes: someRoutes(),
    });
    expect(plan(next).status).toMatchObject({ phase: 'Progressing', lastAppliedSpec: 'C' });
  });

  it('R13c: keeps the traffic on the target when a new revision comes and the primary has no endpoints', () => {
    const decision = plan(failed({ target: aServingTarget('C') }));
    expect(decision.actions).toEqual([]);
    expect(decision.status).toMatchObject({ phase: 'Progressing', lastAppliedSpec: 'C', canaryWeight: 100 });
  });
});
