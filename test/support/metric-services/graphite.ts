// SPDX-License-Identifier: Apache-2.0
import { cutJson, html, json, type MetricService } from './metric-service.js';

function targets(...series: readonly (readonly (number | string | null)[])[]) {
  return json(
    series.map((values, index) => ({
      target: `errors.${index}`,
      tags: { name: `errors.${index}` },
      datapoints: values.map((value, point) => [value, 1_767_225_000 + 60 * point]),
    })),
  );
}

/** https://graphite.readthedocs.io/en/latest/render_api.html */
export const graphite: MetricService = {
  name: 'graphite',
  type: 'graphite',
  secret: { username: 'reader', password: 'hidden-password' },
  query: 'target=sumSeries(\n  stats.app.errors.*\n)&from=-5min\n',
  asked: {
    method: 'GET',
    path: '/render',
    parameters: { format: 'json', from: '-5min', target: 'sumSeries( stats.app.errors.* )' },
  },
  credential: {
    header: 'authorization',
    value: `Basic ${Buffer.from('reader:hidden-password').toString('base64')}`,
  },
  good: { reply: targets([7, 9, 1.5, null]), numbers: [1.5] },
  empty: { reply: targets(), numbers: [] },
  nothing: { reply: targets([null, null], []), numbers: [] },
  several: { reply: targets([5, 1], [null, null], ['2', null]), numbers: [1, 2] },
  malformed: [html, cutJson, json([{ target: 'a', datapoints: [[1]] }]), json({})],
  refusal: (sent) => ({ status: 401, type: 'text/html', body: `<h1>Unauthorized</h1> ${sent}` }),
  isOnlineCheck: ({ parameters }) => parameters.target === 'test',
  online: json([]),
};
