// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { FakePrometheus, vector } from '../../test/support/fake-prometheus.js';
import { LoopbackServers } from '../../test/support/loopback-server.js';
import type { MetricTemplate, MetricTemplateResult } from '../api/metric-template.js';
import type { MetricCheck } from '../api/rollout-spec.js';
import { systemClock } from '../lib/clock.js';
import { FakeClock } from '../lib/fake-clock.js';
import { createHttpClient, type HttpClient } from '../lib/http-client.js';
import { silentLogger, type Logger } from '../lib/logger.js';
import { createSkipperCounters, type SkipperCounters } from './skipper-counters/index.js';
import { createMetricChecker, type MetricChecker, type MetricRequest, type MetricVerdict } from './index.js';

const servers = new LoopbackServers();
let http: HttpClient;
let fake: FakePrometheus;
let templates: Map<string, MetricTemplateResult>;
let secrets: Map<string, Record<string, string> | Error>;
let checker: MetricChecker;

beforeEach(async () => {
  http = createHttpClient({ clock: systemClock });
  fake = await FakePrometheus.start(servers);
  templates = new Map();
  secrets = new Map();
  checker = newChecker();
});

afterEach(() => {
  http.close();
  servers.closeAll();
});

/** Skipper has no replicas. */
function noCounters(): SkipperCounters {
  const replicas = { place: 'nowhere', list: () => Promise.resolve([]) };
  return createSkipperCounters({ clock: new FakeClock(), http, log: silentLogger, replicas });
}

function newChecker(log: Logger = silentLogger): MetricChecker {
  return createMetricChecker({
    clock: new FakeClock(),
    log,
    http,
    kubernetes: () => Promise.reject(new Error('no cluster')),
    environment: {},
    metricsServer: fake.url,
    counters: noCounters(),
    templates: {
      template: ({ namespace, name }) => templates.get(`${namespace}/${name}`),
      secret: ({ namespace, name }) => {
        const secret = secrets.get(`${namespace}/${name}`);
        return secret instanceof Error ? Promise.reject(secret) : Promise.resolve(secret);
      },
    },
  });
}

function aMetric(metric: Partial<MetricCheck> = {}): MetricCheck {
  return {
    name: 'request-success-rate',
    interval: '1m',
    intervalMs: 60_000,
    threshold: 0,
    templateVariables: {},
    ...metric,
  };
}

const successRate = aMetric({ thresholdRange: { min: 99 } });
const duration = aMetric({ name: 'request-duration', thresholdRange: { max: 500 } });

/** A revision that has had traffic for long, so that missing data counts. */
function aRequest(request: Partial<MetricRequest> = {}): MetricRequest {
  return {
    canary: { namespace: 'test', name: 'podinfo' },
    targetName: 'podinfo',
    serviceName: 'podinfo',
    ingressName: 'podinfo-ing',
    provider: 'skipper',
    mirrored: false,
    metrics: [successRate],
    dataSinceMs: 600_000,
    analysisIntervalMs: 10_000,
    signal: new AbortController().signal,
    ...request,
  };
}

function addTemplate(name: string, query: string, provider: Partial<MetricTemplate['provider']> = {}): FakePrometheus {
  const template: MetricTemplate = {
    key: { namespace: 'test', name },
    query,
    provider: { type: 'prometheus', address: fake.url, headers: {}, insecureSkipVerify: false, ...provider },
  };
  templates.set(`test/${name}`, { kind: 'ok', template });
  return fake;
}

function custom(name: string, metric: Partial<MetricCheck> = {}): MetricCheck {
  return aMetric({ name, templateRef: { namespace: 'test', name }, thresholdRange: { max: 0.5 }, ...metric });
}

/** The verdict as one line: "passed", "tooEarly" or level and message. */
function line(verdict: MetricVerdict): string {
  return verdict.kind === 'failed' ? `${verdict.level} ${verdict.message}` : verdict.kind;
}

async function verdictLine(request: Partial<MetricRequest>): Promise<string> {
  return line(await checker.run(aRequest(request)));
}

const success = 'skipper_serve_route_duration_seconds_count';
const latency = 'skipper_serve_route_duration_seconds_sum';
const route =
  'kube(ew)?_test__podinfo_ing_canary(_[0-9]+|_sticky)?__.*__podinfo_canary(_[0-9]+)?(_disable_https_redirect)?';

