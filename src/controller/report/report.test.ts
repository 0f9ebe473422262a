// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { anAnalysis, aSpec, aStatus } from '../../../test/support/rollout-observation.js';
import type { Canary } from '../../api/canary.js';
import type { CanaryStatus, Phase } from '../../api/canary-status.js';
import type { RolloutSpec } from '../../api/rollout-spec.js';
import { FakeClock } from '../../lib/fake-clock.js';
import { silentLogger } from '../../lib/logger.js';
import type { EventNote } from '../../kube/index.js';
import { createMetrics } from '../../observability/index.js';
import type { Announcement } from '../../rollout/index.js';
import type { AlertNotice, EventNotice, ReportSubject } from './report.js';
import { Reporter } from './report.js';

const canary: Canary = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: { name: 'podinfo', namespace: 'test', uid: 'uid-1' },
  spec: {},
};

/** A reporter and all that it told anybody. */
function aReporter() {
  const clock = new FakeClock();
  const registry = new Registry();
  const notes: EventNote[] = [];
  const webhooks: EventNotice[] = [];
  const alerts: AlertNotice[] = [];
  const reporter = new Reporter({
    clock,
    metrics: createMetrics(registry).canaries,
    recorder: { record: (note) => notes.push(note), flush: () => Promise.resolve() },
    sendEvent: (notice) => webhooks.push(notice),
    sendAlert: (notice) => alerts.push(notice),
  });
  const announce = (subject: ReportSubject, ...said: readonly Announcement[]): void =>
    reporter.announce(subject, said, silentLogger);
  return { reporter, clock, registry, notes, webhooks, alerts, announce };
}

function about(before: Partial<CanaryStatus>, after: Partial<CanaryStatus> = before): ReportSubject {
  return { canary, spec: aSpec(), before: aStatus(before), after: aStatus(after) };
}

function event(message: string, phase?: Phase): Extract<Announcement, { kind: 'event' }> {
  return { kind: 'event', type: 'Normal', level: 'info', message, ...(phase === undefined ? {} : { phase }) };
}

function once(message: string): Announcement {
  return { ...event(message), repeat: { topic: 'warning', text: message, everyMs: Number.POSITIVE_INFINITY } };
}

describe('Reporter', () => {
  it('turns one event into a log line, an Event and a webhook call', () => {
    const { announce, notes, webhooks } = aReporter();
    announce(about({ phase: 'Progressing' }, { phase: 'Promoting' }), event('Copying'));
    expect(notes).toMatchObject([{ message: 'Copying', regarding: { kind: 'Canary', metadata: { uid: 'uid-1' } } }]);
    expect(webhooks).toMatchObject([{ message: 'Copying', phase: 'Progressing' }]);
  });

  it('tells webhooks the phase that the event is about, if it names one', () => {
    const { announce, webhooks } = aReporter();
    announce(about({ phase: 'Finalising' }, { phase: 'Succeeded' }), event('done', 'Succeeded'));
    expect(webhooks).toMatchObject([{ phase: 'Succeeded' }]);
  });

  it('tells webhooks and alerts of the revision that is in question, by default the one that was applied last', () => {
    const { announce, webhooks, alerts } = aReporter();
    const waits = about({ phase: 'Initialized', lastAppliedSpec: 'A' }, { phase: 'Waiting', lastAppliedSpec: 'A' });
    const alert: Announcement = { kind: 'alert', severity: 'warn', message: 'waits', withMetadata: false };
    announce({ ...waits, revision: 'B' }, event('Halt'), alert);
    announce(waits, event('Halt'), alert);
    expect(webhooks.map(({ revision }) => revision)).toEqual(['B', 'A']);
    expect(alerts.map(({ revision }) => revision)).toEqual(['B', 'A']);
  });

  it('sends alerts with the phase that came of the decision, but none of a Canary that cannot be read', () => {
    const { announce, alerts } = aReporter();
    const alert: Announcement = { kind: 'alert', severity: 'error', message: 'failed', withMetadata: false };
    announce(about({ phase: 'Progressing' }, { phase: 'Failed', failedChecks: 3 }), alert);
    announce({ ...about({}), spec: undefined }, alert);
    expect(alerts).toMatchObject([{ message: 'failed', phase: 'Failed', facts: { failedChecks: 3 } }]);
  });

  it.each<[Phase, Phase, number]>([
    ['Progressing', 'Progressing', 1],
    ['Finalising', 'Succeeded', 1],
    ['Succeeded', 'Progressing', 0],
    ['Waiting', 'Waiting', 0],
  ])('alerts between %s and %s show %d measured values of the running rollout', (before, after, shown) => {
    const { announce, alerts } = aReporter();
    const check = { metric: 'm', value: 1, bound: 'any', query: 'q', source: 's', time: 't' };
    const alert: Announcement = { kind: 'alert', severity: 'info', message: 'hello', withMetadata: false };
    announce(about({ phase: before }, { phase: after, lastChecks: [check] }), alert);
    expect(alerts[0]?.facts.measurements).toHaveLength(shown);
  });

  it('tells how many checks had failed although the end of the rollout resets the counter', () => {
    const { announce, alerts } = aReporter();
    const alert: Announcement = { kind: 'alert', severity: 'info', message: 'hello', withMetadata: false };
    announce(about({ phase: 'Finalising', failedChecks: 2 }, { phase: 'Succeeded' }), alert);
    expect(alerts).toMatchObject([{ facts: { failedChecks: 2 } }]);
  });

  it('R21: starts a new episode with each rollout, and only then', async () => {
    const { announce, notes, clock } = aReporter();
    const steps: readonly ReportSubject[] = [
      about({ phase: 'Succeeded' }),
      about({ phase: 'Succeeded' }, { phase: 'Progressing', lastAppliedSpec: 'B' }),
      about({ phase: 'Progressing', lastAppliedSpec: 'B' }),
      about({ phase: 'Progressing', lastAppliedSpec: 'B' }, { phase: 'Progressing', lastAppliedSpec: 'C' }),
      about({ phase: 'Failed', lastAppliedSpec: 'C' }),
      about({ phase: 'Failed', lastAppliedSpec: 'C' }, { phase: 'Progressing', lastAppliedSpec: 'C' }),
    ];
    for (const step of steps) {
      announce(step, event('same'));
      await clock.advance(1_000);
    }
    const [rest, b, stillB, c, stillC, again] = notes.map(({ episode }) => episode);
    expect(new Set([rest, b, c, again]).size).toBe(4);
    expect([stillB, stillC]).toEqual([b, c]);
  });

  it('R21: says a lasting state once, and again when it was over in between', () => {
    const { announce, notes } = aReporter();
    announce(about({}), once('class'));
    announce(about({}), once('class'));
    announce(about({}));
    announce(about({}), once('class'));
    expect(notes).toHaveLength(2);
  });

  it('R21: does not take a state for over because an error or a late hook speaks', () => {
    const { reporter, announce, notes } = aReporter();
    announce(about({}), once('class'));
    reporter.add(about({}), [event('error')], silentLogger);
    announce(about({}), once('class'));
    expect(notes.map(({ message }) => message)).toEqual(['class', 'error']);
  });
});

