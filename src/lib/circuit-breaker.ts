// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js';

/** A peer that failed several times in a row, without one success between. */
export interface Outage {
  /** Unix time of the first failure of the row. */
  readonly sinceMs: number;
  /** What the failure that opened the circuit said; stays the same until it closes. */
  readonly reason: string;
}

/** Keeps callers from waiting for peers that are known to be down. Knows nothing of requests: callers report. */
export interface CircuitBreaker {
  /** The outage that forbids requests now, for who would have to wait before making one. */
  peek(key: string): Outage | undefined;
  /**
   * Whether a request may be made now.
   * @returns the outage that forbids it; undefined allows it, in an outage to one caller per period, as the probe
   */
  admit(key: string): Outage | undefined;
  /** The peer works. @returns the outage that this ends */
  succeeded(key: string): Outage | undefined;
  /**
   * The peer did not answer. @returns the outage that this begins
   * @param request what it did not answer, when that itself may be the cause: the same one again counts once
   */
  failed(key: string, reason: string, request?: string): Outage | undefined;
}

export interface CircuitBreakerOptions {
  readonly clock: Clock;
  /** Failures in a row that open the circuit, at least 1. */
  readonly failures: number;
  /** Time between two probes of an open circuit. */
  readonly probeEveryMs: number;
}

interface Circuit {
  failures: number;
  lastRequest?: string | undefined;
  readonly sinceMs: number;
  open?: { readonly outage: Outage; probeAtMs: number };
}

/** Keys come from users; more failing peers than this are not told apart from working ones. */
const maxKeys = 1_000;

export function createCircuitBreaker({ clock, failures, probeEveryMs }: CircuitBreakerOptions): CircuitBreaker {
  /** Only peers whose last request failed. */
  const circuits = new Map<string, Circuit>();

  function newCircuit(key: string): Circuit {
    const [oldest] = circuits.keys();
    if (oldest !== undefined && circuits.size >= maxKeys) circuits.delete(oldest);
    const circuit = { failures: 0, sinceMs: clock.nowMs() };
    circuits.set(key, circuit);
    return circuit;
  }

  function peek(key: string): Outage | undefined {
    const open = circuits.get(key)?.open;
    return open !== undefined && clock.monotonicMs() < open.probeAtMs ? open.outage : undefined;
  }

  return {
    peek,
    admit(key) {
      const outage = peek(key);
      const open = circuits.get(key)?.open;
      // Whatever becomes of this probe, even when its caller gives up, the next one has its time.
      if (outage === undefined && open !== undefined) open.probeAtMs = clock.monotonicMs() + probeEveryMs;
      return outage;
    },
    succeeded(key) {
      const outage = circuits.get(key)?.open?.outage;
      circuits.delete(key);
      return outage;
    },
    failed(key, reason, request) {
      const circuit = circuits.get(key) ?? newCircuit(key);
      if (request === undefined || request !== circuit.lastRequest) circuit.failures += 1;
      circuit.lastRequest = request;
      if (circuit.open !== undefined || circuit.failures < failures) return undefined;
      const outage = { sinceMs: circuit.sinceMs, reason };
      circuit.open = { outage, probeAtMs: clock.monotonicMs() + probeEveryMs };
      return outage;
    },
  };
}
