// SPDX-License-Identifier: Apache-2.0
import { cutJson, html, json, nowSeconds, tenMinutesAgo, type MetricService } from './metric-service.js';

function series(...pointlists: readonly (readonly (number | null)[])[]) {
  return json({
    status: 'ok',
    res_type: 'time_series',
    resp_version: 1,
    query: 'avg:requests.error_rate{*}',
    from_date: tenMinutesAgo * 1_000,
    to_date: nowSeconds * 1_000,
    series: pointlists.map((values, index) => ({
      metric: 'requests.error_rate',
      attributes: {},
      scope: `pod:${index}`,
      unit: null,
      pointlist: values.map((value, point) => [(tenMinutesAgo + 20 * point) * 1_000, value]),
    })),
    values: [],
    times: [],
    message: '',
    group_by: [],
  });
}

/** https://docs.datadoghq.com/api/latest/metrics/#query-timeseries-points and …/authentication/#validate-api-key */
export const datadog: MetricService = {
  name: 'datadog',
  type: 'datadog',
  secret: { datadog_api_key: 'hidden-api-key\n', datadog_application_key: 'hidden-application-key' },
  query: 'avg:requests.error_rate{*}',
  asked: {
    method: 'GET',
    path: '/api/v1/query',
    parameters: { query: 'avg:requests.error_rate{*}', from: String(tenMinutesAgo), to: String(nowSeconds) },
    headers: { 'dd-api-key': 'hidden-api-key', 'dd-application-key': 'hidden-application-key' },
  },
  credential: { header: 'dd-api-key', value: 'hidden-api-key' },
  good: { reply: series([null, 1.5, 7, 9]), numbers: [1.5] },
  empty: { reply: series(), numbers: [] },
  nothing: { reply: series([null, null]), numbers: [NaN] },
  several: { reply: series([1, 5], [2, 6]), numbers: [1, 2] },
  malformed: [html, cutJson, json({ status: 'ok', series: [{ pointlist: [1, 2] }] }), json([])],
  refusal: (sent) => json({ errors: ['Forbidden', sent] }, 403),
  isOnlineCheck: ({ path }) => path === '/api/v1/validate',
  online: json({ valid: true }),
};
