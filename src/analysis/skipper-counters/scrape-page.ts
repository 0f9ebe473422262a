// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../lib/clock.js';
import type { HttpClient } from '../../lib/http-client.js';
import { HttpFailure } from '../../lib/http-failure.js';
import { redactUrl } from '../../lib/redact-url.js';
import { MetricQueryError } from '../providers/provider.js';
import type { CounterPage } from './counter-page.js';
import { backendFamilies, ExpositionReader, servedFamily } from './exposition-reader.js';
import type { RouteSelection } from './route-selection.js';

export interface ScrapeDeps {
  readonly clock: Clock;
  readonly http: HttpClient;
}

const timeoutMs = 5_000;
/** Several times what a Skipper with five thousand routes says. It is read piece by piece and not kept. */
const pageLimitBytes = 512 * 1024 * 1024;

/** Metrics besides the wanted family that tell of the process and of requests that are not counted by route. */
const askedNames = [servedFamily, 'skipper_proxy_total_duration_seconds', 'process_start_time_seconds'];

/** The address of a replica's metrics. A Skipper that knows the parameter answers with these metrics only. */
export function pageUrl(address: string, needsBackends: boolean): string {
  const url = new URL(address);
  if (url.pathname === '/') url.pathname = '/metrics';
  for (const name of [...askedNames, ...(needsBackends ? backendFamilies : [])])
    url.searchParams.append('name[]', name);
  return url.href;
}

/**
 * Reads the counters of the selected routes from one replica.
 * @throws MetricQueryError when it does not answer, or with something else than Prometheus metrics
 */
export async function scrapePage(
  address: string,
  selection: RouteSelection,
  { clock, http }: ScrapeDeps,
  signal: AbortSignal,
): Promise<CounterPage> {
  const values = new Map<string, number>();
  const reader = new ExpositionReader(selection.finder, (series, value) => {
    // Of the routes that are looked at, some counters concern nobody.
    if (selection.targetsOf(series).length > 0) values.set(series, value);
  });
  const fromMs = clock.monotonicMs();
  const answer = await http
    .send({
      method: 'GET',
      url: pageUrl(address, selection.needsBackends),
      headers: { accept: 'text/plain;version=0.0.4' },
      timeoutMs,
      limitBytes: pageLimitBytes,
      // Replicas are pods of the same cluster; a proxy could not reach them.
      ignoreProxy: true,
      sink: (piece) => {
        reader.write(piece);
      },
      signal,
    })
    .catch((error: unknown) => {
      throw error instanceof HttpFailure ? problem(address, error.message) : error;
    });
  const facts = reader.end();
  if (answer.status !== 200) throw problem(address, `status ${answer.status} ${answer.statusText}`);
  if (answer.isTruncated) throw problem(address, `more than ${pageLimitBytes} bytes`);
  if (!facts.isExposition)
    throw problem(address, 'no metrics in the Prometheus format; run Skipper with -metrics-flavour=prometheus');
  return { selection, facts, values, taken: { fromMs, toMs: clock.monotonicMs() } };
}

function problem(address: string, text: string): MetricQueryError {
  return new MetricQueryError(`GET ${redactUrl(address)}: ${text}`);
}
