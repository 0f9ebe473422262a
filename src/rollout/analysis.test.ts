// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import {
  aHook,
  anAnalysis,
  anAnalysisAt,
  answered,
  answeredAsAsked,
  aPrimary,
  aServingTarget,
  aSpec,
  aStatus,
  actionsOf,
  aTarget,
  eventsOf,
  failedCheck,
  someRoutes,
  startMs,
} from '../../test/support/rollout-observation.js';
import type { Observation } from './observation.js';
import { plan } from './plan.js';

const passed = { kind: 'passed' } as const;
const noEndpoints = aServingTarget('B', { readyEndpoints: 0 });

function weightAfter(seen: Observation): number | undefined {
  return plan(seen).status?.canaryWeight;
}

describe('the ramp', () => {
  it.each([
    [10, 20],
    [40, 50],
  ])('S4: goes from %d %% to %d %% after a passed check, in one write of weights', (weight, next) => {
    const seen = answered(anAnalysisAt(weight), passed);
    expect(weightAfter(seen)).toBe(next);
    expect(plan(seen).actions).toEqual([{ kind: 'setRoutes', canaryWeight: next, enabled: true }]);
    expect(eventsOf(seen)).toEqual([`Advance podinfo.test canary weight ${next}`]);
  });

  it('starts at weight 0 without a check when there are no hooks for it', () => {
    const seen = anAnalysisAt(0);
    expect(eventsOf(seen)).toEqual([
      'Starting canary analysis for podinfo.test',
      'Advance podinfo.test canary weight 10',
    ]);
  });

  it('asks pre-rollout hooks at weight 0, at once', () => {
    const spec = aSpec({
      analysis: anAnalysis({ webhooks: [aHook('pre-rollout'), aHook('rollback'), aHook('confirm-traffic-increase')] }),
    });
    const seen = anAnalysisAt(0, { spec });
    expect(plan(seen).check?.parts).toEqual(['rollback', 'pre-rollout', 'confirm-traffic-increase']);
    expect(weightAfter(answered(seen, passed))).toBe(10);
  });

  it.each([
    ['S4: a failed check', answered(anAnalysisAt(20), failedCheck), 20],
    ['design rule 8: a check without data', answered(anAnalysisAt(20), { kind: 'tooEarly' }), undefined],
  ])('does not grow after %s', (_name, seen, weight) => {
    expect(weightAfter(seen)).toBe(weight);
    expect(actionsOf(seen)).toEqual([]);
  });

  it('keeps on the object what was measured', () => {
    const measured = [
      {
        metric: 'request-success-rate',
        value: 50,
        bound: '>= 99',
        query: 'q',
        source: 'prometheus',
        time: '2026-01-01T00:00:00Z',
      },
    ];
    const seen = answered(anAnalysisAt(20), failedCheck);
    const check = { ...seen.check, measured } as Observation['check'];
    expect(plan({ ...seen, check }).status?.lastChecks).toEqual(measured);
  });

  it('R5: ignores the result of another check', () => {
    const stale = {
      ...answered(anAnalysisAt(10), passed).check,
      subject: 'uid-1/A/Progressing/10/0/0',
    } as Observation['check'];
    expect(actionsOf(anAnalysisAt(10, { check: stale }))).toEqual([]);
  });

  it('does not act on a result that had to wait for longer than an interval', () => {
    const seen = answered(anAnalysisAt(10), passed);
    expect(plan({ ...seen, nowMs: startMs + 10_001 }).check?.attempt).toBe(1);
  });

  it('holds at a closed traffic gate, says so once, and asks again after an interval (D43)', () => {
    const spec = aSpec({ analysis: anAnalysis({ webhooks: [aHook('confirm-traffic-increase', 'gate')] }) });
    const outcome = { kind: 'gateClosed', gate: 'confirm-traffic-increase', hook: 'gate', muteAlert: false } as const;
    const seen = anAnalysisAt(10, { spec });
    const first = answered(seen, outcome);
    expect(eventsOf(first)).toEqual(['Halt podinfo.test advancement waiting for traffic increase approval gate']);
    expect(plan(first).status).toBeUndefined();
    expect(eventsOf(answered(seen, outcome, 1))).toEqual([]);
    const used = { ...first, check: { ...first.check, fresh: false } } as Observation;
    expect(plan(used)).toMatchObject({ wakeAfterMs: 10_000 });
    expect(plan({ ...used, nowMs: startMs + 10_000 }).check?.attempt).toBe(1);
  });

  it('D51: waits for the promotion gate with its real weight', () => {
    const spec = aSpec({ analysis: anAnalysis({ webhooks: [aHook('confirm-promotion', 'gate')] }) });
    const seen = answered(anAnalysisAt(50, { spec }), {
      kind: 'gateClosed',
      gate: 'confirm-promotion',
      hook: 'gate',
      muteAlert: true,
    });
    expect(plan(seen).status).toMatchObject({ phase: 'WaitingPromotion', canaryWeight: 50, iterations: 0 });
    expect(plan(seen).announcements).toHaveLength(1);
  });

  it('keeps checking while it waits for promotion', () => {
    const spec = aSpec({ analysis: anAnalysis({ webhooks: [aHook('confirm-promotion', 'gate')] }) });
    const seen = anAnalysisAt(50, {
      spec,
      status: aStatus({ phase: 'WaitingPromotion', canaryWeight: 50, lastAppliedSpec: 'B' }),
    });
    expect(plan(seen).check?.parts).toEqual(['metrics', 'confirm-promotion']);
    expect(plan(answeredAsAsked(seen, failedCheck)).status?.failedChecks).toBe(1);
    expect(plan(answeredAsAsked(seen, passed)).status?.phase).toBe('Promoting');
  });
});

