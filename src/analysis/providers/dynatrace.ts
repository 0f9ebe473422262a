// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

import { baseUrl, createHttpSource, requiredSecret, urlOf, windowOf } from './http-source.js';
import { ProviderConfigError, type MetricProvider, type ProviderDeps, type ProviderSettings } from './provider.js';

/** With a resolution of "Inf" there is one number per combination of dimensions; null says that there is none. */
const Answer = z.object({
  result: z.array(z.object({ data: z.array(z.object({ values: z.array(z.number().nullable()) })) })),
});

/**
 * Dynatrace's metrics API, version 2. The query is a metric selector, summed up over ten intervals.
 * @throws ProviderConfigError when the address is missing or no http URL, or the Secret lacks the token
 */
export function createDynatraceProvider(settings: ProviderSettings, deps: ProviderDeps): MetricProvider {
  if ((settings.address ?? '') === '') throw new ProviderConfigError('dynatrace endpoint is not set');
  const base = baseUrl('dynatrace', settings.address ?? '');
  const missing = 'dynatrace credentials does not contain dynatrace_token';
  const headers = { authorization: `Api-Token ${requiredSecret(settings.secret, 'dynatrace_token', missing)}` };
  const source = createHttpSource(settings, deps);
  return {
    async query(query, signal) {
      const { fromMs, toMs } = windowOf(deps.clock, settings.intervalMs);
      const url = urlOf(base, '/api/v2/metrics/query', {
        metricSelector: query.trim(),
        resolution: 'Inf',
        from: String(fromMs),
        to: String(toMs),
      });
      const { result } = await source.json({ url, headers, signal }, Answer);
      return result.flatMap(({ data }) => data.map(({ values }) => values[0] ?? Number.NaN));
    },
    async checkOnline(signal) {
      await source.json({ url: urlOf(base, '/api/v2/metrics', { pageSize: '1' }), headers, signal }, z.object({}));
    },
  };
}
