// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import {
  anObservation,
  aPrimary,
  aServingTarget,
  aSpec,
  aStatus,
  aTarget,
  someRoutes,
} from '../../test/support/rollout-observation.js';
import type { TargetKind } from '../api/rollout-spec.js';
import type { Observation, TargetState } from './observation.js';
import { plan } from './plan.js';

function specOf(kind: TargetKind): Observation['spec'] {
  return aSpec({ target: { apiVersion: 'apps/v1', kind, name: 'podinfo' } });
}

/** A failed check too many, seen after it. */
function rolledBack(kind: TargetKind): Observation {
  return anObservation({
    spec: specOf(kind),
    status: aStatus({ phase: 'Progressing', canaryWeight: 20, failedChecks: 3, lastAppliedSpec: 'B' }),
    target: aServingTarget('B'),
    routes: someRoutes({ canaryWeight: 20, enabled: true }),
  });
}

describe('the routes of a Service target', () => {
  it.each<[TargetKind, boolean]>([
    ['Deployment', false],
    ['Service', true],
  ])('%s: stay switched on at a rollback: %s, since the apex may lead to what has failed', (kind, enabled) => {
    const { actions } = plan(rolledBack(kind));
    expect(actions).toEqual([expect.objectContaining({ kind: 'setRoutes', canaryWeight: 0, enabled })]);
  });

  it('are switched off when the Canary is deleted: the apex is what stays', () => {
    const seen = rolledBack('Service');
    const spec = { ...seen.spec, revertOnDeletion: true };
    const deleting = { ...seen, spec, deleting: true, finalizer: true, apexReverted: true };
    const { actions } = plan({ ...deleting, status: aStatus({ phase: 'Terminating' }) });
    expect(actions).toEqual([expect.objectContaining({ kind: 'setRoutes', enabled: false })]);
  });
});

describe('the canary Service of a Service target', () => {
  const drifted = {
    canaryService: 'drifted',
    primaryService: 'notWanted',
    apexService: 'notWanted',
    primaryAutoscaler: 'notWanted',
  } as const;
  const following = (overrides: Partial<Observation>): Observation =>
    anObservation({
      spec: specOf('Service'),
      status: aStatus({ phase: 'Progressing', lastAppliedSpec: 'B' }),
      target: aServingTarget('B'),
      objects: drifted,
      routes: someRoutes({ enabled: true }),
      ...overrides,
    });
  const written = (overrides: Partial<Observation>): boolean =>
    plan(following(overrides)).actions.some(({ kind }) => kind === 'writeService');

  it.each<[string, Partial<Observation>, boolean]>([
    ['follows when nobody has been led there for the settle time', {}, true],
    ['S4: waits while users may still be', { routes: someRoutes({ enabled: true, stableMs: 4_999 }) }, false],
    [
      'S4: waits for routes that were not all switched',
      { routes: someRoutes({ enabled: true, drifted: true }) },
      false,
    ],
    [
      'is put back at once when somebody else changed it',
      {
        status: aStatus({ phase: 'Progressing', lastAppliedSpec: 'B', canaryWeight: 20 }),
        routes: someRoutes({ enabled: true, canaryWeight: 20 }),
      },
      true,
    ],
    ['follows when it alone has pods', { primary: aPrimary({ readyEndpoints: 0 }) }, true],
    ['follows at rest', { status: aStatus({ phase: 'Succeeded', lastAppliedSpec: 'A' }) }, true],
    [
      'S4: waits at rest',
      {
        status: aStatus({ phase: 'Succeeded', lastAppliedSpec: 'A' }),
        routes: someRoutes({ enabled: true, stableMs: 4_999 }),
      },
      false,
    ],
  ])('%s', (_name, overrides, expected) => {
    expect(written(overrides)).toBe(expected);
  });

  it('is looked at again when the routes have settled', () => {
    const decision = plan(following({ routes: someRoutes({ enabled: true, stableMs: 4_000 }) }));
    expect(decision.wakeAfterMs).toBe(1_000);
  });

  it('follows when the Canary is deleted, after the users have gone to the primary', () => {
    const spec = { ...specOf('Service'), revertOnDeletion: true };
    const deleting = {
      spec,
      deleting: true,
      finalizer: true,
      apexReverted: true,
      status: aStatus({ phase: 'Terminating' }),
      target: { ...aServingTarget('C'), readyEndpoints: 0 },
    };
    const routed = plan(following({ ...deleting, routes: someRoutes({ enabled: true, canaryWeight: 20 }) }));
    expect(routed.actions).toEqual([expect.objectContaining({ kind: 'setRoutes', canaryWeight: 0, enabled: true })]);
    expect(written({ ...deleting, routes: someRoutes({ enabled: true, stableMs: 4_999 }) })).toBe(false);
    expect(written({ ...deleting, routes: someRoutes({ enabled: true }) })).toBe(true);
  });
});

