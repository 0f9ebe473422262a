// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** A request to the Kubernetes API. */
export interface ApiRequest {
  readonly verb: string;
  /** Plural name of the kind. */
  readonly resource: string;
  /** HTTP status; 0 when there was no answer. */
  readonly code: number;
  readonly durationMs: number;
}

export type OperatorMetrics = ReturnType<typeof createOperatorMetrics>;

const controller = 'canary';

/** From a fast answer of a neighbour to the longest timeout of a hook. */
const callBuckets = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/* eslint-disable @typescript-eslint/explicit-function-return-type -- the returned object is the interface */

/** How the operator itself fares, by controller-runtime's names where the meaning is the same. */
export function createOperatorMetrics(registry: Registry) {
  return {
    ...queueMetrics(registry),
    ...reconcileMetrics(registry),
    ...clusterMetrics(registry),
    ...callMetrics(registry),
  };
}

function queueMetrics(registry: Registry) {
  const registers = [registry];
  const labels = { name: controller };
  const labelNames = ['name'];
  const depth = new Gauge({
    name: 'workqueue_depth',
    help: 'Canaries that wait for a reconcile',
    labelNames,
    registers,
  });
  const adds = new Counter({ name: 'workqueue_adds_total', help: 'Canaries put on the queue', labelNames, registers });
  const retries = new Counter({
    name: 'workqueue_retries_total',
    help: 'Canaries put on the queue again after a failed reconcile',
    labelNames,
    registers,
  });
  const wait = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'Seconds that a Canary waited on the queue',
    labelNames,
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 5, 10, 60],
    registers,
  });
  return {
    setQueueDepth: (depthNow: number): void => depth.set(labels, depthNow),
    countQueued: (): void => adds.inc(labels),
    countRetry: (): void => retries.inc(labels),
    observeQueueWait: (seconds: number): void => wait.observe(labels, seconds),
  };
}

function reconcileMetrics(registry: Registry) {
  const registers = [registry];
  const results = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciles by result',
    labelNames: ['controller', 'result'],
    registers,
  });
  const errors = new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Reconciles that failed',
    labelNames: ['controller'],
    registers,
  });
  const time = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Seconds that a reconcile took',
    labelNames: ['controller'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
    registers,
  });
  return {
    /** A finished reconcile: nothing more to do, to be looked at again after a while, or failed. */
    observeReconcile: (result: 'success' | 'requeue_after' | 'error', seconds: number): void => {
      results.inc({ controller, result });
      if (result === 'error') errors.inc({ controller });
      time.observe({ controller }, seconds);
    },
  };
}

function clusterMetrics(registry: Registry) {
  const registers = [registry];
  const requests = new Counter({
    name: 'flagger_api_requests_total',
    help: 'Requests to the Kubernetes API; code 0 is no answer',
    labelNames: ['verb', 'resource', 'code'],
    registers,
  });
  const requestTime = new Histogram({
    name: 'flagger_api_request_duration_seconds',
    help: 'Seconds until the Kubernetes API had answered; of a watch, until it began',
    labelNames: ['verb'],
    buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30],
    registers,
  });
  const restarts = new Counter({
    name: 'flagger_watch_restarts_total',
    help: 'Watches that ended and were opened again',
    labelNames: ['resource', 'reason'],
    registers,
  });
  const events = new Counter({
    name: 'flagger_watch_events_total',
    help: 'Frames that watches delivered',
    labelNames: ['resource', 'type'],
    registers,
  });
  const leader = new Gauge({
    name: 'leader_election_master_status',
    help: '1 while this replica is the leader, else 0',
    labelNames: ['name'],
    registers,
  });
  return {
    observeApiRequest: ({ verb, resource, code, durationMs }: ApiRequest): void => {
      requests.inc({ verb, resource, code });
      requestTime.observe({ verb }, durationMs / 1_000);
    },
    countWatchRestart: (resource: string, reason: 'ended' | 'failed' | 'listFailed'): void =>
      restarts.inc({ resource, reason }),
    countWatchEvent: (resource: string, type: string): void => events.inc({ resource, type }),
    setLeader: (isLeader: boolean): void => leader.set({ name: 'flagger-leader-election' }, isLeader ? 1 : 0),
  };
}

function callMetrics(registry: Registry) {
  const registers = [registry];
  const hooks = new Histogram({
    name: 'flagger_hook_duration_seconds',
    help: 'Seconds that a webhook took, repetitions included',
    labelNames: ['type', 'result'],
    buckets: callBuckets,
    registers,
  });
  const lost = new Counter({
    name: 'flagger_notifications_lost_total',
    help: 'Alerts and events for webhooks that were given up: receivers that fail, too many that wait, or the end of the process',
    labelNames: ['kind'],
    registers,
  });
  // From the start, so that an increase is seen when the first one is lost.
  for (const kind of ['alert', 'event']) lost.inc({ kind }, 0);
  return {
    countLostNotification: (kind: 'alert' | 'event'): void => lost.inc({ kind }),
    observeHook: (type: string, result: 'passed' | 'failed', seconds: number): void =>
      hooks.observe({ type, result }, seconds),
  };
}
