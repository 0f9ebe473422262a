// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

import type { StringMap } from '../../api/kubernetes.js';
import type { HttpAnswer } from '../../lib/http-client.js';
import { errorText } from '../../lib/operator-error.js';
import { basicAuthorization, baseUrl, createHttpSource, malformedAnswer, parseAnswer, urlOf } from './http-source.js';
import { onOneLine } from './promql.js';
import {
  MetricQueryError,
  ProviderConfigError,
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
export function createPrometheusProvider(settings: ProviderSettings, deps: Pick<ProviderDeps, 'http'>): MetricProvider {
  const base = baseUrl('prometheus', settings.address ?? '');
  const headers = authorization(settings.secret);
  const source = createHttpSource(settings, deps);

  async function query(text: string, signal: AbortSignal): Promise<readonly number[]> {
    const url = urlOf(base, '/api/v1/query', { query: onOneLine(text) });
    return numbersOf(await source.send({ url, headers, signal }));
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

/** Secret values often end with a line break that is not meant. */
function authorization(secret: StringMap | undefined): Readonly<Record<string, string>> {
  if (secret === undefined) return {};
  const { token = '', username, password } = secret;
  if (token.trim() !== '') return { authorization: `Bearer ${token.trim()}` };
  if (username === undefined) throw new ProviderConfigError('prometheus credentials does not contain a username');
  if (password === undefined) throw new ProviderConfigError('prometheus credentials does not contain a password');
  return { authorization: basicAuthorization(username.trim(), password.trim()) };
}

function numbersOf(answer: HttpAnswer): readonly number[] {
  if (answer.status >= 400)
    throw new MetricQueryError(
      `error response: Status ${answer.status} ${answer.statusText}: ${shownBody(answer.body)}`,
    );
  const { status, error = 'no reason given', data } = parseAnswer(answer.body, Answer);
  if (status === 'error') throw new MetricQueryError(`error response: ${shownBody(error)}`);
  return resultNumbers(data?.resultType, data?.result ?? [], answer.body);
}

function resultNumbers(resultType: string | undefined, result: unknown, body: string): readonly number[] {
  if (resultType === 'scalar') {
    const scalar = Sample.safeParse(result);
    if (!scalar.success) throw malformedAnswer('unexpected scalar', body);
    return [sampleNumber(scalar.data)];
  }
  const vector = z.array(Series).safeParse(result);
  if (!vector.success) throw malformedAnswer('unexpected result', body);
  return vector.data.map(({ value, values }) => {
    if (values !== undefined) throw new MetricQueryError('query returned multiple values');
    if (value === undefined) throw malformedAnswer('a series without a number', body);
    return sampleNumber(value);
  });
}

/** NaN for "NaN", for an infinity written as Prometheus does, and for a text that is no number. */
function sampleNumber([, text]: z.infer<typeof Sample>): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
