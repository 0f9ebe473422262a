// SPDX-License-Identifier: Apache-2.0
import { collectDefaultMetrics, type Registry } from 'prom-client';
import { type CanaryMetrics, createCanaryMetrics } from './canary-metrics.js';
import { createOperatorMetrics, type OperatorMetrics } from './operator-metrics.js';

export interface Metrics {
  /** About the rollouts, by Flagger's names. */
  readonly canaries: CanaryMetrics;
  /** About the operator itself. */
  readonly operator: OperatorMetrics;
}

/** Registers every metric of the operator. Throws when called twice with one registry. */
export function createMetrics(registry: Registry): Metrics {
  return { canaries: createCanaryMetrics(registry), operator: createOperatorMetrics(registry) };
}

/**
 * Registers memory, CPU and event loop of the process. The event loop is sampled once a second: the default, a hundred
 * times a second, alone costs half a CPU-second per idle minute.
 */
export function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 1_000 });
}
