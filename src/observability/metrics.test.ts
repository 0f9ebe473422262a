// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { phases } from '../api/canary-status.js';
import { collectProcessMetrics, createMetrics, type Metrics } from './metrics.js';

const podinfo = { namespace: 'test', name: 'podinfo-canary', target: 'podinfo' };

let registry: Registry;
let metrics: Metrics;

beforeEach(() => {
  registry = new Registry();
  metrics = createMetrics(registry);
});

const linesOf = async (name: string): Promise<readonly string[]> =>
  (await registry.metrics()).split('\n').filter((line) => line.startsWith(name));

describe('canary metrics', () => {
  it.each`
    name                                 | type           | help
    ${'flagger_info'}                    | ${'gauge'}     | ${'Flagger version and mesh provider information'}
    ${'flagger_canary_duration_seconds'} | ${'histogram'} | ${'Seconds spent performing canary analysis.'}
    ${'flagger_canary_total'}            | ${'gauge'}     | ${'Total number of canary object'}
    ${'flagger_canary_status'}           | ${'gauge'}     | ${'Last canary analysis result'}
    ${'flagger_canary_weight'}           | ${'gauge'}     | ${'The virtual service destination weight current value'}
    ${'flagger_canary_metric_analysis'}  | ${'gauge'}     | ${'Last canary analysis result per metric'}
    ${'flagger_canary_successes_total'}  | ${'counter'}   | ${'Total number of canary successes'}
    ${'flagger_canary_failures_total'}   | ${'counter'}   | ${'Total number of canary failures'}
  `('has $name as Flagger', async ({ name, type, help }) => {
    expect(await registry.metrics()).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
  });

  it('labels the series as Flagger does, by the target', async () => {
    const { canaries } = metrics;
    canaries.setInfo('0.1.0', 'skipper');
    canaries.setTotals(new Map([['test', 2]]));
    canaries.setPhase(podinfo, 'Failed');
    canaries.setWeights(podinfo, 95, 5);
    canaries.setMetricValue(podinfo, 'request-success-rate', 99.5);
    canaries.countSuccess(podinfo, { strategy: 'canary', analysis: 'completed' });
    canaries.countFailure(podinfo, { strategy: 'canary', analysis: 'completed' });
    expect(await linesOf('flagger_')).toEqual([
      'flagger_info{version="0.1.0",mesh_provider="skipper"} 1',
      'flagger_canary_total{namespace="test"} 2',
      'flagger_canary_status{name="podinfo",namespace="test"} 2',
      'flagger_canary_weight{workload="podinfo-primary",namespace="test"} 95',
      'flagger_canary_weight{workload="podinfo",namespace="test"} 5',
      'flagger_canary_metric_analysis{name="podinfo",namespace="test",metric="request-success-rate"} 99.5',
      'flagger_canary_successes_total{name="podinfo",namespace="test",deployment_strategy="canary",analysis_status="completed"} 1',
      'flagger_canary_failures_total{name="podinfo",namespace="test",deployment_strategy="canary",analysis_status="completed"} 1',
      'flagger_notifications_lost_total{kind="alert"} 0',
      'flagger_notifications_lost_total{kind="event"} 0',
    ]);
  });

  it('sorts durations into the default buckets of the Go client', async () => {
    metrics.canaries.observeAnalysis(podinfo, 0.3);
    const buckets = (await linesOf('flagger_canary_duration_seconds_bucket')).map(
      (line) => /le="([^"]+)"/.exec(line)?.[1],
    );
    expect(buckets).toEqual('0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 +Inf'.split(' '));
  });

  it('D53: calls a rollout finished only when it is', async () => {
    const statusOf = async (phase: (typeof phases)[number]) => {
      metrics.canaries.setPhase(podinfo, phase);
      return Number((await linesOf('flagger_canary_status'))[0]?.split(' ')[1]);
    };
    const byPhase = new Map<string, number>();
    for (const phase of phases) byPhase.set(phase, await statusOf(phase));
    expect([...byPhase].filter(([, status]) => status === 1).map(([phase]) => phase)).toEqual([
      'Initialized',
      'Succeeded',
      'Terminated',
    ]);
    expect(byPhase.get('Failed')).toBe(2);
    expect(byPhase.get('Progressing')).toBe(0);
  });

  it('D53: removes every series of a Canary that is gone, and no other', async () => {
    const other = { ...podinfo, namespace: 'prod' };
    for (const canary of [podinfo, other]) {
      metrics.canaries.setPhase(canary, 'Succeeded');
      metrics.canaries.setWeights(canary, 100, 0);
      metrics.canaries.setMetricValue(canary, 'latency', 1);
      metrics.canaries.setMetricValue(canary, 'errors', 1);
      metrics.canaries.observeAnalysis(canary, 1);
      metrics.canaries.countSuccess(canary, { strategy: 'canary', analysis: 'skipped' });
      metrics.canaries.countFailure(canary, { strategy: 'canary', analysis: 'completed' });
    }
    metrics.canaries.forget(podinfo);
    expect((await linesOf('flagger_')).filter((line) => line.includes('namespace="test"'))).toEqual([]);
    expect((await linesOf('flagger_')).filter((line) => line.includes('namespace="prod"'))).toHaveLength(7 + 14);
  });

  it('D53: removes the namespaces without Canaries from the total', async () => {
    metrics.canaries.setTotals(
      new Map([
        ['test', 1],
        ['prod', 1],
      ]),
    );
    metrics.canaries.setTotals(new Map([['prod', 2]]));
    expect(await linesOf('flagger_canary_total')).toEqual(['flagger_canary_total{namespace="prod"} 2']);
  });

  it('removes the series of the former target of a Canary', async () => {
    metrics.canaries.setPhase(podinfo, 'Succeeded');
    metrics.canaries.setPhase({ ...podinfo, target: 'frontend' }, 'Initializing');
    expect(await linesOf('flagger_canary_status')).toEqual([
      'flagger_canary_status{name="frontend",namespace="test"} 0',
    ]);
  });
});

