// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Phase } from '../api/canary-status.js';
import { OwnedSeries } from './owned-series.js';

/** Whose series are written: the label `name` is the target's, as in Flagger, the owner is the Canary. */
export interface MeasuredCanary {
  readonly namespace: string;
  /** Name of the Canary. */
  readonly name: string;
  readonly target: string;
}

/** How a rollout ended. */
export interface RolloutEnd {
  /** `canary`, `blue-green` or `ab-testing`. */
  readonly strategy: string;
  readonly analysis: 'completed' | 'skipped';
}

export type CanaryMetrics = ReturnType<typeof createCanaryMetrics>;

/**
 * 0 = a rollout or the initialisation runs, 1 = at rest and well, 2 = failed. Flagger says 1 for each phase other than
 * Progressing and Failed, so that a rollout which waits or promotes looks finished.
 */
const statusByPhase: Readonly<Record<Phase, 0 | 1 | 2>> = {
  '': 0,
  Initializing: 0,
  Initialized: 1,
  Waiting: 0,
  Progressing: 0,
  WaitingPromotion: 0,
  Promoting: 0,
  Finalising: 0,
  Succeeded: 1,
  Failed: 2,
  Terminating: 0,
  Terminated: 1,
};

/* eslint-disable @typescript-eslint/explicit-function-return-type -- the returned object is the interface */

/** Flagger's metrics, by its names. Every call is idempotent but the counting ones. */
export function createCanaryMetrics(registry: Registry) {
  const { info, total, status, weight, metricAnalysis, duration, successes, failures } = instruments(registry);
  const owned = new OwnedSeries();
  const countEnd = (counter: Counter, canary: MeasuredCanary, end: RolloutEnd): void => {
    const labels = {
      ...targetLabels(canary),
      deployment_strategy: end.strategy,
      analysis_status: end.analysis,
    };
    counter.inc(owned.claim(counter, labels, canary));
  };
  return {
    setInfo: (version: string, meshProvider: string): void => info.set({ version, mesh_provider: meshProvider }, 1),
    /** Number of Canaries by namespace; a namespace that is not named has none. */
    setTotals: (countByNamespace: ReadonlyMap<string, number>): void => {
      total.reset();
      for (const [namespace, count] of countByNamespace) total.set({ namespace }, count);
    },
    setPhase: (canary: MeasuredCanary, phase: Phase): void =>
      status.set(owned.claim(status, targetLabels(canary), canary), statusByPhase[phase]),
    /** Live weights in percent. */
    setWeights: (canary: MeasuredCanary, primaryPercent: number, canaryPercent: number): void => {
      const { namespace, target } = canary;
      weight.set(owned.claim(weight, { workload: `${target}-primary`, namespace }, canary), primaryPercent);
      weight.set(owned.claim(weight, { workload: target, namespace }, canary), canaryPercent);
    },
    /** The value that a metric check got; durations in seconds. */
    setMetricValue: (canary: MeasuredCanary, metric: string, value: number): void =>
      metricAnalysis.set(owned.claim(metricAnalysis, { ...targetLabels(canary), metric }, canary), value),
    observeAnalysis: (canary: MeasuredCanary, seconds: number): void =>
      duration.observe(owned.claim(duration, targetLabels(canary), canary), seconds),
    countSuccess: (canary: MeasuredCanary, end: RolloutEnd): void => countEnd(successes, canary, end),
    countFailure: (canary: MeasuredCanary, end: RolloutEnd): void => countEnd(failures, canary, end),
    /** Removes every series of a Canary that is gone (D53). */
    forget: (canary: Pick<MeasuredCanary, 'namespace' | 'name'>): void => owned.release(canary),
  };
}

function targetLabels({ target, namespace }: MeasuredCanary): { readonly name: string; readonly namespace: string } {
  return { name: target, namespace };
}

function instruments(registry: Registry) {
  const registers = [registry];
  const target = ['name', 'namespace'];
  const ends = [...target, 'deployment_strategy', 'analysis_status'];
  const gauge = (name: string, help: string, labelNames: string[]): Gauge =>
    new Gauge({ name, help, labelNames, registers });
  const counter = (name: string, help: string): Counter => new Counter({ name, help, labelNames: ends, registers });
  return {
    info: gauge('flagger_info', 'Flagger version and mesh provider information', ['version', 'mesh_provider']),
    total: gauge('flagger_canary_total', 'Total number of canary object', ['namespace']),
    status: gauge('flagger_canary_status', 'Last canary analysis result', target),
    weight: gauge('flagger_canary_weight', 'The virtual service destination weight current value', [
      'workload',
      'namespace',
    ]),
    metricAnalysis: gauge('flagger_canary_metric_analysis', 'Last canary analysis result per metric', [
      ...target,
      'metric',
    ]),
    duration: new Histogram({
      name: 'flagger_canary_duration_seconds',
      help: 'Seconds spent performing canary analysis.',
      labelNames: target,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    successes: counter('flagger_canary_successes_total', 'Total number of canary successes'),
    failures: counter('flagger_canary_failures_total', 'Total number of canary failures'),
  };
}
