// SPDX-License-Identifier: Apache-2.0
import type { StringMap } from '../../api/kubernetes.js';
import { fluxNumbers, fluxRows } from './flux-result.js';
import { basicAuthorization, baseUrl, createHttpSource, requiredSecret, urlOf } from './http-source.js';
import { influxQlNumbers, influxQlSeries } from './influxql-result.js';
import type { MetricProvider, ProviderDeps, ProviderSettings } from './provider.js';

interface Credentials {
  /** Authorization of a Flux query. */
  readonly flux?: string;
  /** Authorization of an InfluxQL query. */
  readonly influxQl?: string;
  readonly org?: string;
  /** For InfluxQL queries that do not name one. */
  readonly database?: string;
}

/** Flux queries read raw data and take their time. */
const timeoutMs = 15_000;

const dialect = { annotations: ['datatype', 'group', 'default'], delimiter: ',', header: true };

/**
 * InfluxDB: Flux by the API of version 2, InfluxQL ("SELECT …") by that of version 1. The number of a series is its first.
 * @throws ProviderConfigError when the address is no http URL or the Secret lacks a key
 */
export function createInfluxDbProvider(settings: ProviderSettings, deps: ProviderDeps): MetricProvider {
  const base = baseUrl('influxdb', settings.address ?? '');
  const { org, database, ...authorization } = credentialsOf(settings.secret);
  const source = createHttpSource(settings, deps);

  function askFlux(query: string, signal: AbortSignal): Promise<string> {
    return source.text({
      method: 'POST',
      url: urlOf(base, '/api/v2/query', org === undefined ? {} : { org }),
      headers: { ...headersOf(authorization.flux), 'content-type': 'application/json', accept: 'application/csv' },
      body: JSON.stringify({ query, type: 'flux', dialect }),
      timeoutMs,
      signal,
    });
  }

  function askInfluxQl(q: string, signal: AbortSignal): Promise<string> {
    const url = urlOf(base, '/query', database === undefined ? { q } : { db: database, q });
    return source.text({ url, headers: headersOf(authorization.influxQl), timeoutMs, signal });
  }

  return {
    query: async (query, signal) =>
      isInfluxQl(query)
        ? influxQlNumbers(await askInfluxQl(query.trim(), signal))
        : fluxNumbers(await askFlux(query, signal)),
    async checkOnline(signal) {
      if (org !== undefined) fluxRows(await askFlux('buckets() |> limit(n: 1)', signal));
      else if (authorization.influxQl !== undefined) influxQlSeries(await askInfluxQl('SHOW DATABASES', signal));
      else await source.text({ url: urlOf(base, '/ping'), signal });
    },
  };
}

function isInfluxQl(query: string): boolean {
  return /^\s*(?:select|show)\b/i.test(query);
}

function headersOf(authorization: string | undefined): Readonly<Record<string, string>> {
  return authorization === undefined ? {} : { authorization };
}

/** Version 2 wants a token and an organisation, version 1 a user, and a database unless the query names it. */
function credentialsOf(secret: StringMap | undefined): Credentials {
  if (secret === undefined) return {};
  const value = (key: string): string => secret[key]?.trim() ?? '';
  const database = value('database') === '' ? {} : { database: value('database') };
  if (value('token') === '' && value('username') !== '') {
    const username = value('username');
    const password = requiredSecret(secret, 'password', 'influxdb credentials does not contain a password');
    return {
      flux: `Token ${username}:${password}`,
      influxQl: basicAuthorization(username, password),
      ...database,
    };
  }
  const token = `Token ${requiredSecret(secret, 'token', 'influxdb credentials does not contain an authentication token')}`;
  const org = requiredSecret(secret, 'org', 'influxdb credentials does not contain an organisation');
  return { flux: token, influxQl: token, org, ...database };
}
