// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Forecast, Step } from './report.js';
import { canaryText, foretold, told, withObjects } from './testing.js';

const guide = readFileSync('test/fixtures/guide/podinfo-canary.yaml', 'utf8');
const successRate = { name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } };
const duration = { name: 'request-duration', interval: '1m', thresholdRange: { max: 500 } };
const loadTest = { name: 'load-test', type: 'rollout', url: 'http://tester.test/' };
const weights = { stepWeight: 25, maxWeight: 50, metrics: [successRate, duration] };

/** The strategies' Canaries of the documentation, by heading. */
const sections = ['docs/strategies.md', 'docs/targets.md'].flatMap((path) =>
  readFileSync(path, 'utf8')
    .split('\n## ')
    .flatMap((section) => {
      const [, yaml] = /```yaml\n(.*?)```/s.exec(section) ?? [];
      return yaml === undefined ? [] : [[section.slice(0, section.indexOf('\n')), yaml] as const];
    }),
);

/** "0:05 Progressing 5 share" and the like, to compare at a glance. */
function course({ steps }: Forecast): readonly string[] {
  return steps.map(({ atSeconds, phase, weight, iteration, seenBy }) => {
    const place = iteration > 0 ? `${weight}/${iteration}` : String(weight);
    const share = 'percent' in seenBy ? ` ${seenBy.percent}` : '';
    return `${atSeconds} ${phase} ${place} ${seenBy.kind}${share}`;
  });
}

function failures({ steps }: Forecast): readonly string[] {
  const checks = steps.flatMap((step: Step) => step.checks);
  return [...new Set(checks.filter(({ result }) => result === 'failed').map(({ message = '' }) => message))];
}

describe('the rollout of a good revision', () => {
  it("goes through the guide's weights to the promotion", async () => {
    const forecast = await told(guide);
    expect(course(forecast)).toEqual([
      '0 Initialized 0 nobody',
      '0 Progressing 0 nobody',
      ...[5, 10, 15, 20, 25, 30, 35, 40, 45, 50].map(
        (weight, index) => `${5 + 10 * index} Progressing ${weight} share ${weight}`,
      ),
      '105 Promoting 50 share 50',
      '115 Finalising 0 everybody',
      '120 Succeeded 0 everybody',
    ]);
    expect(forecast.outcome).toEqual({ result: 'promoted', atSeconds: 120, mostPercent: 50, exposedSeconds: 100 });
    expect(forecast.wouldRollBack.map(({ weight, outcome }) => [weight, outcome.result, outcome.atSeconds])).toEqual([
      [5, 'rolledBack', 105],
      [50, 'rolledBack', 195],
    ]);
  });

  it.each(sections)('is promoted by the Canary of the documentation: %s', async (_title, yaml) => {
    expect((await told(yaml)).outcome).toMatchObject({ result: 'promoted' });
  });

  it.each<[string, string, readonly string[]]>([
    [
      'stepWeights, and back by stepWeightPromotion',
      canaryText({ stepWeights: [1, 10], stepWeightPromotion: 50, metrics: [successRate] }),
      [
        '0 Progressing 0 nobody',
        '5 Progressing 1 share 1',
        '15 Progressing 10 share 10',
        '25 Promoting 10 share 10',
        '35 Finalising 0 everybody',
        '40 Succeeded 0 everybody',
      ],
    ],
    [
      'a canary with mirroring',
      canaryText({ stepWeight: 50, maxWeight: 50, mirror: true, mirrorWeight: 20, metrics: [duration] }),
      [
        '0 Progressing 0 nobody',
        '5 Progressing 0/1 nobody',
        '10 Progressing 0/1 copies 20',
        '20 Progressing 50 share 50',
        '30 Promoting 50 share 50',
        '40 Finalising 0 everybody',
        '45 Succeeded 0 everybody',
      ],
    ],
    [
      'skipAnalysis',
      canaryText(weights, { skipAnalysis: true }),
      ['0 Progressing 0 nobody', '5 Promoting 0 nobody', '15 Finalising 0 everybody', '20 Succeeded 0 everybody'],
    ],
    [
      'an interval below the floor',
      canaryText({ ...weights, stepWeight: 50, interval: '1s' }),
      [
        '0 Progressing 0 nobody',
        '5 Progressing 50 share 50',
        '15 Promoting 50 share 50',
        '25 Finalising 0 everybody',
        '30 Succeeded 0 everybody',
      ],
    ],
  ])('with %s', async (_title, text, expected) => {
    expect(course(await told(text))).toEqual(expected);
  });

  it('says who takes part in an A/B test', async () => {
    const match = [{ headers: { 'x-canary': { exact: 'insider' } }, queryParams: { beta: { prefix: 'y' } } }];
    const { steps, outcome } = await told(canaryText({ iterations: 2, match, metrics: [successRate] }));
    expect(steps.find(({ iteration }) => iteration === 1)?.seenBy).toEqual({
      kind: 'matching',
      conditions: ['header x-canary = insider and query beta begins with y'],
    });
    expect(outcome).toMatchObject({ result: 'promoted', mostPercent: 0, exposedSeconds: 20 });
  });

  it('waits at gates as long as they are closed', async () => {
    const gates = ['confirm-rollout', 'confirm-promotion'].map((type) => ({
      name: type,
      type,
      url: 'http://gate.test',
    }));
    const forecast = await told(canaryText({ stepWeight: 50, maxWeight: 50, webhooks: gates }), {
      gateOpensAfterMs: 25_000,
    });
    expect(course(forecast)).toContain('45 WaitingPromotion 50 share 50');
    expect(forecast.steps.map(({ checks }) => checks.filter(({ result }) => result === 'closed').length)).toEqual([
      1, 2, 0, 1, 2, 0, 0, 0,
    ]);
    expect(forecast.outcome.result).toBe('promoted');
  });

  it('says when nothing is asked of it', async () => {
    const { warnings, wouldRollBack } = await told(canaryText({ stepWeight: 50 }));
    expect(warnings).toEqual([expect.stringContaining('no check can fail')]);
    expect(wouldRollBack).toEqual([]);
  });
});

