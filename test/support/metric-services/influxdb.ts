// SPDX-License-Identifier: Apache-2.0
import { cutJson, html, json, type MetricService, type Reply } from './metric-service.js';

/** Tables of one annotated block: what stands in `_value`, by table. */
function csv(type: string, ...tables: readonly (readonly string[])[]): Reply {
  const head = [`#datatype,string,long,string,${type}`, '#group,false,false,true,false', '#default,_result,,,'];
  const rows = tables.flatMap((values, table) => values.map((value) => `,,${table},pod-${table},${value}`));
  const lines = [...head, ',result,table,pod,_value', ...rows, '', ''];
  return { type: 'text/csv; charset=utf-8', body: lines.join('\r\n') };
}

const flux = 'from(bucket: "default") |> range(start: -1m) |> count()';

/** https://docs.influxdata.com/influxdb/v2/api/#operation/PostQuery and …/reference/syntax/annotated-csv */
export const influxDb2: MetricService = {
  name: 'influxdb with Flux',
  type: 'influxdb',
  secret: { token: 'hidden-token', org: 'acme' },
  query: flux,
  asked: {
    method: 'POST',
    path: '/api/v2/query',
    parameters: { org: 'acme' },
    body: JSON.stringify({
      query: flux,
      type: 'flux',
      dialect: { annotations: ['datatype', 'group', 'default'], delimiter: ',', header: true },
    }),
  },
  credential: { header: 'authorization', value: 'Token hidden-token' },
  good: { reply: csv('double', ['1.5', '9']), numbers: [1.5] },
  empty: { reply: { type: 'text/csv', body: '\r\n' }, numbers: [] },
  nothing: { reply: csv('double', ['']), numbers: [NaN] },
  several: { reply: csv('long', ['1'], ['2', '7']), numbers: [1, 2] },
  malformed: [html, cutJson, csv('string', ['many']), { body: ',result,table,_value\r\n,"open,0,5\r\n' }],
  refusal: (sent) => json({ code: 'unauthorized', message: `unauthorized access ${sent}` }, 401),
  isOnlineCheck: ({ body }) => body.includes('buckets()'),
  online: {
    type: 'text/csv',
    body: '#datatype,string,long,string\r\n#group,false,false,false\r\n#default,_result,,\r\n,result,table,name\r\n,,0,default\r\n\r\n',
  },
};

const influxQl = 'SELECT mean("errors") FROM "requests" WHERE time > now() - 1m GROUP BY "pod"';

function series(...numbers: readonly unknown[]) {
  const found = numbers.map((number, index) => ({
    name: 'requests',
    tags: { pod: String(index) },
    columns: ['time', 'mean'],
    values: [['2026-01-01T00:00:00Z', number]],
  }));
  return json({ results: [{ statement_id: 0, ...(found.length === 0 ? {} : { series: found }) }] });
}

/** https://docs.influxdata.com/influxdb/v1/guides/query_data */
export const influxDb1: MetricService = {
  name: 'influxdb with InfluxQL',
  type: 'influxdb',
  secret: { username: 'reader', password: 'hidden-password', database: 'metrics' },
  query: `${influxQl}\n`,
  asked: { method: 'GET', path: '/query', parameters: { db: 'metrics', q: influxQl } },
  credential: {
    header: 'authorization',
    value: `Basic ${Buffer.from('reader:hidden-password').toString('base64')}`,
  },
  good: { reply: series(1.5), numbers: [1.5] },
  empty: { reply: series(), numbers: [] },
  nothing: { reply: series(null), numbers: [NaN] },
  several: { reply: series(1, 2), numbers: [1, 2] },
  malformed: [html, cutJson, series('many'), json({ results: [{ series: [{ columns: 1 }] }] })],
  refusal: (sent) => json({ error: `authorization failed ${sent}` }, 401),
  isOnlineCheck: ({ parameters }) => parameters.q === 'SHOW DATABASES',
  online: json({
    results: [{ statement_id: 0, series: [{ name: 'databases', columns: ['name'], values: [['metrics']] }] }],
  }),
};