describe('R6: the pace', () => {
  const justChanged = (changedAtMs: number, lastTransitionTime: string, stableMs: number): Observation =>
    anAnalysisAt(10, {
      status: aStatus({ phase: 'Progressing', canaryWeight: 10, lastAppliedSpec: 'B', lastTransitionTime }),
      routes: someRoutes({ canaryWeight: 10, changedAtMs, stableMs }),
    });

  it.each([
    ['one interval after the shift of routes', startMs - 4_000, startMs - 60_000, 60_000, 6_000],
    ['one interval after the last recorded check', startMs - 60_000, startMs - 1_000, 60_000, 9_000],
    ['not before the routes have settled, whatever the interval', startMs - 60_000, startMs - 60_000, 2_000, 3_000],
  ])('a check is due %s', (...[, changedAtMs, recordedMs, stableMs, waitMs]) => {
    const seen = justChanged(changedAtMs, new Date(recordedMs).toISOString(), stableMs);
    expect(plan(seen)).toMatchObject({ check: undefined, wakeAfterMs: waitMs });
  });

  it('R10: a restarted ramp waits for the routes to settle', () => {
    expect(plan(anAnalysisAt(0, { routes: someRoutes({ stableMs: 1_000 }) }))).toMatchObject({
      actions: [],
      wakeAfterMs: 4_000,
    });
  });
});

