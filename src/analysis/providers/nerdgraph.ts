// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

import { baseUrl, createHttpSource, parseAnswer, requiredSecret } from './http-source.js';
import { NrqlRow, rowNumber, withSince } from './nrql.js';
import {
  MetricQueryError,
  shownBody,
  type MetricProvider,
  type ProviderDeps,
  type ProviderSettings,
} from './provider.js';

const defaultAddress = 'https://api.newrelic.com/graphql';

/** GraphQL says in `errors` what went wrong, with status 200. */
const Answer = z.object({
  errors: z.array(z.object({ message: z.string() })).nullish(),
  data: z
    .object({
      actor: z.object({ account: z.object({ nrql: z.object({ results: z.array(NrqlRow) }).nullish() }).nullish() }),
    })
    .nullish(),
});

const document =
  'query ($account: Int!, $nrql: Nrql!) { actor { account(id: $account) { nrql(query: $nrql, timeout: 5) { results } } } }';

/** NRQL by way of New Relic's GraphQL API. @throws ProviderConfigError when the address is no http URL */
export function createNerdGraphProvider(
  accountId: string,
  settings: ProviderSettings,
  deps: ProviderDeps,
): MetricProvider {
  const url = baseUrl('newrelic', settings.address ?? defaultAddress);
  const headers = {
    'api-key': requiredSecret(settings.secret, 'newrelic_api_key', 'newrelic_api_key is empty'),
    'content-type': 'application/json',
  };
  const source = createHttpSource(settings, deps);

  async function ask(nrql: string, signal: AbortSignal): Promise<readonly number[]> {
    const variables = { account: Number(accountId), nrql };
    const body = await source.text({
      method: 'POST',
      url,
      headers,
      body: JSON.stringify({ query: document, variables }),
      signal,
    });
    const { errors, data } = parseAnswer(body, Answer);
    const messages = (errors ?? []).map(({ message }) => message);
    if (messages.length > 0) throw new MetricQueryError(`error response: ${shownBody(messages.join('; '))}`);
    return (data?.actor.account?.nrql?.results ?? []).map((row) => rowNumber(row, body));
  }

  return {
    query: (query, signal) => ask(withSince(query, settings.intervalMs), signal),
    async checkOnline(signal) {
      await ask('SELECT count(*) FROM Metric SINCE 1 minute ago', signal);
    },
  };
}
