// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';

import type { MetricCheck } from '../api/rollout-spec.js';
import { builtInMetric } from './built-in-metric.js';
import type { MetricSubject } from './metric-request.js';
import { routePattern, routePrefixPattern } from './route-pattern.js';

const subject: MetricSubject = {
  canary: { namespace: 'test', name: 'podinfo' },
  targetName: 'podinfo',
  serviceName: 'podinfo',
  ingressName: 'podinfo-ing',
  provider: 'skipper',
  mirrored: false,
  metrics: [],
  signal: new AbortController().signal,
};

const metric: MetricCheck = {
  name: 'request-duration',
  interval: '1m',
  intervalMs: 60_000,
  threshold: 500,
  templateVariables: {},
};

const route =
  'kube(ew)?_test__podinfo_ing_canary(_[0-9]+|_sticky)?__.*__podinfo_canary(_[0-9]+)?(_disable_https_redirect)?';

describe('a quantile of request-duration', () => {
  const duration = builtInMetric('request-duration');

  it("is asked of Skipper's buckets, in milliseconds", () => {
    expect(duration?.query(subject, { ...metric, quantile: 0.95 }, '30s')).toBe(
      `histogram_quantile(0.95, sum(rate(skipper_serve_route_duration_seconds_bucket{route=~"${route}"}[30s])) by (le)) * 1000`,
    );
  });

  it('takes the place of the 99th percentile of the pods', () => {
    const pods = 'kubernetes_namespace="test",kubernetes_pod_name=~"podinfo-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"';
    expect(duration?.query({ ...subject, provider: 'kubernetes' }, { ...metric, quantile: 0.5 }, '1m')).toBe(
      `histogram_quantile(0.5, sum(rate(http_request_duration_seconds_bucket{${pods}}[1m])) by (le)) * 1000`,
    );
  });

  it.each`
    quantile     | text
    ${undefined} | ${'request duration 620ms > 500ms'}
    ${0.5}       | ${'request duration p50 620ms > 500ms'}
    ${0.99}      | ${'request duration p99 620ms > 500ms'}
    ${0.999}     | ${'request duration p99.9 620ms > 500ms'}
    ${0.07}      | ${'request duration p7 620ms > 500ms'}
  `('$quantile reads "$text"', ({ quantile, text }) => {
    const judged = { kind: 'outOfRange', value: 620, sign: '>', bound: 500 } as const;
    const judgedMetric = quantile === undefined ? metric : { ...metric, quantile: Number(quantile) };
    expect(duration?.describe(judged, judgedMetric)).toBe(text);
  });
});

describe('routePattern', () => {
  const app = { namespace: 'test', ingressName: 'podinfo-ing', serviceName: 'podinfo', mirrored: false };

  it.each`
    label                                                                         | variant
    ${'kube_test__podinfo_ing_canary__app_example_com____podinfo_canary'}         | ${'canary'}
    ${'kube_test__podinfo_ing_canary__app_example_com____podinfo_primary'}        | ${'primary'}
    ${'kubeew_test__podinfo_ing_canary__app____podinfo_canary_2'}                 | ${'canary'}
    ${'kube_test__podinfo_ing_canary______podinfo_canary_disable_https_redirect'} | ${'canary'}
    ${'kube_test__podinfo_ing_canary__app_example_com__path__podinfo_primary_1'}  | ${'primary'}
    ${'kube_test__podinfo_ing__app_example_com____podinfo'}                       | ${'none'}
    ${'kube_test__podinfo_ing_canary__app_example_com____other_canary'}           | ${'none'}
    ${'kube_other__podinfo_ing_canary__app_example_com____podinfo_canary'}        | ${'none'}
    ${'kube_test__podinfo_ing_canary_1__app_example_com____podinfo_canary'}       | ${'canary'}
    ${'kube_test__podinfo_ing_canary_12__app_example_com____podinfo_canary'}      | ${'canary'}
    ${'kube_test__podinfo_ing_canary_sticky__app_example_com____podinfo_canary'}  | ${'canary'}
    ${'kube_test__podinfo_ing_canary_sticky__app_example_com____podinfo_primary'} | ${'primary'}
    ${'kube_test__podinfo_ing_canary_mirror__app_example_com____podinfo_canary'}  | ${'shadow'}
    ${'kube_test__podinfo_ing_canary_other__app_example_com____podinfo_canary'}   | ${'none'}
    ${'xkube_test__podinfo_ing_canary__app_example_com____podinfo_canary'}        | ${'none'}
  `('$label belongs to $variant', ({ label, variant }) => {
    const shadows = routePattern({ ...app, mirrored: true }, 'canary');
    const patterns = { canary: routePattern(app, 'canary'), primary: routePattern(app, 'primary'), shadow: shadows };
    const variants = Object.entries(patterns)
      .filter(([, pattern]) => new RegExp(`^(?:${pattern})$`).test(String(label)))
      .map(([name]) => name);
    expect(variants).toEqual(variant === 'none' ? [] : [variant]);
    const hasPrefix = new RegExp(`^${routePrefixPattern(app)}`).test(String(label));
    expect(hasPrefix || variant === 'none').toBe(true);
  });
});
