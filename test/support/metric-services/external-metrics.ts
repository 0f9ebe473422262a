// SPDX-License-Identifier: Apache-2.0
import { cutJson, html, json, type MetricService } from './metric-service.js';

function list(...values: readonly string[]) {
  return json({
    kind: 'ExternalMetricValueList',
    apiVersion: 'external.metrics.k8s.io/v1beta1',
    metadata: {},
    items: values.map((value) => ({
      metricName: 'errors',
      metricLabels: { app: 'podinfo' },
      timestamp: '2026-01-01T00:00:00Z',
      value,
    })),
  });
}

/** A refusal in the words of the API server. */
export function apiStatus(code: number, reason: string, message: string) {
  return json({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }, code);
}

/** https://github.com/kubernetes/metrics: ExternalMetricValueList of external.metrics.k8s.io/v1beta1 */
export const externalMetrics: MetricService = {
  name: 'externalmetrics at an address',
  type: 'externalmetrics',
  secret: { token: 'hidden-token' },
  query: 'test/datadogmetric@test:errors?labelSelector=app%3Dpodinfo%2Ctier+in+%28a%29\n',
  asked: {
    method: 'GET',
    path: '/apis/external.metrics.k8s.io/v1beta1/namespaces/test/datadogmetric@test:errors',
    parameters: { labelSelector: 'app=podinfo,tier in (a)', timeout: '5s' },
  },
  credential: { header: 'authorization', value: 'Bearer hidden-token' },
  good: { reply: list('1500m'), numbers: [1.5] },
  empty: { reply: list(), numbers: [] },
  // The API has no way to say that a series has no number.
  nothing: { reply: list(), numbers: [] },
  several: { reply: list('1', '2'), numbers: [1, 2] },
  malformed: [html, cutJson, list('many'), json({ kind: 'Status' })],
  refusal: (sent) => apiStatus(401, 'Unauthorized', `Unauthorized ${sent}`),
  isOnlineCheck: ({ path }) => path.endsWith('/kube-system/dummy-metric'),
  online: apiStatus(404, 'NotFound', 'the server could not find the metric dummy-metric'),
};
