// SPDX-License-Identifier: Apache-2.0
import { cutJson, html, json, type MetricService } from './metric-service.js';

const query = "SELECT filter(count(*), WHERE status >= '500') / count(*) FROM Transaction";

/** https://docs.newrelic.com/docs/apis/insights-apis/query-insights-event-data-api */
export const newRelicInsights: MetricService = {
  name: 'newrelic by its Insights API',
  type: 'newrelic',
  secret: { newrelic_account_id: '1234567', newrelic_query_key: 'hidden-query-key' },
  query: `${query}\n`,
  asked: {
    method: 'GET',
    path: '/v1/accounts/1234567/query',
    parameters: { nrql: `${query} SINCE 60 seconds ago` },
  },
  credential: { header: 'x-query-key', value: 'hidden-query-key' },
  good: { reply: json({ results: [{ result: 1.5 }], performanceStats: {}, metadata: {} }), numbers: [1.5] },
  empty: { reply: json({ results: [], metadata: {} }), numbers: [] },
  nothing: { reply: json({ results: [{ result: null }] }), numbers: [NaN] },
  several: {
    reply: json({
      facets: [
        { name: 'a', results: [{ average: 1 }] },
        { name: 'b', results: [{ average: 2 }] },
      ],
    }),
    numbers: [1, 2],
  },
  malformed: [html, cutJson, json({ results: [{ text: 'many' }] }), json({ results: 'x' })],
  refusal: (sent) => json({ error: `Invalid query key ${sent}` }, 403),
  isOnlineCheck: ({ parameters }) => parameters.nrql === 'SELECT * FROM Metric',
  online: json({ results: [{ events: [] }] }),
};

function nrql(...results: readonly object[]) {
  return json({ data: { actor: { account: { nrql: { results } } } } });
}

/** https://docs.newrelic.com/docs/apis/nerdgraph/examples/nerdgraph-nrql-tutorial */
export const newRelicNerdGraph: MetricService = {
  name: 'newrelic by NerdGraph',
  type: 'newrelic',
  secret: { newrelic_account_id: '1234567', newrelic_api_key: 'hidden-user-key' },
  query,
  asked: {
    method: 'POST',
    path: '/',
    body: JSON.stringify({
      query:
        'query ($account: Int!, $nrql: Nrql!) { actor { account(id: $account) { nrql(query: $nrql, timeout: 5) { results } } } }',
      variables: { account: 1234567, nrql: `${query} SINCE 60 seconds ago` },
    }),
  },
  credential: { header: 'api-key', value: 'hidden-user-key' },
  good: { reply: nrql({ result: 1.5 }), numbers: [1.5] },
  empty: { reply: nrql(), numbers: [] },
  nothing: { reply: nrql({ 'average.duration': null }), numbers: [NaN] },
  several: { reply: nrql({ facet: 'a', 'average.x': 1 }, { facet: 'b', 'average.x': 2 }), numbers: [1, 2] },
  malformed: [html, cutJson, json({ data: 'x' }), nrql({ facet: 'a' })],
  refusal: (sent) => json({ errors: [{ message: `The API key provided is invalid ${sent}` }] }, 401),
  isOnlineCheck: ({ body }) => body.includes('SELECT count(*) FROM Metric'),
  online: nrql({ count: 5 }),
};