describe('built-in queries', () => {
  it('D40: counts what Skipper served, a canary without any good answer as 0 %', async () => {
    await checker.run(aRequest());
    expect(fake.queries[0]).toBe(
      `(sum(rate(${success}{route=~"${route}",code!~"5.."}[1m])) or vector(0)) / sum(rate(${success}{route=~"${route}"}[1m])) * 100`,
    );
  });

  it('averages the duration in milliseconds', async () => {
    await checker.run(aRequest({ metrics: [duration] }));
    expect(fake.queries).toEqual([
      `sum(rate(${latency}{route=~"${route}"}[1m])) / sum(rate(${success}{route=~"${route}"}[1m])) * 1000`,
    ]);
  });

  it('writes names as Skipper does and takes the target for a missing Ingress', async () => {
    const { ingressName, ...request } = aRequest({
      canary: { namespace: 'my-ns', name: 'x' },
      targetName: 'my.app',
      serviceName: 'my-svc',
    });
    expect(ingressName).toBe('podinfo-ing');
    await checker.run(request);
    expect(fake.queries[0]).toContain('kube(ew)?_my_ns__my_app_canary(_[0-9]+|_sticky)?__.*__my_svc_canary(_[0-9]+)?');
  });

  it('D18: uses the queries of Skipper for a target of kind Service', async () => {
    await checker.run(aRequest({ provider: 'skipper:service' }));
    expect(fake.queries[0]).toContain(success);
  });

  it('reads the metrics of the pods for the provider kubernetes', async () => {
    const pods = 'kubernetes_namespace="test",kubernetes_pod_name=~"podinfo-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"';
    fake.when('http_request_duration_seconds_count', vector('100')).when('_bucket', vector('20'));
    await checker.run(aRequest({ provider: 'kubernetes', metrics: [successRate, duration] }));
    expect(fake.queries.filter((query) => !query.includes('increase'))).toEqual([
      `(sum(rate(http_request_duration_seconds_count{${pods},status!~"5.*"}[1m])) or vector(0)) / sum(rate(http_request_duration_seconds_count{${pods}}[1m])) * 100`,
      `histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket{${pods}}[1m])) by (le)) * 1000`,
    ]);
  });

  it('asks the Prometheus of the Canary when it names one', async () => {
    const own = await FakePrometheus.start(servers);
    own.when(success, vector('100'));
    expect(await verdictLine({ metricsServer: own.url })).toBe('passed');
    expect(fake.seen).toHaveLength(0);
  });
});

describe('mirrored requests', () => {
  const shadow = 'kube(ew)?_test__podinfo_ing_canary_mirror__.*__podinfo_canary(_[0-9]+)?(_disable_https_redirect)?';
  const answered = `(sum(rate(skipper_backend_duration_seconds_count{route=~"${shadow}"}[1m])) or vector(0))`;
  const failed = `(sum(rate(skipper_backend_error_total{route=~"${shadow}"}[1m])) or vector(0))`;

  it('are judged by what backends answered, and that their status is unknown is said', async () => {
    fake.when('skipper_backend', vector('100'));
    const verdict = await checker.run(aRequest({ mirrored: true }));
    expect(line(verdict)).toBe('passed');
    expect(fake.queries).toEqual([
      `${answered} / (${answered} + ${failed}) * 100`,
      `(${answered} + ${failed})`.replaceAll('rate(', 'increase('),
    ]);
    expect(verdict.notices).toEqual([
      'Skipper counts mirrored requests of podinfo.test without their status: request-success-rate sees only those that got no answer. Check the answers with a metric of the application',
    ]);
  });

  it('have durations, of which nothing is missing', async () => {
    fake.when('skipper_backend', vector('20'));
    const metrics = [duration, { ...duration, quantile: 0.9 }];
    const verdict = await checker.run(aRequest({ mirrored: true, metrics }));
    expect(fake.queries.filter((query) => !query.includes('increase'))).toEqual([
      `sum(rate(skipper_backend_duration_seconds_sum{route=~"${shadow}"}[1m])) / sum(rate(skipper_backend_duration_seconds_count{route=~"${shadow}"}[1m])) * 1000`,
      `histogram_quantile(0.9, sum(rate(skipper_backend_duration_seconds_bucket{route=~"${shadow}"}[1m])) by (le)) * 1000`,
    ]);
    expect(verdict).toMatchObject({ kind: 'passed', notices: [] });
  });

  it('have no fallback, which counts none of them', async () => {
    expect(await verdictLine({ mirrored: true })).toContain('no values found for skipper metric request-success-rate');
    expect(fake.queries).toHaveLength(1);
  });
});

