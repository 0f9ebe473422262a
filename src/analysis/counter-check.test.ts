// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { FakeSkippers, type FakeSkipper } from '../../test/support/fake-skippers.js';
import { readFixture } from '../../test/support/skipper-metrics.js';
import type { MetricCheck } from '../api/rollout-spec.js';
import { FakeClock } from '../lib/fake-clock.js';
import { silentLogger } from '../lib/logger.js';
import { createMetricChecker, recordAnalysis, type MetricChecker, type MetricRequest } from './index.js';
import { createSkipperCounters, type SkipperCounters } from './skipper-counters/index.js';

const address = 'http://10.0.0.1:9911';
const toCanary = 'kube_test__podinfo_canary__app_example_com____podinfo_canary';
const toPrimary = 'kube_test__podinfo_canary__app_example_com____podinfo_primary';

let clock: FakeClock;
let skippers: FakeSkippers;
let skipper: FakeSkipper;
let counters: SkipperCounters;
let checker: MetricChecker;

beforeEach(() => {
  clock = new FakeClock();
  skippers = new FakeSkippers();
  skipper = skippers.add(address);
  const replicas = { place: '-skipper-metrics-addresses', list: () => Promise.resolve([address]) };
  counters = createSkipperCounters({ clock, http: skippers, log: silentLogger, replicas });
  checker = createMetricChecker({
    clock,
    log: silentLogger,
    http: skippers,
    kubernetes: () => Promise.reject(new Error('no cluster')),
    environment: {},
    metricsServer: 'skipper',
    counters,
    templates: { template: () => undefined, secret: () => Promise.resolve(undefined) },
  });
});

afterEach(() => {
  counters.close();
});

function aMetric(metric: Partial<MetricCheck> = {}): MetricCheck {
  return {
    name: 'request-success-rate',
    interval: '1m',
    intervalMs: 60_000,
    threshold: 0,
    thresholdRange: { min: 99 },
    templateVariables: {},
    ...metric,
  };
}

const successRate = aMetric();
const duration = aMetric({ name: 'request-duration', thresholdRange: { max: 500 } });

function aRequest(request: Partial<MetricRequest> = {}): MetricRequest {
  return {
    canary: { namespace: 'test', name: 'podinfo' },
    targetName: 'podinfo',
    serviceName: 'podinfo',
    ingressName: 'podinfo',
    provider: 'skipper',
    mirrored: false,
    metrics: [successRate],
    dataSinceMs: 600_000,
    analysisIntervalMs: 5_000,
    signal: new AbortController().signal,
    ...request,
  };
}

/** The verdict as one line: "passed", "tooEarly" or level and message. */
async function check(request: Partial<MetricRequest> = {}): Promise<string> {
  const verdict = await checker.run(aRequest(request));
  return verdict.kind === 'failed' ? `${verdict.level} ${verdict.message}` : verdict.kind;
}

/** As the event of the first weight does. */
async function startRecording(): Promise<void> {
  recordAnalysis(counters, aRequest({ analysisIntervalMs: 60_000 }));
  await clock.advance(1_500);
}

