// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpProbe } from '../../../test/http-probe.js';
import { seededRandom } from '../../../test/seeded-random.js';
import { FakeClock } from '../../lib/fake-clock.js';
import { faultOf } from './pod-behaviour.js';
import { PodDirectory } from './pod-directory.js';
import { PodServer } from './pod-server.js';

let clock: FakeClock;
let pods: PodDirectory;
let server: PodServer;
let probe: HttpProbe;
let port: number;

beforeEach(async () => {
  clock = new FakeClock();
  pods = new PodDirectory({ clock, departure: { kind: 'reset' }, onGone: (address) => server.reset(address) });
  server = new PodServer({ resolve: (address) => pods.resolve(address), clock, random: seededRandom(1) });
  port = await server.listen({ host: '0.0.0.0', port: 0 });
  probe = new HttpProbe();
});

afterEach(async () => {
  probe.close();
  await server.close();
});

function addPod(name: string, version: string, address = '127.0.0.1'): void {
  pods.set(address, { name, version, state: 'serving' });
}

function ask(
  path: string,
  options: { readonly method?: string; readonly body?: string; readonly address?: string } = {},
) {
  const { address = '127.0.0.1', ...rest } = options;
  return probe.send({ url: `http://${address}:${port}${path}`, ...rest });
}

/** Moves the clock until the promise settles. */
async function inFakeTime<T>(promise: Promise<T>): Promise<T> {
  const settled = new AbortController();
  const settle = (): void => settled.abort();
  promise.then(settle, settle);
  while (!settled.signal.aborted) await clock.advance(100);
  return promise;
}

describe('faultOf', () => {
  it.each([
    ['6.0.1', 'none'],
    ['6.0.1-bad', 'error'],
    ['6.0.2-flaky.3', 'flaky'],
    ['1-slow', 'slow'],
    ['1-hang', 'hang'],
    ['1-cut', 'cut'],
    ['1-crash', 'crash'],
  ])('of tag %s is %s', (version, fault) => {
    expect(faultOf(version)).toBe(fault);
  });
});

