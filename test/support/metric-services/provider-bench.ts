// SPDX-License-Identifier: Apache-2.0
import type { RequestListener } from 'node:http';

import type { MetricProviderType } from '../../../src/api/metric-template.js';
import { createProviderDeps, type ProviderDepsOptions } from '../../../src/analysis/provider-deps.js';
import { providerFactory } from '../../../src/analysis/provider-registry.js';
import type { MetricProvider, ProviderDeps, ProviderSettings } from '../../../src/analysis/providers/provider.js';
import { systemClock } from '../../../src/lib/clock.js';
import { FakeClock } from '../../../src/lib/fake-clock.js';
import {
  createHttpClient,
  type HttpClient,
  type HttpClientDeps,
  type HttpRequest,
} from '../../../src/lib/http-client.js';
import type { Logger } from '../../../src/lib/logger.js';
import { LoopbackServers } from '../loopback-server.js';
import { FakeMetricService } from './fake-metric-service.js';
import type { MetricService } from './metric-service.js';
import { serviceAccountKey } from './stackdriver.js';

type DepsOptions = Partial<Pick<ProviderDepsOptions, 'http' | 'environment' | 'kubernetes'>>;

/** Providers, and the servers that they ask, for one test. */
export class ProviderBench {
  readonly clock = new FakeClock();
  /** Everything that was logged. */
  readonly lines: string[] = [];
  private readonly servers = new LoopbackServers();
  private readonly clients: HttpClient[] = [];

  start(service: MetricService, scheme = 'http'): Promise<FakeMetricService> {
    return FakeMetricService.start(this.servers, service, scheme);
  }

  serve(listener: RequestListener): Promise<string> {
    return this.servers.serve(listener);
  }

  client(deps: Partial<HttpClientDeps> = {}): HttpClient {
    const http = createHttpClient({ clock: systemClock, ...deps });
    this.clients.push(http);
    return http;
  }

  /** A client for which hosts of the internet live at loopback addresses, "*" all others; it notes whom it is sent to. */
  rerouted(routes: Readonly<Record<string, string>>, seen: HttpRequest[] = []): HttpClient {
    const http = this.client();
    return {
      send: (request) => {
        seen.push(request);
        const { origin, pathname, search } = new URL(request.url);
        return http.send({ ...request, url: (routes[origin] ?? routes['*'] ?? origin) + pathname + search });
      },
      close: () => {
        http.close();
      },
    };
  }

  deps(options: DepsOptions = {}): ProviderDeps {
    const kubernetes = () => Promise.reject(new Error('no cluster'));
    const { clock } = this;
    const common = { clock, log: this.log(), concurrency: 8, kubernetes, environment: {} };
    return createProviderDeps({ ...common, http: options.http ?? this.client(), ...options });
  }

  provider(type: MetricProviderType, settings: Partial<ProviderSettings>, deps: DepsOptions = {}): MetricProvider {
    const common = { headers: {}, insecureSkipVerify: false, intervalMs: 60_000 };
    return providerFactory(type)({ ...common, ...settings }, this.deps(deps));
  }

  /** The provider of a service, with the credentials that the service knows. */
  async providerOf(
    service: MetricService,
    settings: Partial<ProviderSettings>,
    http = this.client(),
  ): Promise<MetricProvider> {
    const { type, secret = {}, region, environment = {} } = service;
    const tokens = service.token === undefined ? undefined : await this.start(service);
    const key = tokens === undefined ? {} : { serviceAccountKey: serviceAccountKey(`${tokens.url}/token`) };
    const own = { ...(region === undefined ? {} : { region }), secret: { ...secret, ...key } };
    return this.provider(type, { ...own, ...settings }, { http, environment });
  }

  private log(): Logger {
    const note = (fields: Readonly<Record<string, unknown>>, message: string) => {
      this.lines.push(`${message} ${JSON.stringify(fields)}`);
    };
    const log: Logger = { debug: note, info: note, warn: note, error: note, child: () => log };
    return log;
  }

  close(): void {
    for (const client of this.clients.splice(0)) client.close();
    this.servers.closeAll();
  }
}
