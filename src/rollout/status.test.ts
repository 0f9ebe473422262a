// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { aStatus } from '../../test/support/rollout-observation.js';
import { acceptedStatus, refusedStatus } from './status.js';

const firstMs = Date.UTC(2026, 0, 1);
const laterMs = firstMs + 60_000;
const succeeded = aStatus({
  conditions: [
    {
      type: 'Promoted',
      status: 'True',
      reason: 'Succeeded',
      message: 'Canary analysis completed successfully, promotion finished.',
      lastUpdateTime: '2025-12-31T00:00:00Z',
      lastTransitionTime: '2025-12-31T00:00:00Z',
    },
    { type: 'Other', status: 'True', reason: 'Whatever' },
  ],
});

describe('the condition of a Canary that cannot be worked on', () => {
  it('D29: says why; phase, weights and the conditions of others stay', () => {
    const refused = refusedStatus(succeeded, ['spec.a is wrong, mend it', 'spec.b is missing, add it'], firstMs);
    expect(refused).toEqual({
      ...succeeded,
      conditions: [
        { type: 'Other', status: 'True', reason: 'Whatever' },
        {
          type: 'Promoted',
          status: 'Unknown',
          reason: 'InvalidSpec',
          message: 'spec.a is wrong, mend it; spec.b is missing, add it',
          lastUpdateTime: '2026-01-01T00:00:00Z',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    });
  });

  it('S8: is written once, and again for another reason', () => {
    const refused = refusedStatus(succeeded, ['one'], firstMs) ?? succeeded;
    expect(refusedStatus(refused, ['one'], laterMs)).toBeUndefined();
    expect(refusedStatus(refused, ['other'], laterMs)?.conditions).toContainEqual(
      expect.objectContaining({
        message: 'other',
        lastUpdateTime: '2026-01-01T00:01:00Z',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      }),
    );
  });

  it('stays short, whatever the specification holds', () => {
    const refused = refusedStatus(
      succeeded,
      Array.from({ length: 100 }, () => 'x'.repeat(64)),
      firstMs,
    );
    expect(refused?.conditions?.find(({ type }) => type === 'Promoted')?.message).toHaveLength(1_000);
  });

  it('is that of the phase again once the Canary is mended', () => {
    const refused = refusedStatus(succeeded, ['one'], firstMs) ?? succeeded;
    const accepted = acceptedStatus(refused, 'Deployment', laterMs);
    expect(accepted?.conditions).toContainEqual({
      type: 'Promoted',
      status: 'True',
      reason: 'Succeeded',
      message: 'Canary analysis completed successfully, promotion finished.',
      lastUpdateTime: '2026-01-01T00:01:00Z',
      lastTransitionTime: '2026-01-01T00:01:00Z',
    });
    expect(acceptedStatus(accepted ?? refused, 'Deployment', laterMs)).toBeUndefined();
    expect(acceptedStatus({ ...refused, phase: '' }, 'Deployment', laterMs)).toBeUndefined();
  });
});
