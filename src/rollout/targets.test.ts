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
