// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../lib/fake-clock.js';
import { SettleTracker } from './settle-tracker.js';

describe('SettleTracker', () => {
  it('R7: counts from the moment at which this process first saw the state', async () => {
    const clock = new FakeClock();
    const tracker = new SettleTracker(clock);
    expect(tracker.stableMs('a', 'x')).toBe(0);
    await clock.advance(3_000);
    expect(tracker.stableMs('a', 'x')).toBe(3_000);
    expect(new SettleTracker(clock).stableMs('a', 'x')).toBe(0);
  });

  it('starts again with every change, also with a change back', async () => {
    const clock = new FakeClock();
    const tracker = new SettleTracker(clock);
    tracker.stableMs('a', 'x');
    await clock.advance(3_000);
    expect(tracker.stableMs('a', 'y')).toBe(0);
    await clock.advance(3_000);
    expect(tracker.stableMs('a', 'x')).toBe(0);
  });

  it('keeps Canaries apart and forgets them', async () => {
    const clock = new FakeClock();
    const tracker = new SettleTracker(clock);
    tracker.stableMs('a', 'x');
    await clock.advance(3_000);
    expect(tracker.stableMs('b', 'x')).toBe(0);
    tracker.forget('a');
    expect(tracker.stableMs('a', 'x')).toBe(0);
  });
});
