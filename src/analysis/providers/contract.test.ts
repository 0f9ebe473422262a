// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { LoopbackServers } from '../../../test/support/loopback-server.js';
import {
  FakeMetricService,
  metricServices,
  serviceAccountKey,
  type MetricService,
} from '../../../test/support/metric-services/index.js';
import { systemClock } from '../../lib/clock.js';
import { FakeClock } from '../../lib/fake-clock.js';
import { createHttpClient, type HttpClient, type HttpClientDeps } from '../../lib/http-client.js';
import { silentLogger } from '../../lib/logger.js';
import { errorText } from '../../lib/operator-error.js';
import { createProviderDeps } from '../provider-deps.js';
import { providerFactory } from '../provider-registry.js';
import { MetricQueryError, type MetricProvider, type ProviderSettings } from './provider.js';

const servers = new LoopbackServers();
const { signal } = new AbortController();
const clients: HttpClient[] = [];
let clock: FakeClock;

beforeEach(() => {
  clock = new FakeClock();
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  servers.closeAll();
});

function client(deps: Partial<HttpClientDeps> = {}): HttpClient {
  const http = createHttpClient({ clock: systemClock, ...deps });
  clients.push(http);
  return http;
}

/** The provider of a service that runs at an address, in a process that has the service's environment. */
async function provider(
  service: MetricService,
  settings: Partial<ProviderSettings>,
  http = client(),
): Promise<MetricProvider> {
  const { type, secret = {}, region, environment = {} } = service;
  const tokens = service.token === undefined ? undefined : await FakeMetricService.start(servers, service);
  const key = tokens === undefined ? {} : { serviceAccountKey: serviceAccountKey(`${tokens.url}/token`) };
  const kubernetes = () => Promise.reject(new Error('no cluster'));
  const deps = createProviderDeps({ clock, log: silentLogger, http, kubernetes, environment, concurrency: 8 });
  const common = { headers: {}, insecureSkipVerify: false, intervalMs: 60_000 };
  const own = { ...(region === undefined ? {} : { region }), secret: { ...secret, ...key } };
  return providerFactory(type)({ ...common, ...own, ...settings }, deps);
}

async function problem(outcome: Promise<unknown>): Promise<string> {
  return await outcome.then(
    () => 'no problem',
    (error: unknown) => (error instanceof MetricQueryError ? '' : 'WRONG KIND: ') + errorText(error),
  );
}

