// SPDX-License-Identifier: Apache-2.0
import { cutJson, html, json, nowSeconds, tenMinutesAgo, type MetricService } from './metric-service.js';

const selector = 'builtin:service.errors.total.rate:filter(eq("pod","canary"))';

function points(...numbers: readonly (number | null)[]) {
  return json({
    totalCount: numbers.length,
    nextPageKey: null,
    resolution: 'Inf',
    result: [
      {
        metricId: selector,
        dataPointCountRatio: 0.1,
        dimensionCountRatio: 0.1,
        data: numbers.map((number, index) => ({
          dimensions: [`HOST-${index}`],
          dimensionMap: { 'dt.entity.host': `HOST-${index}` },
          timestamps: [nowSeconds * 1_000],
          values: [number],
        })),
      },
    ],
  });
}

/** https://docs.dynatrace.com/docs/dynatrace-api/environment-api/metric-v2/get-data-points */
export const dynatrace: MetricService = {
  name: 'dynatrace',
  type: 'dynatrace',
  secret: { dynatrace_token: 'dt0c01.hidden-token\n' },
  query: `${selector}\n`,
  asked: {
    method: 'GET',
    path: '/api/v2/metrics/query',
    parameters: {
      metricSelector: selector,
      resolution: 'Inf',
      from: String(tenMinutesAgo * 1_000),
      to: String(nowSeconds * 1_000),
    },
  },
  credential: { header: 'authorization', value: 'Api-Token dt0c01.hidden-token' },
  good: { reply: points(1.5), numbers: [1.5] },
  empty: { reply: points(), numbers: [] },
  nothing: { reply: points(null), numbers: [NaN] },
  several: { reply: points(1, 2), numbers: [1, 2] },
  malformed: [html, cutJson, json({ result: [{ data: [{ values: 'x' }] }] }), json({})],
  refusal: (sent) => json({ error: { code: 401, message: `Token Authentication failed ${sent}` } }, 401),
  isOnlineCheck: ({ path }) => path === '/api/v2/metrics',
  online: json({ totalCount: 1, metrics: [{ metricId: 'builtin:x' }] }),
};