describe('verdicts from the counters of Skipper', () => {
  const noTraffic = 'probably podinfo.test is not receiving traffic';

  it.each<readonly [name: string, metric: Partial<MetricCheck>, serve: () => void, text: string]>([
    ['good answers', {}, () => skipper.serve(toCanary, 200, { times: 10 }), 'passed'],
    ['faults of clients', {}, () => skipper.serve(toCanary, 404, { times: 10 }), 'passed'],
    [
      'D40: nothing but failures',
      {},
      () => skipper.serve(toCanary, 500),
      'W Halt podinfo.test advancement success rate 0.00% < 99%',
    ],
    [
      'requests to the primary only',
      {},
      () => skipper.serve(toPrimary, 500),
      `W Halt advancement no values found for skipper metric request-success-rate ${noTraffic}: running query failed: no values found`,
    ],
    [
      'no requests, for a duration',
      duration,
      () => undefined,
      `W Halt advancement no values found for skipper metric request-duration ${noTraffic}`,
    ],
    ['quick answers', duration, () => skipper.serve(toCanary, 200, { seconds: 0.4 }), 'passed'],
    [
      'slow answers',
      duration,
      () => skipper.serve(toCanary, 200, { seconds: 1.5 }),
      'W Halt podinfo.test advancement request duration 1.5s > 500ms',
    ],
    ['two of ten slow, the median', { ...duration, quantile: 0.5 }, () => slowOnes(), 'passed'],
    [
      'two of ten slow, the 99th percentile',
      { ...duration, quantile: 0.99 },
      () => slowOnes(),
      'W Halt podinfo.test advancement request duration p99 975ms > 500ms',
    ],
  ])('%s', async (_name, metric, serve, text) => {
    await startRecording();
    await clock.advance(60_000);
    serve();
    await clock.advance(2_000);
    expect(await check({ metrics: [aMetric(metric)] })).toBe(text);
  });

  function slowOnes(): void {
    skipper.serve(toCanary, 200, { times: 8, seconds: 0.05 });
    skipper.serve(toCanary, 200, { times: 2, seconds: 0.9 });
  }

  it('keeps as evidence what was looked at, how much of it, and how the primary fares', async () => {
    await startRecording();
    skipper.serve(toCanary, 200, { times: 8 });
    skipper.serve(toCanary, 500, { times: 2 });
    skipper.serve(toPrimary, 200, { times: 299 });
    skipper.serve(toPrimary, 502, { times: 1 });
    await clock.advance(2_000);
    const { values } = await checker.run(aRequest({ dataSinceMs: 3_500 }));
    const route =
      'kube(ew)?_test__podinfo_canary(_[0-9]+|_sticky)?__.*__podinfo_canary(_[0-9]+)?(_disable_https_redirect)?';
    expect(values).toEqual([
      {
        metric: 'request-success-rate',
        value: 80,
        unit: 'percent',
        bound: '>= 99%',
        query: `skipper_serve_route_duration_seconds{route=~"${route}"}[3s] # canary 10 requests, primary 300 (99.67%), 1 of 1 Skipper replicas`,
        source: 'skipper',
        samples: 10,
        message: 'Halt podinfo.test advancement success rate 80.00% < 99%',
        atMs: clock.nowMs(),
      },
    ]);
  });

  it('judges mirrored requests by what backends answered, and says what that leaves out', async () => {
    const mirrored = aRequest({ mirrored: true, dataSinceMs: 4_000, metrics: [successRate, duration] });
    const after = readFixture('mirrored');
    skipper.text = after.replaceAll(/^.*_mirror__.*\n/gm, '');
    recordAnalysis(counters, mirrored);
    await clock.advance(1_500);
    skipper.text = after;
    await clock.advance(2_000);
    const verdict = await checker.run(mirrored);
    expect(verdict).toMatchObject({ kind: 'passed', values: [{ value: 100, samples: 4 }, { samples: 4 }] });
    expect(verdict.values[0]?.query).toContain('skipper_backend_duration_seconds{route=~"');
    expect(verdict.notices).toEqual([
      expect.stringContaining('mirrored requests of podinfo.test without their status'),
    ]);
  });

  it.each`
    page               | text
    ${'without-flag'}  | ${'E Skipper query failed: Skipper runs without -serve-route-metrics: it counts no requests by route'}
    ${'without-codes'} | ${'E Skipper query failed: Skipper counts requests without their status code, so that nobody can tell which failed: remove its flag -serve-status-code-metric=false'}
  `('fails over $page, early or not', async ({ page, text }) => {
    skipper.text = readFixture(String(page)).replaceAll(/} 2$/gm, '} 1');
    await startRecording();
    skipper.text = readFixture(String(page));
    await clock.advance(1_000);
    expect(await check({ dataSinceMs: 5_000 })).toBe(text);
  });

  it('fails while no replica answers', async () => {
    skippers.replicas.clear();
    await startRecording();
    expect(await check()).toBe(
      'E Skipper query failed: none of the 1 replicas of Skipper answers: GET http://10.0.0.1:9911: connect ECONNREFUSED',
    );
  });

  it('says that it answers no PromQL', async () => {
    expect(await check({ metrics: [aMetric({ name: 'errors', query: 'up' })] })).toBe(
      'E Prometheus query failed for errors: metricsServer skipper answers no PromQL, use a MetricTemplate',
    );
  });

  it('says that it has no metrics of pods', async () => {
    expect(await check({ provider: 'kubernetes' })).toBe(
      'E Skipper query failed: metricsServer skipper cannot answer request-success-rate for provider kubernetes, which has no routes; set metricsServer to a Prometheus',
    );
    expect(skippers.requests).toHaveLength(0);
  });

  it('is available when a replica answers', async () => {
    expect(await checker.checkAvailability(aRequest())).toEqual({ kind: 'available' });
    skipper.failure = 'connect ETIMEDOUT';
    expect(await checker.checkAvailability(aRequest())).toEqual({
      kind: 'unavailable',
      message: 'Error checking metric providers: skipper not avaiable: GET http://10.0.0.1:9911: connect ETIMEDOUT',
    });
  });
});

