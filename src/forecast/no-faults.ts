// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../lib/clock.js';
import { Dice, Faults, noFaults, type CallFate } from '../simulation/index.js';

/** Nothing goes wrong and nothing takes time: what passes is what the rollout itself waits for. */
export class NoFaults extends Faults {
  constructor(clock: Clock) {
    super(new Dice(1), noFaults, clock, () => undefined);
  }

  override forCall(): CallFate {
    return { kind: 'answered', delayMs: 0 };
  }

  override watchDelayMs(): number {
    return 0;
  }
}