describe('operator metrics', () => {
  it('counts what the operator does', async () => {
    const { operator } = metrics;
    operator.setQueueDepth(3);
    operator.observeReconcile('success', 0.01);
    operator.observeReconcile('error', 0.01);
    operator.observeApiRequest({ verb: 'update', resource: 'ingresses', code: 409, durationMs: 20 });
    operator.countWatchRestart('canaries', 'failed');
    operator.countWatchEvent('canaries', 'MODIFIED');
    operator.setLeader(true);
    expect(await registry.metrics()).toContain('flagger_api_request_duration_seconds_sum{verb="update"} 0.02');
    const all = (await registry.metrics()).split('\n');
    expect(all).toEqual(
      expect.arrayContaining([
        'workqueue_depth{name="canary"} 3',
        'controller_runtime_reconcile_total{controller="canary",result="success"} 1',
        'controller_runtime_reconcile_errors_total{controller="canary"} 1',
        'flagger_api_requests_total{verb="update",resource="ingresses",code="409"} 1',
        'flagger_watch_restarts_total{resource="canaries",reason="failed"} 1',
        'flagger_watch_events_total{resource="canaries",type="MODIFIED"} 1',
        'leader_election_master_status{name="flagger-leader-election"} 1',
      ]),
    );
  });

  it('measures hooks and queries', async () => {
    metrics.operator.observeHook('rollout', 'passed', 0.2);
    expect(await linesOf('flagger_hook_duration_seconds_count')).toEqual([
      'flagger_hook_duration_seconds_count{type="rollout",result="passed"} 1',
    ]);
  });
});

describe('process metrics', () => {
  it('include memory and event loop lag', async () => {
    collectProcessMetrics(registry);
    expect(await linesOf('process_resident_memory_bytes')).toHaveLength(1);
    expect(await linesOf('nodejs_eventloop_lag_p99_seconds')).toHaveLength(1);
  });
});