describe('PodServer', () => {
  it('answers for each pod by the address of the connection', async () => {
    addPod('podinfo-a', '6.0.1', '127.0.0.1');
    addPod('podinfo-b', '6.0.2', '127.0.0.2');
    const answers = await Promise.all(['127.0.0.1', '127.0.0.2'].map((address) => ask('/', { address })));
    expect(answers.map(({ body }): unknown => JSON.parse(body))).toEqual([
      { hostname: 'podinfo-a', version: '6.0.1', message: 'greetings from podinfo v6.0.1' },
      { hostname: 'podinfo-b', version: '6.0.2', message: 'greetings from podinfo v6.0.2' },
    ]);
  });

  it.each([
    ['GET', '/version', 200, { version: '6.0.1', commit: 'unknown' }],
    ['GET', '/healthz', 200, { status: 'OK' }],
    ['GET', '/readyz', 200, { status: 'OK' }],
    ['GET', '/status/503', 503, { status: 503 }],
    ['POST', '/status/418?a=b', 418, { status: 418 }],
    ['GET', '/status/99', 400, { code: 400, message: 'Bad Request' }],
    ['GET', '/nowhere', 404, { code: 404, message: 'Not Found' }],
    ['GET', '/token', 404, { code: 404, message: 'Not Found' }],
  ])('%s %s is answered with %s', async (method, path, status, body) => {
    addPod('podinfo-a', '6.0.1');
    const answer = await ask(path, { method });
    expect([answer.status, JSON.parse(answer.body)]).toEqual([status, body]);
  });

  it('issues a token that lives for a minute', async () => {
    addPod('podinfo-a', '6.0.1');
    const answer: unknown = JSON.parse((await ask('/token', { method: 'POST', body: 'test' })).body);
    expect(answer).toEqual({
      token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      expires_at: '2026-01-01T00:01:00.000Z',
    });
  });

  it('waits as long as /delay asks', async () => {
    addPod('podinfo-a', '6.0.1');
    expect((await inFakeTime(ask('/delay/7'))).body).toBe('{\n  "delay": 7\n}\n');
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(7_000);
  });

  it('exports the duration of requests per pod', async () => {
    addPod('podinfo-a', '6.0.1-bad', '127.0.0.1');
    addPod('podinfo-b', '6.0.1', '127.0.0.2');
    await ask('/', { address: '127.0.0.1' });
    await ask('/status/202', { address: '127.0.0.2' });
    const seriesOf = async (address: string): Promise<string> => (await ask('/metrics', { address })).body;
    expect(await seriesOf('127.0.0.1')).toContain(
      'http_request_duration_seconds_count{method="GET",path="root",status="500"} 1',
    );
    expect(await seriesOf('127.0.0.2')).toContain(
      'http_request_duration_seconds_count{method="GET",path="status_code",status="202"} 1',
    );
    expect(await seriesOf('127.0.0.2')).not.toContain('root');
  });

  it('answers 500 to everything with a bad tag', async () => {
    addPod('podinfo-a', '6.0.1-bad');
    expect((await ask('/')).status).toBe(500);
    expect((await ask('/token', { method: 'POST' })).status).toBe(500);
  });

  it('answers 500 to about half of the requests with a flaky tag', async () => {
    addPod('podinfo-a', '6.0.1-flaky');
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask('/')));
    const failed = answers.filter(({ status }) => status === 500).length;
    expect(failed).toBeGreaterThan(25);
    expect(failed).toBeLessThan(75);
  });

  it('answers after a second with a slow tag', async () => {
    addPod('podinfo-a', '6.0.1-slow');
    expect((await inFakeTime(ask('/'))).status).toBe(200);
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(1_000);
  });

  it.each(['6.0.1-cut', '6.0.1-crash'])('breaks the connection with tag %s', async (version) => {
    addPod('podinfo-a', version);
    await expect(ask('/')).rejects.toThrow(/ECONNRESET|socket hang up/);
  });

  it('never answers with a hanging tag, until the pod is gone', async () => {
    addPod('podinfo-a', '6.0.1-hang');
    const answer = ask('/');
    const outcome = expect(answer).rejects.toThrow(/ECONNRESET|socket hang up/);
    while (server.reset('127.0.0.1') === 0) await clock.advance(1_000);
    await outcome;
  });

  it('resets connections to an address without pod and to a refusing pod', async () => {
    pods.set('127.0.0.2', { name: 'podinfo-b', version: '6.0.1', state: 'refusing' });
    await expect(ask('/', { address: '127.0.0.1' })).rejects.toThrow(/ECONNRESET|socket hang up/);
    await expect(ask('/', { address: '127.0.0.2' })).rejects.toThrow(/ECONNRESET|socket hang up/);
  });
});

describe('PodDirectory', () => {
  it('resets open connections the moment a pod is deleted', async () => {
    addPod('podinfo-a', '6.0.1');
    const idle = connect(port, '127.0.0.1');
    const closed = new Promise<string>((resolve) => idle.once('error', (error) => resolve(error.message)));
    await ask('/');
    pods.delete('127.0.0.1');
    expect(await closed).toContain('ECONNRESET');
    await expect(ask('/')).rejects.toThrow(/ECONNRESET|socket hang up/);
  });

  it('lets a deleted pod serve for its time of grace', async () => {
    const departure = { kind: 'serve', forMs: 5_000 } as const;
    pods.set('127.0.0.1', { name: 'podinfo-a', version: '6.0.1', state: 'serving' }, departure);
    pods.delete('127.0.0.1');
    await clock.advance(4_999);
    expect((await ask('/')).status).toBe(200);
    pods.delete('127.0.0.1');
    await clock.advance(1);
    await expect(ask('/')).rejects.toThrow(/ECONNRESET|socket hang up/);
  });

  it('keeps a new pod that got the address of a dying one', async () => {
    const departure = { kind: 'serve', forMs: 5_000 } as const;
    pods.set('127.0.0.1', { name: 'podinfo-a', version: '6.0.1', state: 'serving' }, departure);
    pods.delete('127.0.0.1');
    addPod('podinfo-b', '6.0.2');
    await clock.advance(10_000);
    expect((await ask('/version')).body).toContain('6.0.2');
  });
});