describe('rollback', () => {
  const lastChance = (weight = 20): Observation => {
    const seen = anAnalysisAt(weight);
    return { ...seen, status: { ...seen.status, failedChecks: 2 } };
  };

  it('R9: takes all traffic away in the write that records the verdict', () => {
    const seen = answered(lastChance(), failedCheck);
    expect(plan(seen).actions).toEqual([
      {
        kind: 'setRoutes',
        canaryWeight: 0,
        enabled: false,
        verdict: { revision: 'B', result: 'failed', reason: 'failed checks threshold reached 3' },
      },
    ]);
    expect(plan(seen).status).toMatchObject({ phase: 'Progressing', canaryWeight: 0, failedChecks: 3 });
    expect(eventsOf(seen).at(-1)).toBe('Rolling back podinfo.test failed checks threshold reached 3');
  });

  const verdict = { revision: 'B', result: 'failed', reason: 'x' } as const;
  const rolledBack = (stableMs: number, overrides: Partial<Observation> = {}): Observation =>
    anAnalysisAt(0, { routes: someRoutes({ enabled: false, verdict, stableMs }), ...overrides });

  it('D7: keeps the pods until the routes have settled, then scales down, then is Failed', () => {
    expect(plan(rolledBack(1_000))).toMatchObject({ actions: [], status: undefined, wakeAfterMs: 4_000 });
    const settled = rolledBack(5_000);
    expect(actionsOf(settled)).toEqual(['scaleTargetDown']);
    expect(plan(settled).status).toMatchObject({ phase: 'Failed', canaryWeight: 0, failedChecks: 0 });
    expect(eventsOf(settled)).toEqual(['Canary failed! Scaling down podinfo.test']);
  });

  it('S5, R9: a weight that somebody raises after the verdict falls again', () => {
    const seen = rolledBack(5_000, { routes: someRoutes({ canaryWeight: 30, verdict }) });
    expect(plan(seen).actions).toMatchObject([{ kind: 'setRoutes', canaryWeight: 0, verdict }]);
  });

  it('R9: tells of a verdict that was routed before the process died', () => {
    const seen = rolledBack(5_000, {
      status: aStatus({ phase: 'Progressing', canaryWeight: 20, lastAppliedSpec: 'B' }),
    });
    expect(eventsOf(seen)).toEqual(['Rolling back podinfo.test x']);
    expect(plan(seen).status).toMatchObject({ phase: 'Progressing', canaryWeight: 0 });
  });

  it('R12: keeps the pods of a target that already carries a further revision', () => {
    expect(actionsOf(rolledBack(5_000, { target: aServingTarget('C') }))).toEqual([]);
    expect(plan(rolledBack(5_000, { target: aServingTarget('C') })).status?.phase).toBe('Failed');
  });

  it('D16: says when the progress deadline was exceeded, with an alert', () => {
    const seen = anAnalysisAt(10, { target: aServingTarget('B', { readiness: { kind: 'failed', message: 'late' } }) });
    expect(eventsOf(seen)).toEqual(['Rolling back podinfo.test progress deadline exceeded late']);
    expect(plan(seen).announcements).toContainEqual({
      kind: 'alert',
      severity: 'error',
      message: 'Progress deadline exceeded late',
      withMetadata: false,
    });
  });

  it('follows a rollback hook', () => {
    const spec = aSpec({ analysis: anAnalysis({ webhooks: [aHook('rollback', 'undo')] }) });
    const seen = answered(anAnalysisAt(10, { spec }), { kind: 'rollback', hook: 'undo' });
    expect(eventsOf(seen)).toEqual(['Rollback check undo passed', 'Rolling back podinfo.test manual webhook invoked']);
    expect(actionsOf(seen)).toEqual(['setRoutes']);
  });

  it('R8: does not roll back to a primary without endpoints', () => {
    const seen = { ...lastChance(), primary: aPrimary({ readyEndpoints: 0 }) };
    expect(actionsOf(seen)).toEqual([]);
    expect(weightAfter(seen)).toBeUndefined();
  });

  it("R13c, R19: is judged from its own pods' first request on where it took all traffic over from the revision before", () => {
    const readyAtMs = startMs - 4_000;
    const seen = (primary: Observation['primary'], templateChangedAtMs?: number): Observation =>
      anAnalysisAt(100, {
        primary,
        target: aServingTarget('C', { templateChangedAtMs }),
        status: aStatus({ phase: 'Progressing', canaryWeight: 100, lastAppliedSpec: 'C' }),
      });
    const alone = seen(aPrimary({ readyEndpoints: 0 }), readyAtMs);
    // The pods of before answered until 4 s ago: a whole interval of its own comes first.
    expect(plan(alone)).toMatchObject({ check: undefined, wakeAfterMs: 6_000 });
    expect(plan({ ...alone, nowMs: startMs + 6_000 }).check).toMatchObject({ weightedSinceMs: readyAtMs });
    expect(plan(seen(aPrimary(), readyAtMs)).check).toMatchObject({ weightedSinceMs: startMs - 60_000 });
    expect(plan(seen(aPrimary({ readyEndpoints: 0 }))).check).toMatchObject({ weightedSinceMs: startMs - 60_000 });
  });

  it('R13c: a failed verdict without a healthy primary moves nothing and says so', () => {
    const seen = answered({ ...lastChance(100), primary: aPrimary({ revision: 'A', readyEndpoints: 0 }) }, failedCheck);
    expect(actionsOf(seen)).toEqual([]);
    expect(plan(seen).status).toMatchObject({ phase: 'Failed', canaryWeight: 100 });
    expect(eventsOf(seen).at(-1)).toMatch(/podinfo-primary.test is not healthy, so all traffic stays on podinfo.test/);
  });
});