describe('verdicts', () => {
  it.each`
    metric                               | answer              | text
    ${{ thresholdRange: { min: 99 } }}   | ${vector('99')}     | ${'passed'}
    ${{ thresholdRange: { min: 99 } }}   | ${vector('98.994')} | ${'W Halt podinfo.test advancement success rate 98.99% < 99%'}
    ${{ thresholdRange: { min: 99.5 } }} | ${vector('0')}      | ${'W Halt podinfo.test advancement success rate 0.00% < 99.5%'}
    ${{ thresholdRange: { max: 50 } }}   | ${vector('100')}    | ${'W Halt podinfo.test advancement success rate 100.00% > 50%'}
    ${{ threshold: 99 }}                 | ${vector('98')}     | ${'W Halt podinfo.test advancement success rate 98.00% < 99%'}
    ${{ threshold: 99 }}                 | ${vector('100')}    | ${'passed'}
    ${{ thresholdRange: {} }}            | ${vector('1')}      | ${'passed'}
  `('success rate $metric over $answer: $text', async ({ metric, answer, text }) => {
    fake.when(success, answer as string);
    expect(await verdictLine({ metrics: [aMetric(metric as Partial<MetricCheck>)] })).toBe(text);
  });

  it.each`
    metric                              | answer               | text
    ${{ thresholdRange: { max: 500 } }} | ${vector('500')}     | ${'passed'}
    ${{ thresholdRange: { max: 500 } }} | ${vector('1515.7')}  | ${'W Halt podinfo.test advancement request duration 1.515s > 500ms'}
    ${{ thresholdRange: { min: 600 } }} | ${vector('523.9')}   | ${'W Halt podinfo.test advancement request duration 523ms < 600ms'}
    ${{ threshold: 90_500 }}            | ${vector('3600000')} | ${'W Halt podinfo.test advancement request duration 1h0m0s > 1m30.5s'}
    ${{ threshold: 500 }}               | ${vector('0')}       | ${'passed'}
  `('request duration $metric over $answer: $text', async ({ metric, answer, text }) => {
    fake.when(latency, answer as string);
    const metrics = [aMetric({ ...(metric as Partial<MetricCheck>), name: 'request-duration' })];
    expect(await verdictLine({ metrics })).toBe(text);
  });

  it.each`
    max    | answer      | text
    ${0.5} | ${'0.4'}    | ${'passed'}
    ${0.5} | ${'0.6'}    | ${'W Halt podinfo.test advancement request duration 600µs > 500µs'}
    ${500} | ${'500.25'} | ${'W Halt podinfo.test advancement request duration 500.25ms > 500ms'}
  `('D41: compares durations unrounded, $answer with $max', async ({ max, answer, text }) => {
    fake.when(latency, vector(answer as string));
    const metrics = [aMetric({ name: 'request-duration', thresholdRange: { max: Number(max) } })];
    expect(await verdictLine({ metrics })).toBe(text);
  });

  it.each`
    range           | answer             | text
    ${{ max: 1 }}   | ${vector('1.234')} | ${'W Halt podinfo.test advancement errors 1.23 > 1'}
    ${{ min: 1e6 }} | ${vector('5')}     | ${'W Halt podinfo.test advancement errors 5.00 < 1e+06'}
    ${{ max: 0.5 }} | ${vector('0.5')}   | ${'passed'}
    ${undefined}    | ${vector('0.001')} | ${'W Halt podinfo.test advancement errors 0.00 > 0'}
    ${{ max: 1 }}   | ${vector('NaN')}   | ${'W Halt advancement no values found for metric: errors'}
    ${{ max: 1 }}   | ${vector()}        | ${'W Halt advancement no values found for metric: errors'}
    ${{ max: 1 }}   | ${'<html>'}        | ${"E Prometheus query failed for errors: error unmarshaling result: no JSON, '<html>'"}
  `('inline query in $range over $answer: $text', async ({ range, answer, text }) => {
    fake.when('my_errors', answer as string);
    const thresholdRange = range as { min?: number; max?: number } | undefined;
    const metric = aMetric({ name: 'errors', query: 'my_errors', ...(thresholdRange && { thresholdRange }) });
    expect(await verdictLine({ metrics: [metric] })).toBe(text);
  });

  it.each`
    answer           | text
    ${vector('0.7')} | ${'W Halt podinfo.test advancement latency 0.70 > 0.5'}
    ${vector('0.5')} | ${'passed'}
    ${vector()}      | ${'W Halt advancement no values found for custom metric: latency: no values found'}
    ${'{}'}          | ${'W Halt advancement no values found for custom metric: latency: no values found'}
    ${'null'}        | ${"E Metric query failed for latency: error unmarshaling result: unexpected structure, 'null'"}
  `('MetricTemplate over $answer: $text', async ({ answer, text }) => {
    addTemplate('latency', 'my_latency');
    fake.when('my_latency', answer ?? vector());
    expect(await verdictLine({ metrics: [custom('latency')] })).toBe(text);
  });

  it.each`
    provider        | name                      | text
    ${'skipper'}    | ${'request-success-rate'} | ${'W Halt advancement no values found for skipper metric request-success-rate probably podinfo.test is not receiving traffic: running query failed: no values found'}
    ${'kubernetes'} | ${'request-success-rate'} | ${'W Halt advancement no values found for kubernetes metric request-success-rate probably podinfo.test is not receiving traffic: no values found'}
    ${'skipper'}    | ${'request-duration'}     | ${'W Halt advancement no values found for skipper metric request-duration probably podinfo.test is not receiving traffic'}
    ${'kubernetes'} | ${'request-duration'}     | ${'W Halt advancement no values found for kubernetes metric request-duration probably podinfo.test is not receiving traffic'}
  `('no values for $name of $provider', async ({ provider, name, text }) => {
    fake.when('skipper_serve', vector('NaN')).when('http_request', vector('NaN'));
    expect(await verdictLine({ provider: String(provider), metrics: [aMetric({ name: String(name) })] })).toBe(text);
  });

  it.each`
    provider        | name                      | text
    ${'skipper'}    | ${'request-success-rate'} | ${'E Prometheus query failed: running query failed: error response: Status 500 Internal Server Error: oops'}
    ${'skipper'}    | ${'request-duration'}     | ${'E Prometheus query failed: running query failed: error response: Status 500 Internal Server Error: oops'}
    ${'kubernetes'} | ${'request-success-rate'} | ${'E Prometheus query failed: error response: Status 500 Internal Server Error: oops'}
    ${'kubernetes'} | ${'request-duration'}     | ${'E Prometheus query failed: running query failed: error response: Status 500 Internal Server Error: oops'}
  `('a failing query for $name of $provider', async ({ provider, name, text }) => {
    fake.when('', (response) => response.writeHead(500).end('oops'));
    expect(await verdictLine({ provider: String(provider), metrics: [aMetric({ name: String(name) })] })).toBe(text);
  });

  it('reports a metrics server with a bad address, without its password', async () => {
    expect(await verdictLine({ metricsServer: 'prom:9090' })).toBe(
      'E Error building Prometheus client for prom:9090 prometheus address prom:9090 is not a valid URL',
    );
    expect(await verdictLine({ metricsServer: 'ftp://me:hidden@prom' })).not.toContain('hidden');
  });

  it('reports a metric without any query', async () => {
    expect(await verdictLine({ metrics: [aMetric({ name: 'nothing' })] })).toBe(
      'E Metric query failed for no usable metrics template and query were configured',
    );
  });
});

