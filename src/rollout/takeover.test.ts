// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import {
  anObservation,
  aPrimary,
  aServingTarget,
  aStatus,
  aTarget,
  someRoutes,
  startMs,
} from '../../test/support/rollout-observation.js';
import type { Observation } from './observation.js';
import { plan } from './plan.js';

/** What Flagger left: hashes of its own in the status, no note on the primary. */
function left(status: Parameters<typeof aStatus>[0], overrides: Partial<Observation> = {}): Observation {
  return anObservation({
    foreignStatus: true,
    status: aStatus({ lastAppliedSpec: '84556c57cc', lastPromotedSpec: '67ddc594bc', ...status }),
    primary: aPrimary({ annotated: false }),
    ...overrides,
  });
}

describe('R22: taking over from Flagger', () => {
  it.each(['Initialized', 'Succeeded'] as const)('adopts %s silently when target and primary are equal', (phase) => {
    const decision = plan(left({ phase }));
    expect(decision.status).toMatchObject({ phase, lastAppliedSpec: 'A', lastPromotedSpec: 'A' });
    expect(decision).toMatchObject({ actions: [], announcements: [] });
  });

  it('finds a target that changed while nobody watched', () => {
    const adopted = plan(left({ phase: 'Succeeded' }, { target: aTarget({ revision: 'B' }) })).status;
    expect(adopted).toMatchObject({ phase: 'Succeeded', lastAppliedSpec: 'A' });
    const next = anObservation({ status: adopted ?? aStatus(), target: aTarget({ revision: 'B' }) });
    expect(plan(next).status?.phase).toBe('Progressing');
  });

  it('takes what failed for tried', () => {
    const decision = plan(left({ phase: 'Failed' }, { target: aTarget({ revision: 'B' }) }));
    expect(decision.status).toMatchObject({ phase: 'Failed', lastAppliedSpec: 'B', lastPromotedSpec: 'A' });
  });

  const written = new Date(startMs - 30_000).toISOString();
  const midRollout = (templateChangedAtMs: number): Observation =>
    left(
      { phase: 'Progressing', canaryWeight: 10, lastTransitionTime: written },
      { target: aServingTarget('B', { templateChangedAtMs }), routes: someRoutes({ canaryWeight: 20 }) },
    );

  it('goes on at the live weight when the target has not changed since', () => {
    expect(plan(midRollout(startMs - 60_000)).status).toMatchObject({
      phase: 'Progressing',
      lastAppliedSpec: 'B',
      canaryWeight: 20,
    });
  });

  it('starts the analysis again from 0 when it has', () => {
    const decision = plan(midRollout(startMs - 10_000));
    expect(decision.actions).toEqual([{ kind: 'setRoutes', canaryWeight: 0, enabled: false }]);
    expect(decision.status).toMatchObject({ lastAppliedSpec: 'B', lastPromotedSpec: 'A', canaryWeight: 0 });
  });

  it('completes a promotion that was under way', () => {
    const seen = left(
      { phase: 'Promoting', canaryWeight: 50 },
      { target: aServingTarget('B'), primary: aPrimary({ annotated: false, revision: 'B' }) },
    );
    expect(plan(seen).status).toMatchObject({ phase: 'Promoting', lastAppliedSpec: 'B' });
  });
});