describe('the rollout of a bad revision', () => {
  it.each`
    fault                                  | atSeconds | mostPercent | failure
    ${{ errorPercent: 5 }}                 | ${35}     | ${25}       | ${'Halt podinfo.test advancement success rate 95.00% < 99%'}
    ${{ latencyMs: 800 }}                  | ${35}     | ${25}       | ${'Halt podinfo.test advancement request duration 800ms > 500ms'}
    ${{ errorPercent: 5, latencyMs: 800 }} | ${35}     | ${25}       | ${'Halt podinfo.test advancement success rate 95.00% < 99%'}
    ${{ noTraffic: true }}                 | ${55}     | ${25}       | ${'Halt advancement no values found for skipper metric request-success-rate probably podinfo.test is not receiving traffic: running query failed: no values found'}
  `('of $fault ends at $atSeconds s', async ({ fault, atSeconds, mostPercent, failure }) => {
    const forecast = await told(canaryText(weights), fault as object);
    expect(failures(forecast)).toEqual([failure]);
    expect(forecast.outcome).toMatchObject({
      result: 'rolledBack',
      atSeconds,
      mostPercent,
      reason: 'failed checks threshold reached 3',
    });
  });

  it("says the same by Skipper's own counters", async () => {
    const text = canaryText(weights, { metricsServer: 'skipper' });
    for (const fault of [{ errorPercent: 5 }, { latencyMs: 800 }, { noTraffic: true }]) {
      const [counted, queried] = [await told(text, fault), await told(canaryText(weights), fault)];
      expect([failures(counted), course(counted)]).toEqual([failures(queried), course(queried)]);
    }
    expect((await told(text)).outcome.result).toBe('promoted');
  });

  it('that never becomes ready ends at the progress deadline, before any user saw it', async () => {
    const { outcome } = await told(canaryText(weights, { progressDeadlineSeconds: 60 }), { notReady: true });
    expect(outcome).toMatchObject({ result: 'rolledBack', mostPercent: 0 });
    expect(outcome.reason).toMatch(/^progress deadline exceeded /);
    expect(outcome.atSeconds).toBeGreaterThanOrEqual(60);
    expect(outcome.atSeconds).toBeLessThan(70);
  });

  it('ends when a test refuses it, and stays where a gate does', async () => {
    const gate = { name: 'manager', type: 'confirm-promotion', url: 'http://gate.test' };
    const text = canaryText({ ...weights, webhooks: [loadTest, gate] });
    expect((await told(text, { failingHook: 'load-test' })).outcome).toMatchObject({ result: 'rolledBack' });
    expect((await told(text, { failingHook: 'manager' })).outcome).toMatchObject({
      result: 'unfinished',
      reason: 'confirm-promotion manager is closed',
    });
  });

  it('is judged by the values of its own metrics', async () => {
    const metrics = [{ name: 'queue', interval: '1m', thresholdRange: { max: 5 }, templateRef: { name: 'queue' } }];
    const text = canaryText({ ...weights, metrics });
    const bad = await told(text, { values: { queue: 7 } });
    expect(failures(bad)).toEqual(['Halt podinfo.test advancement queue 7.00 > 5']);
    expect(bad.assumptions).toContainEqual({
      about: 'MetricTemplate queue',
      text: 'not given, assumed one whose query is in order',
    });
    expect((await told(text)).outcome.result).toBe('promoted');
  });

  it('in blue/green is not seen by metrics of routes that nobody uses', async () => {
    const forecast = await told(canaryText({ iterations: 2, metrics: [successRate] }));
    expect(forecast.outcome).toMatchObject({ result: 'rolledBack', mostPercent: 0 });
    expect(failures(forecast)[0]).toContain('is not receiving traffic');
  });

  it('goes unseen where no metric asks for it, which is said', async () => {
    const { outcome, warnings } = await told(canaryText({ ...weights, metrics: [duration] }), { errorPercent: 5 });
    expect(outcome.result).toBe('promoted');
    expect(warnings).toEqual([expect.stringContaining('no metric request-success-rate')]);
  });
});