describe('problems of a MetricTemplate', () => {
  it.each`
    name                         | prepare                                                                     | text
    ${'missing'}                 | ${() => templates.clear()}                                                  | ${'E Metric template t.test error: metrictemplate.flagger.app "t" not found'}
    ${'invalid'}                 | ${() => templates.set('test/t', { kind: 'invalid', problems: ['a', 'b'] })} | ${'E Metric template t.test error: a; b'}
    ${'without its Secret'}      | ${() => addTemplate('t', 'up', { secretName: 's' })}                        | ${'E Metric template t.test secret s error: secrets "s" not found'}
    ${'with a forbidden Secret'} | ${() => forbidSecret()}                                                     | ${'E Metric template t.test secret s error: secrets "s" is forbidden'}
    ${'with half a Secret'}      | ${() => halfSecret()}                                                       | ${'E Metric template t.test provider prometheus error: prometheus credentials does not contain a password'}
    ${'with a bad address'}      | ${() => addTemplate('t', 'up', { address: 'x' })}                           | ${'E Metric template t.test provider prometheus error: prometheus address x is not a valid URL'}
    ${'of an unsupported kind'}  | ${() => addTemplate('t', 'up', { type: 'keptn' })}                          | ${'E Metric template t.test provider keptn error: keptn is not supported: the project was archived in September 2025; ask the source of the KeptnMetric itself, such as prometheus, dynatrace or datadog'}
    ${'that cannot be parsed'}   | ${() => addTemplate('t', '{{ nope }}')}                                     | ${'E Metric template t.test query render error: template parsing failed: template: tmpl:1: function "nope" not defined'}
    ${'with a missing variable'} | ${() => addTemplate('t', '{{ variables.x }}')}                              | ${'E Metric template t.test query render error: template excution failed: template: tmpl:1:3: executing "tmpl" at <variables>: map has no entry for key "x"'}
  `('a template $name', async ({ prepare, text }) => {
    (prepare as () => void)();
    expect(await verdictLine({ metrics: [custom('t')] })).toBe(text);
    expect(fake.seen).toHaveLength(0);
  });

  function forbidSecret(): void {
    addTemplate('t', 'up', { secretName: 's' });
    secrets.set('test/s', new Error('secrets "s" is forbidden'));
  }

  function halfSecret(): void {
    addTemplate('t', 'up', { secretName: 's' });
    secrets.set('test/s', { username: 'me' });
  }

  it('survives a source that throws', async () => {
    const broken = createMetricChecker({
      clock: new FakeClock(),
      log: silentLogger,
      http,
      kubernetes: () => Promise.reject(new Error('no cluster')),
      environment: {},
      metricsServer: fake.url,
      counters: noCounters(),
      templates: {
        template: () => {
          throw new Error('store is closed');
        },
        secret: () => Promise.resolve(undefined),
      },
    });
    expect(line(await broken.run(aRequest({ metrics: [custom('t')] })))).toBe('E Metric check failed: store is closed');
  });
});