describe('metrics of a Canary', () => {
  const match = [{ headers: {}, queryParams: {}, sourceLabels: {} }];
  async function valuesOf(registry: Registry, metric: string): Promise<readonly number[]> {
    const found = await registry.getSingleMetric(metric)?.get();
    return found?.values.map(({ value }) => value) ?? [];
  }

  it.each<[Phase, Phase, string, number]>([
    ['Finalising', 'Succeeded', 'flagger_canary_successes_total', 1],
    ['Progressing', 'Succeeded', 'flagger_canary_successes_total', 0],
    ['Succeeded', 'Succeeded', 'flagger_canary_successes_total', 0],
    ['Progressing', 'Failed', 'flagger_canary_failures_total', 1],
    ['Promoting', 'Failed', 'flagger_canary_failures_total', 1],
    ['Failed', 'Failed', 'flagger_canary_failures_total', 0],
    ['Waiting', 'Failed', 'flagger_canary_failures_total', 0],
  ])('%s to %s: %s %i', async (before, after, metric, expected) => {
    const { announce, registry } = aReporter();
    announce(about({ phase: before }, { phase: after }));
    expect((await valuesOf(registry, metric)).reduce((sum, value) => sum + value, 0)).toBe(expected);
  });

  it('are not set back by what a late hook says', async () => {
    const { reporter, announce, registry } = aReporter();
    const ended = about({ phase: 'Succeeded' });
    announce(ended);
    announce(about({ phase: 'Progressing', canaryWeight: 10 }));
    reporter.add(ended, [event('Post-rollout check passed')], silentLogger);
    expect(await valuesOf(registry, 'flagger_canary_weight')).toEqual([90, 10]);
  });

  const blueGreen = anAnalysis({ iterations: 2 });
  it.each<[string, Partial<RolloutSpec>, number, readonly unknown[]]>([
    ['a step', {}, 0, ['canary', 100, 0]],
    ['an iteration of blue/green', { analysis: blueGreen }, 2, ['blue-green', 100, 0]],
    ['blue/green with everybody on the canary', { analysis: blueGreen }, 3, ['blue-green', 0, 100]],
    ['A/B', { analysis: { ...blueGreen, match } }, 1, ['ab-testing', 0, 100]],
    ['provider kubernetes', { analysis: blueGreen, provider: 'kubernetes' }, 3, ['blue-green', 100, 0]],
  ])('name the strategy, and the weights as they are routed: %s', async (_case, spec, iterations, expected) => {
    const { announce, registry } = aReporter();
    announce({ ...about({ phase: 'Progressing', iterations }), spec: aSpec(spec) });
    const weights = await valuesOf(registry, 'flagger_canary_weight');
    announce({ ...about({ phase: 'Progressing', iterations }, { phase: 'Failed' }), spec: aSpec(spec) });
    const failures = await registry.getSingleMetric('flagger_canary_failures_total')?.get();
    expect([failures?.values[0]?.labels.deployment_strategy, ...weights]).toEqual(expected);
  });

  it('D53: go with the Canary', async () => {
    const { reporter, announce, registry } = aReporter();
    announce(about({ phase: 'Progressing', canaryWeight: 10 }), once('class'));
    reporter.forget(canary);
    expect(await valuesOf(registry, 'flagger_canary_weight')).toEqual([]);
    expect(await valuesOf(registry, 'flagger_canary_status')).toEqual([]);
  });
});
