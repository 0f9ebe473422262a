// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { type GateKey, type GateStore, gateText, type OpenGate } from './gate.js';

export interface GatesDeps {
  readonly store: GateStore;
  /** Whether an approval is good for one revision only: the first that uses it. */
  readonly resets: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The gates that people open and close, and webhooks ask. */
export interface Gates {
  /** @param checksum names the revision that asks; empty when the caller does not say */
  isOpen(key: GateKey, checksum: string): Promise<boolean>;
  open(key: GateKey): Promise<void>;
  close(key: GateKey): Promise<void>;
  list(): Promise<readonly OpenGate[]>;
}

export function createGates({ store, resets, clock, log }: GatesDeps): Gates {
  /** Binds an approval to the first revision that uses it, and takes it back when another comes. */
  async function isGoodFor(gate: OpenGate, checksum: string): Promise<boolean> {
    if (!resets || checksum === '' || gate.checksum === checksum) return true;
    if (gate.checksum === undefined) {
      await store.open({ ...gate, checksum });
      return true;
    }
    await store.close(gate);
    log.info({}, `${gateText(gate)} closed, because it was opened for another revision`);
    return false;
  }

  return {
    async isOpen(key, checksum) {
      const gate = await store.find(key);
      const open = gate !== undefined && (await isGoodFor(gate, checksum));
      log.info({}, `${gateText(key)} check: approved ${open}`);
      return open;
    },
    async open(key) {
      await store.open({ ...key, openedAt: new Date(clock.nowMs()).toISOString() });
      log.info({}, `${gateText(key)} opened`);
    },
    async close(key) {
      await store.close(key);
      log.info({}, `${gateText(key)} closed`);
    },
    list: () => store.list(),
  };
}