describe('templates', () => {
  it('renders the query of a MetricTemplate and sends its headers and credentials', async () => {
    const query =
      'up{ns="{{ namespace }}",p="{{ name }}/{{ target }}/{{ service }}/{{ ingress }}/{{ route }}"}[{{ interval }}] {{ variables.x }}';
    addTemplate('latency', query, { headers: { 'X-Scope-OrgID': ['tenant'] }, secretName: 'creds' });
    secrets.set('test/creds', { token: 'hidden' });
    fake.when('up', vector('0.1'));
    const verdict = await checker.run(
      aRequest({
        targetName: 'app',
        serviceName: 'svc',
        metrics: [custom('latency', { templateVariables: { x: '> 0' } })],
      }),
    );
    expect(line(verdict)).toBe('passed');
    expect(fake.queries).toEqual(['up{ns="test",p="podinfo/app/svc/podinfo-ing/app"}[1m] > 0']);
    expect(fake.seen[0]?.headers).toMatchObject({ 'x-scope-orgid': 'tenant', authorization: 'Bearer hidden' });
    expect(JSON.stringify(verdict)).not.toContain('hidden');
  });

  it('D14: renders 1m for a metric without interval', async () => {
    addTemplate('latency', 'rate(x[{{ interval }}])');
    await checker.run(aRequest({ metrics: [custom('latency', { interval: '' })] }));
    expect(fake.queries).toEqual(['rate(x[1m])']);
  });

  it('D36: reports an inline query that cannot be rendered and sends nothing', async () => {
    const metrics = [aMetric({ name: 'errors', query: '{{ variables.x }}' })];
    expect(await verdictLine({ metrics })).toBe(
      'E Prometheus query failed for errors: template excution failed: template: tmpl:1:3: executing "tmpl" at <variables>: map has no entry for key "x"',
    );
    expect(fake.seen).toHaveLength(0);
  });
});