describe('objects beside the Canary', () => {
  const metadata = { name: 'podinfo', namespace: 'test' };
  const template = {
    metadata: { labels: { app: 'podinfo' } },
    spec: {
      containers: [
        {
          name: 'app',
          image: 'podinfo:1',
          ports: [{ containerPort: 9898 }],
          envFrom: [{ configMapRef: { name: 'env' } }],
        },
      ],
    },
  };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: { replicas: 1, minReadySeconds: 20, selector: { matchLabels: { app: 'podinfo' } }, template },
  };

  it('are used as they are given, and what they need is made up', async () => {
    const { assumptions, steps } = await told(withObjects(canaryText(weights), deployment));
    expect(assumptions.map(({ about }) => about)).toEqual(['Ingress podinfo', 'ConfigMap env', 'Pods']);
    expect(steps.find(({ weight }) => weight === 25)?.atSeconds).toBe(25);
  });

  it('are read from what a cluster answers', async () => {
    const owner = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'podinfo', uid: '1' };
    const live = {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        {
          ...deployment,
          metadata: { ...metadata, uid: 'u', resourceVersion: '7' },
          spec: { ...deployment.spec, replicas: 0 },
          status: {},
        },
        { ...deployment, metadata: { ...metadata, name: 'podinfo-primary', ownerReferences: [owner] } },
      ],
    };
    const { assumptions, outcome } = await told(withObjects(canaryText(weights), live));
    expect(assumptions[0]).toEqual({
      about: 'Deployment podinfo',
      text: 'has 0 replicas, as at rest; assumed to start with 2',
    });
    expect(outcome.result).toBe('promoted');
  });

  it('that have no part in the rollout are named', async () => {
    const other = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'redis', namespace: 'test' } };
    const { assumptions } = await told(withObjects(canaryText(weights), other));
    expect(assumptions).toContainEqual({ about: 'Service redis', text: 'has no part in the rollout' });
  });

  it('without which there is no rollout are said to be wrong in the words of the operator', async () => {
    const ingress = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata,
      spec: {
        rules: [
          {
            host: 'a.example.com',
            http: {
              paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'other', port: { number: 80 } } } }],
            },
          },
        ],
      },
    };
    const refusal = await foretold(withObjects(canaryText(weights), ingress));
    expect(refusal).toMatchObject({ problems: [expect.stringContaining('podinfo')] });
  });
});

describe('a Canary that cannot be rolled out', () => {
  it.each<[string, string, string]>([
    ['asks for both kinds of steps', canaryText({ stepWeight: 5, stepWeights: [1, 2] }), 'one and only one'],
    ['has no analysis interval that is one', canaryText({ interval: 'soon' }), 'spec.analysis.interval'],
    ['names another mesh', canaryText(weights, { provider: 'istio' }), 'istio'],
    [
      'has a template that is none',
      withObjects(canaryText({ ...weights, metrics: [{ name: 'q', templateRef: { name: 'q' }, interval: '1m' }] }), {
        apiVersion: 'flagger.app/v1beta1',
        kind: 'MetricTemplate',
        metadata: { name: 'q', namespace: 'test' },
        spec: { query: 'up' },
      }),
      'spec.provider',
    ],
  ])('%s: the problem is told', async (_title, text, problem) => {
    const refusal = await foretold(text);
    expect(refusal).toMatchObject({ problems: expect.arrayContaining([expect.stringContaining(problem)]) });
  });
});