describe('R16: former routes whose primary cannot serve', () => {
  it.each<[string, Partial<Observation>, string]>([
    ['its Service is made again', {}, 'writeService'],
    ['it is rebuilt', { primary: undefined }, 'rebuildPrimary'],
  ])('%s, or they would wait without end', (_name, overrides, action) => {
    const missing = { canaryService: 'asWanted', primaryService: 'missing', apexService: 'asWanted' } as const;
    const seen = anObservation({
      spec: specOf('Deployment'),
      status: aStatus({ phase: 'Progressing', lastAppliedSpec: 'B', canaryWeight: 20 }),
      target: aServingTarget('B'),
      objects: { ...missing, primaryAutoscaler: 'notWanted' },
      routes: someRoutes({ stale: 'active', stalePrimaryServes: false }),
      ...overrides,
    });
    expect(plan(seen).actions.map(({ kind }) => kind)).toEqual([action]);
  });
});

describe('what is said of a DaemonSet that is not ready', () => {
  const readiness = { kind: 'waiting', cause: 'updating', message: 'because' } as const;
  const said = (overrides: Partial<Observation>): readonly string[] =>
    plan(
      anObservation({
        spec: specOf('DaemonSet'),
        status: aStatus({ phase: 'Progressing', lastAppliedSpec: 'B' }),
        target: aServingTarget('B'),
        ...overrides,
      }),
    ).announcements.map(({ message }) => message);

  it('is what users know', () => {
    expect(said({ primary: aPrimary({ readiness }) })).toEqual([
      'primary daemonset podinfo-primary.test not ready: because',
    ]);
    expect(said({ target: { ...aServingTarget('B'), readiness } })).toEqual([
      'canary damonset podinfo.test not ready with retryable true: because',
    ]);
  });

  it('R21: is nothing for what lasts a moment', () => {
    for (const cause of ['stale-generation', 'stale-endpoints']) {
      expect(said({ primary: aPrimary({ readiness: { ...readiness, cause } }) })).toEqual([]);
    }
  });
});

describe('an autoscaler that has to be paused (D32)', () => {
  const scaled = (state: Partial<TargetState>): TargetState => aTarget({ revision: 'B', ...state });

  it.each<[TargetState['scaler'], number, readonly string[]]>([
    ['running', 0, ['scaleTargetDown']],
    ['paused', 2, ['scaleTargetDown']],
    ['paused', 0, []],
    ['none', 0, []],
  ])('%s with %i replicas at the end of a rollout: %j', (scaler, replicas, kinds) => {
    const { actions } = plan(
      anObservation({
        status: aStatus({ phase: 'Finalising', lastAppliedSpec: 'B' }),
        primary: aPrimary({ revision: 'B' }),
        target: scaled({ scaler, replicas }),
        routes: someRoutes({ stableMs: 60_000 }),
      }),
    );
    expect(actions.map(({ kind }) => kind)).toEqual(kinds);
  });

  it('is let loose when a rollout needs its pods', () => {
    const { actions } = plan(
      anObservation({
        status: aStatus({ phase: 'Progressing', lastAppliedSpec: 'B' }),
        target: scaled({ scaler: 'paused', replicas: 2 }),
      }),
    );
    expect(actions).toEqual([{ kind: 'scaleTargetUp' }]);
  });

  it('is let loose when the Canary is deleted', () => {
    const { actions } = plan(
      anObservation({
        spec: { ...anObservation().spec, revertOnDeletion: true },
        deleting: true,
        finalizer: true,
        status: aStatus({ phase: 'Terminating' }),
        target: scaled({ scaler: 'paused', replicas: 2 }),
      }),
    );
    expect(actions).toEqual([{ kind: 'restoreTarget' }]);
  });
});