describe('order and evidence', () => {
  it('runs built-in and inline checks in list order, then templates, up to the first failure', async () => {
    addTemplate('first', 'template_first');
    fake.when(success, vector('100')).when(latency, vector('20')).when('inline', vector('0'));
    fake.when('template_first', vector('9'));
    const inline = aMetric({ name: 'errors', query: 'inline' });
    const verdict = await checker.run(
      aRequest({ metrics: [custom('first'), successRate, inline, duration, custom('second')] }),
    );
    expect(line(verdict)).toBe('W Halt podinfo.test advancement first 9.00 > 0.5');
    expect(verdict.values).toMatchObject([
      { metric: 'request-success-rate', value: 100, unit: 'percent', bound: '>= 99%', source: 'prometheus' },
      { metric: 'errors', value: 0, unit: 'none', bound: '<= 0', query: 'inline' },
      { metric: 'request-duration', value: 20, unit: 'milliseconds', bound: '<= 500ms' },
      { metric: 'first', value: 9, bound: '<= 0.5', query: 'template_first', atMs: Date.UTC(2026, 0, 1) },
    ]);
  });

  it('runs the built-in check, the inline query and the template of one entry', async () => {
    addTemplate('t', 'from_template');
    fake.when(success, vector('100')).when('inline', vector('0')).when('from_template', vector('0'));
    const metric = {
      ...successRate,
      thresholdRange: { min: 0 },
      query: 'inline',
      templateRef: { namespace: 'test', name: 't' },
    };
    expect(await verdictLine({ metrics: [metric] })).toBe('passed');
    expect(fake.queries.filter((query) => !query.includes('increase'))).toHaveLength(3);
  });

  it('tells how many requests the built-in checks are about, and passes without knowing', async () => {
    fake.when(success, vector('100')).when('increase', vector('411.6'));
    const { values } = await checker.run(aRequest({ dataSinceMs: 12_300 }));
    expect(values).toMatchObject([{ metric: 'request-success-rate', value: 100, samples: 412 }]);
    expect(fake.queries[1]).toBe(`sum(increase(${success}{route=~"${route}"}[12s]))`);
    for (const answer of [vector(), vector('NaN'), '[]']) {
      fake.when('increase', answer);
      const verdict = await checker.run(aRequest());
      expect([line(verdict), verdict.values[0]?.value, verdict.values[0]?.samples]).toEqual(['passed', 100, undefined]);
    }
  });

  it.each`
    name                    | prepare                                                    | evidence
    ${'no values'}          | ${() => addTemplate('t', 'x')}                             | ${{ query: 'x', source: 'prometheus' }}
    ${'a query that broke'} | ${() => addTemplate('t', 'odd_one').when('odd_one', '[]')} | ${{ query: 'odd_one', source: 'prometheus' }}
    ${'no template'}        | ${() => undefined}                                         | ${{}}
    ${'no Secret'}          | ${() => addTemplate('t', 'x', { secretName: 's' })}        | ${{}}
    ${'a broken query'}     | ${() => addTemplate('t', '{{ variables.x }}')}             | ${{}}
  `('keeps why a check failed for want of a number: $name', async ({ prepare, evidence }) => {
    fake.when(success, vector('100'));
    (prepare as () => void)();
    const verdict = await checker.run(aRequest({ metrics: [successRate, custom('t')] }));
    const message = verdict.kind === 'failed' ? verdict.message : '';
    expect(message).not.toBe('');
    expect(verdict.values[0]).not.toHaveProperty('message');
    expect(verdict.values.slice(1)).toEqual([
      { metric: 't', unit: 'none', bound: '<= 0.5', atMs: Date.UTC(2026, 0, 1), message, ...(evidence as object) },
    ]);
  });

  it('D42: says what it asks to whoever wants to know, and to nobody else', async () => {
    const said: string[] = [];
    const note = (level: string) => (fields: Readonly<Record<string, unknown>>) =>
      void said.push(`${level} ${JSON.stringify(fields)}`);
    const levels = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
    const log: Logger = { ...levels, child: () => log };
    addTemplate('t', 'my_latency', { secretName: 's' });
    secrets.set('test/s', { token: 'hidden-token' });
    fake.when(latency, vector('1')).when('my_latency', vector('0'));
    await newChecker(log).run(aRequest({ metrics: [duration, custom('t')] }));
    expect(said.join()).toContain('my_latency');
    expect(said.filter((one) => !one.startsWith('debug '))).toEqual([]);
    expect(said.join()).not.toContain('hidden-token');
  });

  it('passes without any metric', async () => {
    expect(await checker.run(aRequest({ metrics: [] }))).toEqual({ kind: 'passed', values: [], notices: [] });
  });

  it('rejects with the reason of an aborted signal', async () => {
    const abort = new AbortController();
    fake.when(success, () => {
      abort.abort(new Error('new revision'));
    });
    await expect(checker.run(aRequest({ signal: abort.signal }))).rejects.toThrow('new revision');
    await expect(checker.run(aRequest({ signal: abort.signal }))).rejects.toThrow('new revision');
  });
});