describe('in mid-rollout', () => {
  it('R10: a new revision takes the routes back and starts the ramp again', () => {
    const seen = anAnalysisAt(30, { target: aServingTarget('C') });
    expect(plan(seen).actions).toEqual([{ kind: 'setRoutes', canaryWeight: 0, enabled: false }]);
    expect(plan(seen).status).toMatchObject({ phase: 'Progressing', canaryWeight: 0, lastAppliedSpec: 'C' });
    expect(eventsOf(seen)).toEqual(['New revision detected! Restarting analysis for podinfo.test']);
  });

  it('D25: a return to the promoted revision cancels the analysis', () => {
    const seen = anAnalysisAt(30, { target: aServingTarget('A') });
    expect(plan(seen).actions).toMatchObject([
      { kind: 'setRoutes', canaryWeight: 0, verdict: { result: 'cancelled', revision: 'B' } },
    ]);
    const verdict = { revision: 'B', result: 'cancelled', reason: 'x' } as const;
    const settled = anAnalysisAt(0, { target: aServingTarget('A'), routes: someRoutes({ enabled: false, verdict }) });
    expect(actionsOf(settled)).toEqual(['scaleTargetDown']);
    expect(plan(settled).status).toMatchObject({ phase: 'Succeeded', lastAppliedSpec: 'A', lastPromotedSpec: 'A' });
  });

  it('R1: an unreadable config does not restart the analysis', () => {
    const target = aServingTarget('B', { revision: undefined, configProblem: 'gone' });
    expect(plan(anAnalysisAt(30, { target })).status).toBeUndefined();
  });

  it('R2: a primary that already carries the running revision is being promoted', () => {
    expect(plan(anAnalysisAt(50, { primary: aPrimary({ revision: 'B' }) })).status?.phase).toBe('Promoting');
  });

  it('R8: a canary without endpoints loses its traffic at once and fails a check', () => {
    const seen = anAnalysisAt(50, { target: noEndpoints });
    expect(plan(seen).actions).toEqual([{ kind: 'setRoutes', canaryWeight: 0, enabled: false }]);
    expect(plan(seen).status).toMatchObject({ phase: 'Progressing', canaryWeight: 0, failedChecks: 1 });
  });

  it('R8: a deleted target loses its traffic at once', () => {
    expect(actionsOf(anAnalysisAt(50, { target: undefined }))).toEqual(['setRoutes']);
    const gone = anAnalysisAt(0, { target: undefined });
    expect(eventsOf(gone)).toEqual(['deployment podinfo.test get query error: deployments.apps "podinfo" not found']);
  });

  it('R8: a primary without endpoints stops the ramp, and nothing else', () => {
    const seen = answered(anAnalysisAt(50, { primary: aPrimary({ readyEndpoints: 0 }) }), failedCheck);
    expect(plan(seen)).toMatchObject({ actions: [], status: undefined });
  });

  it('R8: an unreadable config does not let the ramp start towards pods that are not ready', () => {
    const readiness = { kind: 'waiting', cause: 'updating', message: 'x' } as const;
    const target = aServingTarget('B', { revision: undefined, configProblem: 'gone', readiness, readyEndpoints: 0 });
    expect(actionsOf(anAnalysisAt(0, { target }))).toEqual([]);
  });

  it('makes a primary Service again that somebody deleted, before anything waits for its endpoints', () => {
    const objects = {
      canaryService: 'asWanted',
      primaryService: 'missing',
      apexService: 'asWanted',
      primaryAutoscaler: 'notWanted',
    } as const;
    const seen = anAnalysisAt(20, { objects, primary: aPrimary({ readyEndpoints: 0 }), target: aServingTarget('A') });
    expect(plan(seen).actions).toEqual([{ kind: 'writeService', role: 'primary' }]);
  });

  it('R13: takes up the promotion again when the target returns to a revision that passed', () => {
    const primary = aPrimary({ revision: 'C' });
    const seen = anAnalysisAt(0, { primary, target: aServingTarget('C') });
    expect(plan(seen).status).toMatchObject({ phase: 'Promoting', lastAppliedSpec: 'C' });
  });

  it('asks anew when the Canary demands something else than when the check was begun', () => {
    const seen = answered(anAnalysisAt(10), passed);
    const stricter = aSpec({ analysis: anAnalysis({ metrics: [] }) });
    expect(actionsOf({ ...seen, spec: aSpec({ analysis: anAnalysis({ webhooks: [aHook('rollout')] }) }) })).toEqual([]);
    expect(plan({ ...seen, spec: stricter }).check).toBeUndefined();
  });

  it('R14: a deleted primary is rebuilt from the promoted revision', () => {
    expect(plan(anAnalysisAt(30, { primary: undefined })).actions).toEqual([{ kind: 'rebuildPrimary', revision: 'A' }]);
  });

  it.each<[string, number, number, Observation['routes'], readonly string[]]>([
    ['D47: adopts its next step', 20, 30, someRoutes({ canaryWeight: 30 }), []],
    ['rewrites any other weight', 20, 20, someRoutes({ canaryWeight: 35 }), ['setRoutes']],
    [
      'rewrites a weight of 0 that it did not write',
      20,
      20,
      someRoutes({ canaryWeight: 0, enabled: true }),
      ['setRoutes'],
    ],
    ['D27: rewrites damaged weights', 20, 20, someRoutes({ canaryWeight: undefined }), ['setRoutes']],
    ['starts the ramp again without an Ingress', 20, 0, someRoutes({ present: false }), ['setRoutes']],
    ['starts the ramp again after its own unrecorded switch-off', 20, 0, someRoutes({ enabled: false }), []],
  ])('R15: %s', (...[, weight, expected, routes, actions]) => {
    const seen = anAnalysisAt(weight, { routes });
    expect(actionsOf(seen)).toEqual(actions);
    expect(weightAfter(seen) ?? weight).toBe(expected);
  });

  it('D8, D9: an edit of the apex Ingress keeps the live weights', () => {
    const seen = anAnalysisAt(30, { routes: someRoutes({ canaryWeight: 30, drifted: true }) });
    expect(plan(seen).actions).toEqual([{ kind: 'setRoutes', canaryWeight: 30, enabled: true }]);
    expect(plan(seen).status).toBeUndefined();
  });

  it('R16: an edited Canary gives all traffic to the primary first, then starts again', () => {
    const seen = anAnalysisAt(50, { routes: someRoutes({ present: false, stale: 'active' }) });
    expect(actionsOf(seen)).toEqual(['disableStaleRoutes']);
    expect(plan(seen).status).toMatchObject({ canaryWeight: 0, failedChecks: 0 });
  });

  it('D12: a target without replicas is not ready, and is scaled up', () => {
    const target = aTarget({ revision: 'B' });
    expect(actionsOf(anAnalysisAt(0, { target }))).toEqual(['scaleTargetUp']);
  });

  it('R21: a stale generation is silent', () => {
    const readiness = { kind: 'waiting', cause: 'stale-generation', message: 'x' } as const;
    expect(eventsOf(anAnalysisAt(10, { target: aServingTarget('B', { readiness }) }))).toEqual([]);
  });

  it('holds at something that stands in the way, without losing its weight', () => {
    expect(plan(anAnalysisAt(30, { obstacles: ['apexIngress gone'] }))).toMatchObject({
      actions: [],
      status: undefined,
    });
  });

  it('suspended: touches nothing and says so', () => {
    const seen = anAnalysisAt(30, { spec: aSpec({ suspend: true }) });
    expect(plan(seen)).toMatchObject({ actions: [], status: undefined, check: undefined });
    expect(eventsOf(seen)).toEqual(['skipping canary run as object is suspended']);
  });

  it('skipAnalysis: goes to promotion without a check', () => {
    expect(plan(anAnalysisAt(0, { spec: aSpec({ skipAnalysis: true }) }))).toMatchObject({
      check: undefined,
      status: { phase: 'Promoting', canaryWeight: 0 },
    });
  });
});
