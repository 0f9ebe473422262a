// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

import {
  baseUrl,
  createHttpSource,
  parseAnswer,
  errorResponse,
  requiredSecret,
  urlOf,
  windowOf,
} from './http-source.js';
import {
  MetricQueryError,
  shownBody,
  type MetricProvider,
  type ProviderDeps,
  type ProviderSettings,
} from './provider.js';

const defaultAddress = 'https://api.datadoghq.com';

/** The answer of /api/v1/query. A point is a time and a number, which is null where there was nothing to sum up. */
const Answer = z.object({
  error: z.string().nullish(),
  series: z.array(z.object({ pointlist: z.array(z.array(z.number().nullable())) })).nullish(),
});

/**
 * Datadog's query API. The number of a series is its oldest one within ten intervals: the newest bucket is incomplete.
 * @throws ProviderConfigError when the Secret lacks a key
 */
export function createDatadogProvider(settings: ProviderSettings, deps: ProviderDeps): MetricProvider {
  const base = baseUrl('datadog', settings.address ?? defaultAddress);
  const missing = (key: string): string => `datadog credentials does not contain ${key}`;
  const credential = (key: string): string => requiredSecret(settings.secret, key, missing(key));
  const headers = {
    'dd-api-key': credential('datadog_api_key'),
    'dd-application-key': credential('datadog_application_key'),
  };
  const source = createHttpSource(settings, deps);
  return {
    async query(query, signal) {
      const { fromMs, toMs } = windowOf(deps.clock, settings.intervalMs);
      const parameters = { query, from: String(fromMs / 1_000), to: String(toMs / 1_000) };
      const { error, series } = await source.json(
        { url: urlOf(base, '/api/v1/query', parameters), headers, signal },
        Answer,
      );
      if (typeof error === 'string' && error !== '') throw new MetricQueryError(`error response: ${shownBody(error)}`);
      return (series ?? []).map(({ pointlist }) => oldestNumber(pointlist));
    },
    async checkOnline(signal) {
      const answer = await source.send({ url: urlOf(base, '/api/v1/validate'), headers, signal });
      if (answer.status !== 200) throw errorResponse(answer);
      parseAnswer(answer.body, z.object({}));
    },
  };
}

function oldestNumber(points: readonly (readonly (number | null)[])[]): number {
  const numbers = points.map(([, value]) => value).filter((value) => typeof value === 'number');
  return numbers[0] ?? Number.NaN;
}
