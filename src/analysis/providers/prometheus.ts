// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

import type { StringMap } from '../../api/kubernetes.js';
import { HttpFailure } from '../../lib/http-failure.js';
import type { HttpAnswer } from '../../lib/http-client.js';
import { errorText } from '../../lib/operator-error.js';
import { redactUrl } from '../../lib/redact-url.js';
import { onOneLine } from './promql.js';
import {
  answerLimitBytes,
  MetricQueryError,
  ProviderConfigError,
  queryTimeoutMs,
  shownBody,
  type MetricProvider,
  type ProviderDeps,
  type ProviderSettings,
} from './provider.js';

const Sample = z.tuple([z.number(), z.string()]);

/** The answer of /api/v1/query, reduced to what a single number needs. */
const Answer = z.object({
  status: z.string().optional(),
  error: z.string().optional(),
  data: z.object({ resultType: z.string().optional(), result: z.unknown() }).nullish(),
});

const Series = z.object({ value: Sample.optional(), values: z.unknown().optional() });

const noHeaders: Readonly<Record<string, readonly string[]>> = {};

/** Settings of a Prometheus without credentials, headers or TLS options. */
export function plainPrometheus(address: string): ProviderSettings {
  return { address, headers: noHeaders, insecureSkipVerify: false, intervalMs: 0 };
}

/**
 * A Prometheus, or anything that speaks its query API. Instant queries by GET.
 * @throws ProviderConfigError when the address is no http URL or the Secret lacks a key
 */
export function createPrometheusProvider(
  settings: ProviderSettings,
  { http }: Pick<ProviderDeps, 'http'>,
): MetricProvider {
  const base = baseUrl(settings.address ?? '');
  const headers = { ...settings.headers, ...authorization(settings.secret) };

  async function query(text: string, signal: AbortSignal): Promise<readonly number[]> {
    const url = new URL(base.href);
    url.searchParams.set('query', onOneLine(text));
    const request = {
      method: 'GET',
      url: url.href,
      headers,
      timeoutMs: queryTimeoutMs,
      limitBytes: answerLimitBytes,
      insecureSkipVerify: settings.insecureSkipVerify,
      signal,
    } as const;
    try {
      return numbersOf(await http.send(request));
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      throw new MetricQueryError(`request failed: GET ${redactUrl(base.href)}: ${error.message}`);
    }
  }

  return {
    query,
    async checkOnline(signal) {
      const numbers = await query('vector(1)', signal).catch((error: unknown) => {
        signal.throwIfAborted();
        throw new MetricQueryError(`running query failed: ${errorText(error)}`);
      });
      if (numbers.length === 0) throw new MetricQueryError('running query failed: no values found');
      if (numbers.some((number) => number !== 1)) throw new MetricQueryError('value is not 1 for query: vector(1)');
    },
  };
}

/** The address of the query API; the path of the address is kept, its query is not. */
function baseUrl(address: string): URL {
  const url = URL.parse(address);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '')
    throw new ProviderConfigError(`prometheus address ${redactUrl(address)} is not a valid URL`);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/query`;
  url.search = '';
  url.hash = '';
  return url;
}

/** Secret values often end with a line break that is not meant. */
function authorization(secret: StringMap | undefined): Readonly<Record<string, string>> {
  if (secret === undefined) return {};
  const { token = '', username, password } = secret;
  if (token.trim() !== '') return { authorization: `Bearer ${token.trim()}` };
  if (username === undefined) throw new ProviderConfigError('prometheus credentials does not contain a username');
  if (password === undefined) throw new ProviderConfigError('prometheus credentials does not contain a password');
  const pair = `${username.trim()}:${password.trim()}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function numbersOf(answer: HttpAnswer): readonly number[] {
  if (answer.status >= 400)
    throw new MetricQueryError(
      `error response: Status ${answer.status} ${answer.statusText}: ${shownBody(answer.body)}`,
    );
  if (answer.isTruncated) throw new MetricQueryError(`answer exceeds ${answerLimitBytes} bytes`);
  const parsed = Answer.safeParse(parseJson(answer.body));
  if (!parsed.success) throw malformed('unexpected structure', answer.body);
  const { status, error = 'no reason given', data } = parsed.data;
  if (status === 'error') throw new MetricQueryError(`error response: ${shownBody(error)}`);
  return resultNumbers(data?.resultType, data?.result ?? [], answer.body);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw malformed('no JSON', body);
  }
}

function malformed(reason: string, body: string): MetricQueryError {
  return new MetricQueryError(`error unmarshaling result: ${reason}, '${shownBody(body)}'`);
}

function resultNumbers(resultType: string | undefined, result: unknown, body: string): readonly number[] {
  if (resultType === 'scalar') {
    const scalar = Sample.safeParse(result);
    if (!scalar.success) throw malformed('unexpected scalar', body);
    return [sampleNumber(scalar.data)];
  }
  const vector = z.array(Series).safeParse(result);
  if (!vector.success) throw malformed('unexpected result', body);
  return vector.data.map(({ value, values }) => {
    if (values !== undefined) throw new MetricQueryError('query returned multiple values');
    if (value === undefined) throw malformed('a series without a number', body);
    return sampleNumber(value);
  });
}

/** NaN for "NaN", for an infinity written as Prometheus does, and for a text that is no number. */
function sampleNumber([, text]: z.infer<typeof Sample>): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