describe.each(metricServices.map((service) => [service.name, service] as const))('%s', (_, service) => {
  it('asks as the service documents it', async () => {
    const fake = await FakeMetricService.start(servers, service);
    const address = `${fake.url}/`;
    expect(await (await provider(service, { address })).query(service.query, signal)).toEqual(service.good.numbers);
    expect(fake.seen).toMatchObject([service.asked]);
  });

  it.each(['empty', 'nothing', 'several'] as const)('reads an answer with %s', async (kind) => {
    const fake = await FakeMetricService.start(servers, service);
    fake.behaviour = service[kind].reply;
    const asked = (await provider(service, { address: fake.url })).query(service.query, signal);
    expect(await asked).toEqual(service[kind].numbers);
  });

  it('reports an answer that makes no sense', async () => {
    const fake = await FakeMetricService.start(servers, service);
    const source = await provider(service, { address: fake.url });
    for (const reply of service.malformed) {
      fake.behaviour = reply;
      expect(await problem(source.query(service.query, signal))).toMatch(/^error unmarshaling result: /);
    }
  });

  it('reports an answer that says no', async () => {
    const fake = await FakeMetricService.start(servers, service);
    fake.behaviour = { status: 500, body: 'out of order' };
    const source = await provider(service, { address: fake.url });
    expect(await problem(source.query(service.query, signal))).toMatch(/500.*out of order|out of order.*500/s);
  });

  it('reports a refusal and shows no credential, even when the server repeats all of them', async () => {
    const fake = await FakeMetricService.start(servers, service);
    fake.isClosed = true;
    const source = await provider(service, { address: fake.url, headers: { 'X-Own-Token': ['hidden-header'] } });
    const texts = [await problem(source.query(service.query, signal)), await problem(source.checkOnline(signal))];
    for (const text of texts) {
      expect(text).toMatch(/unauthorized|invalid|authorization failed|authentication failed|forbidden/i);
      expect(text).not.toMatch(/hidden|WRONG/);
      expect(text).not.toContain(Buffer.from('reader:hidden-password').toString('base64'));
      expect(text.length).toBeLessThan(1_000);
    }
  });

  it('is online when the service says so', async () => {
    const fake = await FakeMetricService.start(servers, service);
    await expect((await provider(service, { address: fake.url })).checkOnline(signal)).resolves.toBeUndefined();
    expect(fake.seen).toHaveLength(0);
  });

  it('is not online when nobody is there', async () => {
    const source = await provider(service, { address: 'http://127.0.0.1:1' });
    expect(await problem(source.checkOnline(signal))).toMatch(
      /^(running query failed: )?request failed: .*ECONNREFUSED/,
    );
  });

  it('gives up on a silent server', async () => {
    const fake = await FakeMetricService.start(servers, service);
    fake.behaviour = 'silent';
    const asked = (await provider(service, { address: fake.url }, client({ clock }))).query(service.query, signal);
    const failed = problem(asked);
    await until(() => fake.seen.length > 0);
    await clock.advance(15_000);
    expect(await failed).toMatch(/^request failed: (GET|POST) http:\/\/127.0.0.1:\d+\S*: no answer within (5|10|15)s$/);
  });

  it('refuses an answer without end', async () => {
    const fake = await FakeMetricService.start(servers, service);
    fake.behaviour = 'endless';
    const source = await provider(service, { address: fake.url });
    expect(await problem(source.query(service.query, signal))).toBe('answer exceeds 4194304 bytes');
  });

  it('reports a connection that breaks', async () => {
    const fake = await FakeMetricService.start(servers, service);
    fake.behaviour = 'reset';
    const source = await provider(service, { address: fake.url });
    expect(await problem(source.query(service.query, signal))).toMatch(/^request failed: /);
  });

  it('stops when the check is aborted', async () => {
    const fake = await FakeMetricService.start(servers, service);
    fake.behaviour = 'silent';
    const abort = new AbortController();
    const failed = problem((await provider(service, { address: fake.url })).query(service.query, abort.signal));
    await until(() => fake.seen.length > 0);
    abort.abort();
    expect(await failed).toContain('aborted');
  });

  it('accepts a certificate that nobody trusts only when told to', async () => {
    const fake = await FakeMetricService.start(servers, service, 'https');
    const strict = await provider(service, { address: fake.url });
    expect(await problem(strict.query(service.query, signal))).toContain('self-signed certificate');
    const lenient = await provider(service, { address: fake.url, insecureSkipVerify: true });
    expect(await lenient.query(service.query, signal)).toEqual(service.good.numbers);
  });

  it('goes through the proxy and sends the headers of the template', async () => {
    const fake = await FakeMetricService.start(servers, service);
    const address = 'http://metrics.example/prefix';
    const headers = { 'X-Scope-OrgID': ['tenant'] };
    const source = await provider(service, { address, headers }, client({ proxy: { http: fake.url } }));
    expect(await source.query(service.query, signal)).toEqual(service.good.numbers);
    expect(fake.seen[0]?.path).toMatch(/^\/prefix/);
    expect(fake.seen[0]?.headers).toMatchObject({ host: 'metrics.example', 'x-scope-orgid': 'tenant' });
  });

  it('refuses an address that is none', async () => {
    for (const address of ['prom:9090', 'ftp://user:hidden@prom', '//prom', 'http://'])
      await expect(provider(service, { address })).rejects.toThrow(/^\S+ address \S+ is not a valid URL$/);
    await expect(provider(service, { address: 'ftp://user:hidden@prom' })).rejects.not.toThrow('hidden');
  });
});

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error('waited in vain');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