describe('what comes early', () => {
  it('is too early until a replica was read twice; the first check starts the reading', async () => {
    expect(await check()).toBe('tooEarly');
    await clock.advance(1_500);
    skipper.serve(toCanary, 500);
    await clock.advance(3_500);
    expect(await check()).toBe('W Halt podinfo.test advancement success rate 0.00% < 99%');
  });

  it('R19: missing data is too early at first and a failed check later', async () => {
    await startRecording();
    expect(await check({ dataSinceMs: 5_000 })).toBe('tooEarly');
    expect(await check({ dataSinceMs: 29_999 })).toBe('tooEarly');
    await clock.advance(29_000);
    expect(await check({ dataSinceMs: 30_000 })).toContain('no values found for skipper metric');
  });

  it('does not hold it against an old revision that the operator has just started', async () => {
    await startRecording();
    expect(await check()).toBe('tooEarly');
    for (let second = 0; second < 60; second += 5) {
      await clock.advance(5_000);
      await check();
    }
    expect(await check()).toContain('no values found for skipper metric');
  });

  it('stops reading when no check asks any more', async () => {
    await check();
    await clock.advance(120_000);
    const { length } = skippers.requests;
    await clock.advance(120_000);
    expect(skippers.requests).toHaveLength(length);
  });
});

describe('R19: two revisions, one after the other', () => {
  /** Ten requests a second to the canary, of which every second one gets this status. */
  async function serve(seconds: number, code: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      skipper.serve(toCanary, 200, { times: 5 });
      skipper.serve(toCanary, code, { times: 5 });
      skipper.serve(toPrimary, 200, { times: 50 });
      await clock.advance(1_000);
    }
  }

  /** Gives a revision weight for half a minute, with a check every five seconds from the first interval on. */
  async function analyse(code: number): Promise<readonly string[]> {
    recordAnalysis(counters, aRequest({ metrics: [successRate, duration] }));
    const verdicts: string[] = [];
    for (let dataSinceMs = 5_000; dataSinceMs <= 30_000; dataSinceMs += 5_000) {
      await serve(5, code);
      verdicts.push(await check({ dataSinceMs, metrics: [successRate, duration] }));
    }
    return verdicts;
  }

  /** Routes 100/0: Skipper takes it over at its next poll, then nothing reaches the canary for a settle time. */
  async function rest(code: number): Promise<void> {
    await serve(2, code);
    await clock.advance(5_000);
  }

  const halt = 'W Halt podinfo.test advancement success rate 50.00% < 99%';

  it('a broken one, then a good one at once: the good one has no failed check', async () => {
    expect(await analyse(500)).toEqual(Array.from({ length: 6 }, () => halt));
    await rest(500);
    expect(await analyse(200)).toEqual(Array.from({ length: 6 }, () => 'passed'));
  });

  it('a good one, then a broken one at once: the broken one is noticed at its first check', async () => {
    expect(await analyse(200)).toEqual(Array.from({ length: 6 }, () => 'passed'));
    await rest(200);
    expect(await analyse(500)).toEqual(Array.from({ length: 6 }, () => halt));
  });
});