describe('R19: data of this revision only', () => {
  it.each`
    dataSinceMs | interval | intervalMs | range
    ${600_000}  | ${'1m'}  | ${60_000}  | ${'[1m]'}
    ${60_000}   | ${'1m'}  | ${60_000}  | ${'[1m]'}
    ${59_999}   | ${'1m'}  | ${60_000}  | ${'[59s]'}
    ${5_000}    | ${'1m'}  | ${60_000}  | ${'[5s]'}
    ${2_000}    | ${'2s'}  | ${2_000}   | ${'[2s]'}
  `('$dataSinceMs ms after the first weight a metric of $interval reads $range', async (row) => {
    const { dataSinceMs, interval, intervalMs, range } = row as {
      dataSinceMs: number;
      interval: string;
      intervalMs: number;
      range: string;
    };
    await checker.run(aRequest({ dataSinceMs, metrics: [{ ...duration, interval, intervalMs }] }));
    expect(fake.queries[0]).toContain(range);
  });

  it('asks nothing while the range is too short for two scrapes', async () => {
    fake.when(success, vector('100'));
    expect(await verdictLine({ dataSinceMs: 4_999 })).toBe('tooEarly');
    expect(fake.seen).toHaveLength(0);
  });

  it.each`
    dataSinceMs | analysisIntervalMs | verdict
    ${29_999}   | ${10_000}          | ${'tooEarly'}
    ${30_000}   | ${10_000}          | ${'W'}
    ${119_999}  | ${60_000}          | ${'tooEarly'}
    ${120_000}  | ${60_000}          | ${'W'}
  `('missing data after $dataSinceMs ms at an interval of $analysisIntervalMs ms: $verdict', async (row) => {
    const { dataSinceMs, analysisIntervalMs, verdict } = row as Record<string, number> & { verdict: string };
    addTemplate('latency', 'my_latency');
    for (const metric of [successRate, duration, custom('latency'), aMetric({ name: 'errors', query: 'x' })]) {
      const request = aRequest({ metrics: [metric], ...(row as Partial<MetricRequest>) });
      expect(request).toMatchObject({ dataSinceMs, analysisIntervalMs });
      expect(line(await checker.run(request)).split(' ')[0]).toBe(verdict);
    }
  });

  it.each`
    scrapes   | dataSinceMs | verdict
    ${'1'}    | ${45_000}   | ${'tooEarly'}
    ${'2'}    | ${45_000}   | ${'W'}
    ${'none'} | ${45_000}   | ${'W'}
    ${'1'}    | ${60_000}   | ${'W'}
  `('missing data $dataSinceMs ms after the first weight, with $scrapes scrapes since: $verdict', async (row) => {
    const { scrapes, dataSinceMs, verdict } = row as { scrapes: string; dataSinceMs: number; verdict: string };
    const answer = scrapes === 'none' ? vector() : vector(scrapes);
    fake.when('count_over_time', answer).when(`count(${success})`, vector('9'));
    for (const provider of ['skipper', 'kubernetes'])
      expect((await verdictLine({ dataSinceMs, provider, metrics: [duration] })).split(' ')[0]).toBe(verdict);
    if (dataSinceMs < 60_000)
      expect(fake.queries).toContain(
        `max(count_over_time(${success}{route=~"kube(ew)?_test__podinfo_ing_canary(_[a-z0-9]+)?__.*"}[45s]))`,
      );
  });

  it('fails early when there is data and it is bad, or when the server does not answer', async () => {
    fake.when(success, vector('50'));
    expect(await verdictLine({ dataSinceMs: 10_000 })).toBe(
      'W Halt podinfo.test advancement success rate 50.00% < 99%',
    );
    fake.when(success, (response) => response.writeHead(503).end());
    expect(await verdictLine({ dataSinceMs: 10_000 })).toContain('E Prometheus query failed: ');
  });
});

describe('a Skipper without metrics of what it serves', () => {
  const fallback = `sum(rate(skipper_response_duration_seconds_bucket{route=~"${route}",code!~"5..",le="+Inf"}[1m]))`;

  it("uses Flagger's query, with one Warning per metrics server", async () => {
    fake.when('skipper_response_duration_seconds_bucket', vector('98'));
    const first = await checker.run(aRequest());
    expect(line(first)).toBe('W Halt podinfo.test advancement success rate 98.00% < 99%');
    expect(first.notices).toEqual([expect.stringContaining('Run Skipper with -serve-route-metrics')]);
    expect(first.values[0]?.query).toContain(fallback);
    expect((await checker.run(aRequest())).notices).toEqual([]);
    const other = await FakePrometheus.start(servers);
    other.when('skipper_response_duration_seconds_bucket', vector('100'));
    expect((await checker.run(aRequest({ metricsServer: other.url }))).notices).toHaveLength(1);
  });

  it('does not forget the Warning over checks of other metrics of that server', async () => {
    fake.when('skipper_response_duration_seconds_bucket', vector('100')).when('http_request', vector('100'));
    fake.when('skipper_backend', vector('100'));
    expect((await checker.run(aRequest())).notices).toHaveLength(1);
    for (const other of [{ provider: 'kubernetes' }, { mirrored: true }]) {
      expect(await verdictLine(other)).toBe('passed');
      expect((await checker.run(aRequest())).notices).toEqual([]);
    }
  });

  it('does not use it while Skipper counts anything that it serves', async () => {
    fake.when('skipper_response_duration_seconds_bucket', vector('100')).when(`count(${success})`, vector('12'));
    expect(await verdictLine({})).toContain('W Halt advancement no values found for skipper metric');
  });

  it('has no data when Skipper exports neither', async () => {
    const verdict = await checker.run(aRequest());
    expect(line(verdict)).toContain('W Halt advancement no values found for skipper metric');
    expect(verdict.notices).toEqual([]);
  });
});

