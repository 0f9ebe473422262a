// SPDX-License-Identifier: Apache-2.0
import { html, json, nowSeconds, tenMinutesAgo, type MetricService, type Reply } from './metric-service.js';

function event(name: string, data: object): string {
  const lines = JSON.stringify(data, undefined, 2).split('\n');
  return [`event: ${name}`, ...lines.map((line) => `data: ${line}`), '', ''].join('\n');
}

const start = event('control-message', { event: 'STREAM_START', timestampMs: nowSeconds * 1_000 });
const jobStart = event('control-message', { event: 'JOB_START', handle: 'ABC', timestampMs: nowSeconds * 1_000 });
const metadata = event('metadata', { tsId: 'AAA', properties: { sf_metric: 'errors' } });
const end = event('control-message', { event: 'END_OF_CHANNEL', timestampMs: nowSeconds * 1_000 });

function stream(...events: readonly string[]): Reply {
  return { type: 'text/event-stream', body: [start, jobStart, metadata, ...events].join('') };
}

function data(second: number, values: Readonly<Record<string, number | null>>): string {
  return event('data', {
    data: Object.entries(values).map(([tsId, value]) => ({ tsId, value })),
    logicalTimestampMs: (tenMinutesAgo + second) * 1_000,
    maxDelayMs: 0,
  });
}

const program = "data('errors', filter=filter('pod', 'canary')).mean().publish()";

/** https://dev.splunk.com/observability/reference/api/signalflow/latest */
export const splunk: MetricService = {
  name: 'splunk',
  type: 'splunk',
  secret: { sf_token_key: 'hidden-token' },
  query: program,
  asked: {
    method: 'POST',
    path: '/v2/signalflow/execute',
    parameters: { start: String(tenMinutesAgo * 1_000), stop: String(nowSeconds * 1_000), immediate: 'true' },
    body: program,
  },
  credential: { header: 'x-sf-token', value: 'hidden-token' },
  good: { reply: stream(data(0, { AAA: 9 }), data(60, { AAA: 1.5 }), data(120, { AAA: null }), end), numbers: [1.5] },
  empty: { reply: stream(end), numbers: [] },
  nothing: { reply: stream(data(0, { AAA: null }), end), numbers: [] },
  several: { reply: stream(data(0, { AAA: 1, BBB: 7 }), data(60, { BBB: 2 }), end), numbers: [1, 2] },
  malformed: [
    html,
    { body: 'event: data\ndata: {"data":[\n\n' },
    stream(data(0, { AAA: 1 })),
    stream(event('data', { data: [{ value: 1 }] }), end),
  ],
  refusal: (sent) => json({ code: 401, message: `Unauthorized ${sent}` }, 401),
  isOnlineCheck: ({ path }) => path.endsWith('/v2/metric'),
  online: json({ count: 1, results: [{ name: 'errors' }] }),
};
