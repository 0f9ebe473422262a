// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { externalMetrics, ProviderBench } from '../../../test/support/metric-services/index.js';
import { errorText } from '../../lib/operator-error.js';
import { parseMetricPath } from './external-metric-path.js';
import type { KubernetesGet } from './provider.js';

const { signal } = new AbortController();
let bench: ProviderBench;

beforeEach(() => {
  bench = new ProviderBench();
});

afterEach(() => {
  bench.close();
});

async function problem(outcome: Promise<unknown>): Promise<string> {
  return await outcome.then((value) => `no problem: ${JSON.stringify(value)}`, errorText);
}

describe('createExternalMetricsProvider without an address', () => {
  const good = { status: 200, body: externalMetrics.good.reply.body };

  it("asks the cluster's own API as the operator", async () => {
    const asked: unknown[] = [];
    const kubernetes: KubernetesGet = ({ path, query }) => {
      asked.push({ path, query });
      return Promise.resolve(good);
    };
    const source = bench.provider('externalmetrics', {}, { kubernetes });
    expect(await source.query(externalMetrics.query, signal)).toEqual([1.5]);
    const { path, parameters } = externalMetrics.asked;
    expect(asked).toEqual([{ path, query: parameters }]);
  });

  it.each`
    answer                                                              | text
    ${{ status: 403, body: '{"kind":"Status","message":"forbidden"}' }} | ${'error querying external metrics API: 403: forbidden'}
    ${{ status: 404, body: '404 page not found\n' }}                    | ${'error querying external metrics API: 404: 404 page not found'}
    ${{ status: 200, body: '[]' }}                                      | ${"error unmarshaling result: unexpected structure, '[]'"}
    ${{ status: 200, body: 'x'.repeat(5 * 1024 * 1024) }}               | ${'answer exceeds 4194304 bytes'}
    ${new Error('connect ECONNREFUSED')}                                | ${'request failed: GET /apis/external.metrics.k8s.io/v1beta1/namespaces/default/m: connect ECONNREFUSED'}
  `('reports $text', async ({ answer, text }) => {
    const kubernetes: KubernetesGet = () =>
      answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as typeof good);
    expect(await problem(bench.provider('externalmetrics', {}, { kubernetes }).query('m', signal))).toBe(text);
  });

  it.each`
    answer                                                               | text
    ${good}                                                              | ${'no problem: undefined'}
    ${{ status: 404, body: '{"kind":"Status","message":"not found"}' }}  | ${'no problem: undefined'}
    ${{ status: 404, body: '404 page not found\n' }}                     | ${'external metrics service unavailable: 404: 404 page not found'}
    ${{ status: 503, body: '{"kind":"Status","message":"no backend"}' }} | ${'external metrics service unavailable: 503: no backend'}
  `('is online or not: $text', async ({ answer, text }) => {
    const kubernetes: KubernetesGet = () => Promise.resolve(answer as typeof good);
    expect(await problem(bench.provider('externalmetrics', {}, { kubernetes }).checkOnline(signal))).toBe(text);
  });
});

describe('createExternalMetricsProvider with an address', () => {
  it('sends it nothing that belongs to the cluster', async () => {
    const kubernetes: KubernetesGet = () => Promise.reject(new Error('must not be asked'));
    const headers: unknown[] = [];
    const address = await bench.serve((request, response) => {
      headers.push(request.headers.authorization);
      response.end(externalMetrics.good.reply.body);
    });
    expect(await bench.provider('externalmetrics', { address }, { kubernetes }).query('m', signal)).toEqual([1.5]);
    expect(headers).toEqual([undefined]);
  });
});

describe('parseMetricPath', () => {
  it.each`
    query                                    | path
    ${'m'}                                   | ${{ namespace: 'default', metric: 'm' }}
    ${'/m'}                                  | ${{ namespace: 'default', metric: 'm' }}
    ${' ns/m\n'}                             | ${{ namespace: 'ns', metric: 'm' }}
    ${'ns/datadogmetric@ns:a'}               | ${{ namespace: 'ns', metric: 'datadogmetric@ns:a' }}
    ${'ns/a|b%2e%2e'}                        | ${{ namespace: 'ns', metric: 'a%7Cb%252e%252e' }}
    ${'m?'}                                  | ${{ namespace: 'default', metric: 'm' }}
    ${'m?labelSelector='}                    | ${{ namespace: 'default', metric: 'm' }}
    ${'m?labelSelector=a%3Db%2Cc+notin+(d)'} | ${{ namespace: 'default', metric: 'm', labelSelector: 'a=b,c notin (d)' }}
    ${'m?labelSelector=a=b'}                 | ${{ namespace: 'default', metric: 'm', labelSelector: 'a=b' }}
  `('reads "$query"', ({ query, path }) => {
    expect(parseMetricPath(query as string)).toEqual(path);
  });

  it.each`
    query                      | text
    ${''}                      | ${'metric name cannot be empty'}
    ${'ns/'}                   | ${'metric name cannot be empty'}
    ${'a/b/c'}                 | ${'malformed query string, too many slashes, expected <namespace>/<metricName>?labelSelector=<urlencoded label selectors>, got a/b/c'}
    ${'../secrets'}            | ${'.. is not a namespace'}
    ${'ns/..'}                 | ${'.. is not a metric name'}
    ${'m?labelSelector=a%zz'}  | ${'error parsing label selector from string a%zz: invalid URL escape'}
    ${'m?labelselector=a%3Db'} | ${'unknown parameter labelselector'}
  `('refuses "$query"', ({ query, text }) => {
    expect(() => parseMetricPath(String(query))).toThrow(`error parsing metric query: ${String(text)}`);
  });
});