describe('checkAvailability', () => {
  async function availability(request: Partial<MetricRequest>): Promise<string> {
    const result = await checker.checkAvailability(aRequest(request));
    return result.kind === 'available' ? 'available' : result.message;
  }

  it('is content when every server answers, and does not ask for inline queries', async () => {
    fake.when('vector(1)', vector('1'));
    addTemplate('latency', 'my_latency');
    const inline = aMetric({ name: 'errors', query: 'my_errors' });
    expect(await availability({ metrics: [successRate, duration, inline, custom('latency')] })).toBe('available');
    expect(new Set(fake.queries)).toEqual(new Set(['vector(1)']));
    expect(await availability({ metrics: [] })).toBe('available');
  });

  it.each`
    name                    | prepare                                                           | text
    ${'an unreachable one'} | ${() => addTemplate('t', 'x', { address: 'http://127.0.0.1:1' })} | ${'prometheus in metric template t.test not avaiable: running query failed: request failed: GET http://127.0.0.1:1/api/v1/query: connect ECONNREFUSED 127.0.0.1:1'}
    ${'a missing template'} | ${() => undefined}                                                | ${'metric template t.test error: metrictemplate.flagger.app "t" not found'}
    ${'a missing Secret'}   | ${() => addTemplate('t', 'x', { secretName: 's' })}               | ${'metric template t.test secret s error: secrets "s" not found'}
    ${'a bad address'}      | ${() => addTemplate('t', 'x', { address: 'x' })}                  | ${'metric template t.test provider prometheus error: prometheus address x is not a valid URL'}
  `('reports $name', async ({ prepare, text }) => {
    fake.when('vector(1)', vector('1'));
    (prepare as () => void)();
    expect(await availability({ metrics: [successRate, custom('t')] })).toBe(
      `Error checking metric providers: ${String(text)}`,
    );
  });

  it('reports the server of the built-in checks', async () => {
    expect(await availability({ metricsServer: 'http://127.0.0.1:1' })).toBe(
      'Error checking metric providers: prometheus not avaiable: running query failed: request failed: GET http://127.0.0.1:1/api/v1/query: connect ECONNREFUSED 127.0.0.1:1',
    );
    expect(await availability({ metricsServer: 'x' })).toBe(
      'Error checking metric providers: error building Prometheus client for x prometheus address x is not a valid URL',
    );
    fake.when('vector(1)', vector('2'));
    expect(await availability({})).toBe(
      'Error checking metric providers: prometheus not avaiable: value is not 1 for query: vector(1)',
    );
  });
});

describe('load', () => {
  it('fails checks of a dead server at once, with one Warning for all of them, and no other checks', async () => {
    const dead = { metricsServer: 'http://127.0.0.1:1' };
    for (let count = 0; count < 5; count += 1)
      expect(await verdictLine(dead)).toContain(
        'request failed: GET http://127.0.0.1:1/api/v1/query: connect ECONNREFUSED',
      );
    const text =
      'E Prometheus query failed: running query failed: http://127.0.0.1:1 has not answered since 2026-01-01T00:00:00Z: ' +
      'connect ECONNREFUSED 127.0.0.1:1 (asked again every 15s)';
    const verdicts = [await checker.run(aRequest(dead)), await checker.run(aRequest(dead))];
    expect(verdicts.map(line)).toEqual([text, text]);
    expect(verdicts.map(({ notices }) => notices)).toEqual([
      [expect.stringContaining('Metrics source http://127.0.0.1:1 has not answered since 2026-01-01T00:00:00Z')],
      [],
    ]);
    fake.when(success, vector('100'));
    expect(await verdictLine({})).toBe('passed');
  });

  it('warns once when the dead server is that of a MetricTemplate', async () => {
    addTemplate('t', 'x', { type: 'graphite', address: 'http://127.0.0.1:1' });
    const request = aRequest({ metrics: [custom('t')] });
    const verdicts = [];
    for (let count = 0; count < 7; count += 1) verdicts.push(await checker.run(request));
    expect(verdicts.map(({ notices }) => notices.length)).toEqual([0, 0, 0, 0, 0, 1, 0]);
    expect(verdicts.slice(-1).map(line)[0]).toMatch(
      /^E Metric query failed for t: http:\/\/127\.0\.0\.1:1 has not answered since /,
    );
  });

  it('asks a server no more than eight things at a time', async () => {
    let open = 0;
    let most = 0;
    fake.when(success, (response) => {
      open += 1;
      most = Math.max(most, open);
      setImmediate(() => {
        open -= 1;
        response.end(vector('100'));
      });
    });
    const verdicts = await Promise.all(Array.from({ length: 40 }, () => checker.run(aRequest())));
    expect(new Set(verdicts.map(line))).toEqual(new Set(['passed']));
    expect(most).toBeLessThanOrEqual(8);
  });
});
