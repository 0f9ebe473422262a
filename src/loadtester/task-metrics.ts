// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Outcome } from './task-run.js';
import type { Task } from './task.js';

/** Counts what becomes of tasks. */
export interface TaskMetrics {
  started(task: Task): void;
  /** The result is known; processes in the background may still be there. */
  finished(task: Task, outcome: Outcome, durationMs: number): void;
  /** Nothing of it is left. */
  gone(task: Task): void;
  /** The same task was running already. */
  skipped(task: Task): void;
  /** There was no place for it. */
  rejected(task: Task): void;
}

/** Callers choose the names of Canaries: those after this many share one label. */
const mostCanaries = 500;
const otherCanary = { namespace: 'other', name: 'other' };

const canaryLabels = ['namespace', 'name', 'type'] as const;
const durationBuckets = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1_800, 3_600];

/** Registers the metrics of tasks. Throws when called twice with one registry. */
export function createTaskMetrics(registry: Registry): TaskMetrics {
  const counter = (name: string, help: string): Counter<(typeof canaryLabels)[number]> =>
    new Counter({ name: `loadtester_tasks_${name}_total`, help, labelNames: canaryLabels, registers: [registry] });
  const started = counter('started', 'Tasks that were started, by Canary and type.');
  const failed = counter('failed', 'Tasks that failed, by Canary and type.');
  const skipped = counter(
    'skipped',
    'Tasks that were not started because the same one was running, by Canary and type.',
  );
  const rejected = counter('rejected', 'Tasks that were refused because too many were waiting, by Canary and type.');
  const running = new Gauge({
    name: 'loadtester_tasks_running',
    help: 'Tasks of which anything is running, by type.',
    labelNames: ['type'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'loadtester_task_duration_seconds',
    help: 'Time from the start of a task to its result, by type.',
    labelNames: ['type'],
    buckets: durationBuckets,
    registers: [registry],
  });
  const labels = createLabels();
  return {
    started: (task) => {
      started.inc(labels(task));
      running.inc({ type: task.type });
    },
    finished: (task, outcome, durationMs) => {
      if (outcome.failure !== undefined) failed.inc(labels(task));
      seconds.observe({ type: task.type }, durationMs / 1_000);
    },
    gone: ({ type }) => running.dec({ type }),
    skipped: (task) => skipped.inc(labels(task)),
    rejected: (task) => rejected.inc(labels(task)),
  };
}

type CanaryLabels = Record<(typeof canaryLabels)[number], string>;

function createLabels(): (task: Task) => CanaryLabels {
  const seen = new Set<string>();
  return ({ canary, type }) => {
    const key = JSON.stringify([canary.namespace, canary.name]);
    if (seen.size < mostCanaries) seen.add(key);
    return { ...(seen.has(key) ? canary : otherCanary), type };
  };
}
