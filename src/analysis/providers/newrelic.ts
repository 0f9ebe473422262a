// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

import { baseUrl, createHttpSource, parseAnswer, requiredSecret, urlOf } from './http-source.js';
import { createNerdGraphProvider } from './nerdgraph.js';
import { NrqlRow, rowNumber, withSince } from './nrql.js';
import {
  MetricQueryError,
  ProviderConfigError,
  type MetricProvider,
  type ProviderDeps,
  type ProviderSettings,
} from './provider.js';

const defaultAddress = 'https://insights-api.newrelic.com';

const Answer = z.object({
  results: z.array(NrqlRow).optional(),
  /** In place of `results` for a query with FACET. */
  facets: z.array(z.object({ results: z.array(NrqlRow) })).optional(),
});

/**
 * New Relic: its Insights query API with the key newrelic_query_key, or NerdGraph, which takes its place, with the key
 * newrelic_api_key.
 * @throws ProviderConfigError when the Secret lacks a key
 */
export function createNewRelicProvider(settings: ProviderSettings, deps: ProviderDeps): MetricProvider {
  const { secret } = settings;
  const missing = (key: string): string => `newrelic credentials does not contain the key '${key}'`;
  const accountId = requiredSecret(secret, 'newrelic_account_id', missing('newrelic_account_id'));
  if (!/^\d+$/.test(accountId)) throw new ProviderConfigError('newrelic_account_id is not a number');
  if ((secret?.newrelic_api_key ?? '').trim() !== '') return createNerdGraphProvider(accountId, settings, deps);
  const headers = { 'x-query-key': requiredSecret(secret, 'newrelic_query_key', missing('newrelic_query_key')) };
  const base = baseUrl('newrelic', settings.address ?? defaultAddress);
  const source = createHttpSource(settings, deps);

  function ask(nrql: string, signal: AbortSignal): Promise<string> {
    return source.text({ url: urlOf(base, `/v1/accounts/${accountId}/query`, { nrql }), headers, signal });
  }

  return {
    async query(query, signal) {
      const body = await ask(withSince(query, settings.intervalMs), signal);
      const { results, facets } = parseAnswer(body, Answer);
      if (facets !== undefined) return facets.flatMap((facet) => singleNumber(facet.results, body));
      return singleNumber(results ?? [], body);
    },
    async checkOnline(signal) {
      await ask('SELECT * FROM Metric', signal);
    },
  };
}

function singleNumber(results: readonly NrqlRow[], body: string): readonly number[] {
  if (results.length > 1) throw new MetricQueryError('query returned multiple values');
  return results.map((row) => rowNumber(row, body));
}
