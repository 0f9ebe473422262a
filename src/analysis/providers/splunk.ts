// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

import {
  baseUrl,
  createHttpSource,
  malformedAnswer,
  parseAnswer,
  requiredSecret,
  urlOf,
  windowOf,
} from './http-source.js';
import {
  MetricQueryError,
  ProviderConfigError,
  shownBody,
  type MetricProvider,
  type ProviderDeps,
  type ProviderSettings,
} from './provider.js';
import { parseEvents } from './server-sent-events.js';

/** A computation is started, run over the window and told in full. */
const timeoutMs = 10_000;
/** The event that ends a stream, up to its last line. */
const endOfStream = /"(?:END_OF_CHANNEL|CHANNEL_ABORT)"[^]*?(?:\n\n|\r\n\r\n)/;

const Control = z.object({ event: z.string(), abortInfo: z.unknown().optional() });
const Data = z.object({ data: z.array(z.object({ tsId: z.string(), value: z.unknown() })) });

/**
 * Splunk Observability Cloud: a SignalFlow program, run over ten intervals. The number of a series is its last one.
 * @throws ProviderConfigError when the address is missing or no URL, or the Secret lacks the token
 */
export function createSplunkProvider(settings: ProviderSettings, deps: ProviderDeps): MetricProvider {
  if ((settings.address ?? '') === '') throw new ProviderConfigError('splunk endpoint is not set');
  const base = baseUrl('splunk', (settings.address ?? '').trim().replace(/^ws/i, 'http'));
  const token = requiredSecret(settings.secret, 'sf_token_key', 'splunk credentials does not contain sf_token_key');
  const headers = { 'x-sf-token': token };
  const source = createHttpSource(settings, deps);
  return {
    async query(query, signal) {
      const { fromMs, toMs } = windowOf(deps.clock, settings.intervalMs);
      const parameters = { start: String(fromMs), stop: String(toMs), immediate: 'true' };
      const body = await source.text({
        method: 'POST',
        url: urlOf(withHostLabel(base, 'api', 'stream'), '/v2/signalflow/execute', parameters),
        headers: { ...headers, 'content-type': 'text/plain', accept: 'text/event-stream' },
        body: query,
        until: endOfStream,
        timeoutMs,
        signal,
      });
      return lastNumbers(body);
    },
    async checkOnline(signal) {
      const url = urlOf(withHostLabel(base, 'stream', 'api'), '/v2/metric', { limit: '1' });
      await source.json({ url, headers, signal }, z.object({}));
    },
  };
}

/** The same URL with the first label of the host's name exchanged: api.us1.… answers questions, stream.us1.… computes. */
function withHostLabel(base: URL, from: string, to: string): URL {
  const url = new URL(base.href);
  if (url.hostname.startsWith(`${from}.`)) url.hostname = to + url.hostname.slice(from.length);
  return url;
}

/** @throws MetricQueryError when the stream tells of an error or ends before the computation does */
function lastNumbers(body: string): readonly number[] {
  const numbers = new Map<string, number>();
  let isComplete = false;
  for (const { name, data } of parseEvents(body)) {
    if (name === 'error') throw new MetricQueryError(`error executing query: ${shownBody(data)}`);
    if (name === 'data') for (const [series, value] of dataOf(data)) numbers.set(series, value);
    if (name === 'control-message') isComplete ||= isEnd(data);
  }
  if (!isComplete) throw malformedAnswer('the stream ended before the computation', body);
  return [...numbers.values()];
}

/** Nulls are left out: a series without a number for the last moment has that of the one before. */
function dataOf(data: string): readonly (readonly [string, number])[] {
  return parseAnswer(data, Data).data.flatMap(({ tsId, value }) =>
    value === null ? [] : [[tsId, typeof value === 'number' ? value : Number.NaN] as const],
  );
}

function isEnd(data: string): boolean {
  const { event, abortInfo } = parseAnswer(data, Control);
  if (event === 'CHANNEL_ABORT')
    throw new MetricQueryError(
      `error executing query: aborted: ${shownBody(JSON.stringify(abortInfo ?? 'no reason given'))}`,
    );
  return event === 'END_OF_CHANNEL';
}
