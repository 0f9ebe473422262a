// SPDX-License-Identifier: Apache-2.0
import { cutJson, html, json, type MetricService } from './metric-service.js';

function vector(...numbers: readonly string[]) {
  const result = numbers.map((number, index) => ({ metric: { pod: String(index) }, value: [1_767_225_600, number] }));
  return json({ status: 'success', data: { resultType: 'vector', result } });
}

/** https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries */
export const prometheus: MetricService = {
  name: 'prometheus',
  type: 'prometheus',
  secret: { token: 'hidden-token' },
  query: 'sum(rate(errors_total[1m]))',
  asked: { method: 'GET', path: '/api/v1/query', parameters: { query: 'sum(rate(errors_total[1m]))' } },
  credential: { header: 'authorization', value: 'Bearer hidden-token' },
  good: { reply: vector('1.5'), numbers: [1.5] },
  empty: { reply: vector(), numbers: [] },
  nothing: { reply: vector('NaN'), numbers: [NaN] },
  several: { reply: vector('1', '2'), numbers: [1, 2] },
  malformed: [html, cutJson, json({ status: 'success', data: { resultType: 'vector', result: [1] } })],
  refusal: (sent) => ({ status: 401, body: `Unauthorized ${sent}` }),
  isOnlineCheck: ({ parameters }) => parameters.query === 'vector(1)',
  online: vector('1'),
};
