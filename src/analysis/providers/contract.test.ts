// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { metricServices, ProviderBench } from '../../../test/support/metric-services/index.js';
import { errorText } from '../../lib/operator-error.js';
import { MetricQueryError } from './provider.js';

const { signal } = new AbortController();
let bench: ProviderBench;

beforeEach(() => {
  bench = new ProviderBench();
});

afterEach(() => {
  bench.close();
});

async function problem(outcome: Promise<unknown>): Promise<string> {
  return await outcome.then(
    () => 'no problem',
    (error: unknown) => (error instanceof MetricQueryError ? '' : 'WRONG KIND: ') + errorText(error),
  );
}

describe.each(metricServices.map((service) => [service.name, service] as const))('%s', (_, service) => {
  it('asks as the service documents it', async () => {
    const fake = await bench.start(service);
    const address = `${fake.url}/`;
    expect(await (await bench.providerOf(service, { address })).query(service.query, signal)).toEqual(
      service.good.numbers,
    );
    expect(fake.seen).toMatchObject([service.asked]);
  });

  it.each(['empty', 'nothing', 'several'] as const)(
    'R20: tells the number of each series of an answer with %s',
    async (kind) => {
      const fake = await bench.start(service);
      fake.behaviour = service[kind].reply;
      const asked = (await bench.providerOf(service, { address: fake.url })).query(service.query, signal);
      expect(await asked).toEqual(service[kind].numbers);
    },
  );

  it('reports an answer that makes no sense', async () => {
    const fake = await bench.start(service);
    const source = await bench.providerOf(service, { address: fake.url });
    for (const reply of service.malformed) {
      fake.behaviour = reply;
      expect(await problem(source.query(service.query, signal))).toMatch(/^error unmarshaling result: /);
    }
  });

  it('reports an answer that says no', async () => {
    const fake = await bench.start(service);
    fake.behaviour = { status: 500, body: 'out of order' };
    const source = await bench.providerOf(service, { address: fake.url });
    expect(await problem(source.query(service.query, signal))).toMatch(/500.*out of order|out of order.*500/s);
  });

  it('reports a refusal and shows no credential, even when the server repeats all of them', async () => {
    const fake = await bench.start(service);
    fake.isClosed = true;
    const source = await bench.providerOf(service, {
      address: fake.url,
      headers: { 'X-Own-Token': ['hidden-header'] },
    });
    const texts = [await problem(source.query(service.query, signal)), await problem(source.checkOnline(signal))];
    for (const text of texts) {
      expect(text).toMatch(/unauthorized|invalid|authorization failed|authentication failed|forbidden/i);
      expect(text).not.toMatch(/hidden|WRONG/);
      expect(text).not.toContain(Buffer.from('reader:hidden-password').toString('base64'));
      expect(text.length).toBeLessThan(1_000);
    }
  });

  it('is online when the service says so', async () => {
    const fake = await bench.start(service);
    await expect((await bench.providerOf(service, { address: fake.url })).checkOnline(signal)).resolves.toBeUndefined();
    expect(fake.seen).toHaveLength(0);
  });

  it('is not online when nobody is there', async () => {
    const source = await bench.providerOf(service, { address: 'http://127.0.0.1:1' });
    expect(await problem(source.checkOnline(signal))).toMatch(
      /^(running query failed: )?request failed: .*ECONNREFUSED/,
    );
  });

  it('logs an outage without any credential', async () => {
    const address = 'http://me:hidden@127.0.0.1:1';
    const source = await bench.providerOf(service, { address, headers: { Authorization: ['hidden'] } });
    const texts: string[] = [];
    for (let count = 0; count < 6; count += 1) texts.push(await problem(source.query(service.query, signal)));
    expect(texts.at(-1)).toMatch(
      /^http:\/\/127\.0\.0\.1:1 has not answered since 2026-01-01T00:00:00Z: connect ECONNREFUSED/,
    );
    expect(bench.lines).toEqual([expect.stringMatching(/^metrics source is down, its checks fail at once /)]);
    expect([...texts, ...bench.lines].join(' ')).not.toContain('hidden');
  });

  it('gives up on a silent server', async () => {
    const fake = await bench.start(service);
    fake.behaviour = 'silent';
    const asked = (await bench.providerOf(service, { address: fake.url }, bench.client({ clock: bench.clock }))).query(
      service.query,
      signal,
    );
    const failed = problem(asked);
    await until(() => fake.seen.length > 0);
    await bench.clock.advance(15_000);
    expect(await failed).toMatch(/^request failed: (GET|POST) http:\/\/127.0.0.1:\d+\S*: no answer within (5|10|15)s$/);
  });

  it('refuses an answer without end', async () => {
    const fake = await bench.start(service);
    fake.behaviour = 'endless';
    const source = await bench.providerOf(service, { address: fake.url });
    expect(await problem(source.query(service.query, signal))).toBe('answer exceeds 4194304 bytes');
  });

  it('reports a connection that breaks', async () => {
    const fake = await bench.start(service);
    fake.behaviour = 'reset';
    const source = await bench.providerOf(service, { address: fake.url });
    expect(await problem(source.query(service.query, signal))).toMatch(/^request failed: /);
  });

  it('stops when the check is aborted', async () => {
    const fake = await bench.start(service);
    fake.behaviour = 'silent';
    const abort = new AbortController();
    const failed = problem((await bench.providerOf(service, { address: fake.url })).query(service.query, abort.signal));
    await until(() => fake.seen.length > 0);
    abort.abort();
    expect(await failed).toContain('aborted');
  });

  it('accepts a certificate that nobody trusts only when told to', async () => {
    const fake = await bench.start(service, 'https');
    const strict = await bench.providerOf(service, { address: fake.url });
    expect(await problem(strict.query(service.query, signal))).toContain('self-signed certificate');
    const lenient = await bench.providerOf(service, { address: fake.url, insecureSkipVerify: true });
    expect(await lenient.query(service.query, signal)).toEqual(service.good.numbers);
  });

  it('goes through the proxy and sends the headers of the template', async () => {
    const fake = await bench.start(service);
    const address = 'http://metrics.example/prefix';
    const headers = { 'X-Scope-OrgID': ['tenant'] };
    const source = await bench.providerOf(service, { address, headers }, bench.client({ proxy: { http: fake.url } }));
    expect(await source.query(service.query, signal)).toEqual(service.good.numbers);
    expect(fake.seen[0]?.path).toMatch(/^\/prefix/);
    expect(fake.seen[0]?.headers).toMatchObject({ host: 'metrics.example', 'x-scope-orgid': 'tenant' });
  });

  it('refuses an address that is none', async () => {
    for (const address of ['prom:9090', 'ftp://user:hidden@prom', '//prom', 'http://'])
      await expect(bench.providerOf(service, { address })).rejects.toThrow(/^\S+ address \S+ is not a valid URL$/);
    await expect(bench.providerOf(service, { address: 'ftp://user:hidden@prom' })).rejects.not.toThrow('hidden');
  });
});

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error('waited in vain');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
