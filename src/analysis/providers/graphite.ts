// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

import type { StringMap } from '../../api/kubernetes.js';
import { errorText } from '../../lib/operator-error.js';
import { basicAuthorization, baseUrl, createHttpSource, requiredSecret, urlOf } from './http-source.js';
import { MetricQueryError, type MetricProvider, type ProviderDeps, type ProviderSettings } from './provider.js';

const Answer = z.array(
  z.object({
    /** Number and time; the number is null where there is none, and a text in some implementations. */
    datapoints: z.array(z.tuple([z.union([z.number(), z.string(), z.null()]), z.number()])),
  }),
);

/**
 * Graphite's render API. The query is the query string of the request: "target=…&from=-5min".
 * The number of a series is its latest one. A series without any is left out: pods that are gone leave such series.
 * @throws ProviderConfigError when the address is no http URL or the Secret lacks a key
 */
export function createGraphiteProvider(settings: ProviderSettings, deps: ProviderDeps): MetricProvider {
  const base = baseUrl('graphite', settings.address ?? '');
  const headers = authorization(settings.secret);
  const source = createHttpSource(settings, deps);

  async function query(text: string, signal: AbortSignal): Promise<readonly number[]> {
    const url = urlOf(base, '/render');
    const parameters = new URLSearchParams(text.trim().replace(/\s+/g, ' '));
    parameters.set('format', 'json');
    parameters.sort();
    url.search = parameters.toString();
    const series = await source.json({ url, headers, signal }, Answer);
    return series.flatMap(({ datapoints }) => latestNumber(datapoints.map(([value]) => value)));
  }

  return {
    query,
    async checkOnline(signal) {
      await query('target=test', signal).catch((error: unknown) => {
        signal.throwIfAborted();
        throw new MetricQueryError(`running query failed: ${errorText(error)}`);
      });
    },
  };
}

function authorization(secret: StringMap | undefined): Readonly<Record<string, string>> {
  if (secret === undefined) return {};
  const username = requiredSecret(secret, 'username', 'graphite credentials does not contain a username');
  const password = requiredSecret(secret, 'password', 'graphite credentials does not contain a password');
  return { authorization: basicAuthorization(username, password) };
}

function latestNumber(values: readonly (number | string | null)[]): readonly number[] {
  const present = values.filter((value) => value !== null);
  return present.slice(-1).map((value) => (value === '' ? Number.NaN : Number(value)));
}
