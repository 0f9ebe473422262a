// SPDX-License-Identifier: Apache-2.0
import { encodeGateKey, GateRefused, type GateStore, type OpenGate } from './gate.js';

/** Callers choose the names. */
const mostGates = 10_000;

/** Keeps the gates in this process alone: all are closed again after a restart. */
export function createMemoryGates(): GateStore {
  const gates = new Map<string, OpenGate>();
  return {
    find: (key) => Promise.resolve(gates.get(encodeGateKey(key))),
    open: (gate) => {
      const key = encodeGateKey(gate);
      if (gates.size >= mostGates && !gates.has(key)) return Promise.reject(new GateRefused('Too many gates are open'));
      gates.set(key, gate);
      return Promise.resolve();
    },
    close: (key) => {
      gates.delete(encodeGateKey(key));
      return Promise.resolve();
    },
    list: () => Promise.resolve([...gates.values()]),
  };
}
