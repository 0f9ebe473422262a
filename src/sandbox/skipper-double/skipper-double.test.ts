// SPDX-License-Identifier: Apache-2.0
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpProbe, type ProbeAnswer, type ProbeRequest } from '../../../test/http-probe.js';
import { seededRandom } from '../../../test/seeded-random.js';
import { anIngress, aService, aSnapshot } from '../../../test/skipper-snapshot.js';
import { systemClock, type Clock } from '../../lib/clock.js';
import { FakeClock } from '../../lib/fake-clock.js';
import { silentLogger } from '../../lib/logger.js';
import { createSkipperDouble, type SkipperDouble, type SkipperDoubleDeps } from './skipper-double.js';
import type { Snapshot } from './snapshot.js';

const host = 'app.example.com';
let snapshot: Snapshot | Error;
let reads: number;
let double: SkipperDouble;
let url: string;
let supportUrl: string;
let probe: HttpProbe;
let closers: (() => unknown)[];

beforeEach(() => {
  reads = 0;
  closers = [];
  probe = new HttpProbe();
});

afterEach(async () => {
  probe.close();
  await double.stop();
  for (const close of closers) close();
});

async function start(first: Snapshot, options: Partial<SkipperDoubleDeps> = {}): Promise<void> {
  snapshot = first;
  double = createSkipperDouble({
    source: {
      snapshot: () => {
        reads++;
        return snapshot instanceof Error ? Promise.reject(snapshot) : Promise.resolve(snapshot);
      },
    },
    listen: { host: '127.0.0.1', port: 0 },
    support: { host: '127.0.0.1', port: 0 },
    pollMs: 3_000,
    clock: systemClock,
    random: seededRandom(3),
    log: silentLogger,
    ...options,
  });
  ({ url, supportUrl } = await double.start());
}

async function listening(server: Server | TcpServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  if ('closeAllConnections' in server) closers.push(() => server.closeAllConnections());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts a backend; returns its `address:port`. */
function aBackend(handler: RequestListener = (_, response) => void response.end('ok')): Promise<string> {
  return listening(createServer(handler));
}

/** An address on which nobody listens. */
async function aDeadEndpoint(): Promise<string> {
  const server = createServer();
  const address = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return address;
}

function ask(path = '/', { headers, ...options }: Partial<ProbeRequest> = {}): Promise<ProbeAnswer> {
  return probe.send({ url: url + path, headers: { host, ...headers }, ...options });
}

async function metrics(): Promise<string> {
  return (await probe.send({ url: `${supportUrl}/metrics` })).body;
}

async function eventually(check: () => Promise<void> | void): Promise<void> {
  const deadlineMs = Date.now() + 2_000;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const route = 'kube_default__app__app_example_com_____app';

describe('proxying', () => {
  it('passes method, path, query, headers and body on, and the answer back', async () => {
    const backend = await aBackend((request, response) => {
      void text(request).then((body) => {
        response.setHeader('Set-Cookie', ['a=1', 'b=2']);
        response.writeHead(201, { 'x-answer': 'yes' });
        response.end(
          `${request.method} ${request.url} ${String(request.headers['x-ask'])} ${request.headers.host} ${body}`,
        );
      });
    });
    await start(aSnapshot([anIngress('app')], aService('app', backend)));
    const answer = await ask('/a/b?c=d', { method: 'PUT', headers: { 'x-ask': 'why' }, body: 'x'.repeat(100_000) });
    expect(answer.status).toBe(201);
    expect(answer.headers).toMatchObject({ 'x-answer': 'yes', 'set-cookie': ['a=1', 'b=2'] });
    // Rule of the real one: a backend sees its own address as host.
    expect(answer.body).toBe(`PUT /a/b?c=d why ${backend} ${'x'.repeat(100_000)}`);
  });

  it.each([
    ['the filter preserveHost', { 'zalando.org/skipper-filter': 'preserveHost("true")' }, false],
    ['the flag -proxy-preserve-host', {}, true],
  ])('keeps the host of the client with %s', async (_, annotations, preserveHost) => {
    const backend = await aBackend((request, response) => void response.end(request.headers.host));
    await start(aSnapshot([anIngress('app', { annotations })], aService('app', backend)), { proxy: { preserveHost } });
    expect((await ask()).body).toBe(host);
  });

  it('takes turns among the endpoints of a Service', async () => {
    const backends = await Promise.all([1, 2, 3].map((id) => aBackend((_, response) => void response.end(String(id)))));
    await start(aSnapshot([anIngress('app')], aService('app', ...backends)));
    const bodies: string[] = [];
    for (let count = 0; count < 6; count++) bodies.push((await ask()).body);
    expect(bodies.toSorted()).toEqual(['1', '1', '2', '2', '3', '3']);
  });

  it('changes headers, paths and cookies as the filters say', async () => {
    const filters = [
      'setRequestHeader("X-In", "1")',
      'dropRequestHeader("X-Secret")',
      'modPath("^/old/", "/new/")',
      'setResponseHeader("X-Out", "2")',
      'dropResponseHeader("X-Inner")',
      'responseCookie("c", "rev", 3600, "change-only")',
    ];
    const backend = await aBackend((request, response) => {
      response.setHeader('x-inner', 'i');
      response.end(`${request.url} ${String(request.headers['x-in'])} ${String(request.headers['x-secret'])}`);
    });
    const annotations = { 'zalando.org/skipper-filter': filters.join(' -> ') };
    await start(aSnapshot([anIngress('app', { annotations })], aService('app', backend)));
    const answer = await ask('/old/x?y', { headers: { 'x-secret': 's' } });
    expect(answer.body).toBe('/new/x?y 1 undefined');
    expect(answer.headers).toMatchObject({
      'x-out': '2',
      'set-cookie': ['c=rev; Path=/; Domain=example.com; Max-Age=3600; HttpOnly; Secure'],
    });
    expect(answer.headers).not.toHaveProperty('x-inner');
    expect((await ask('/', { headers: { cookie: 'c=rev' } })).headers).not.toHaveProperty('set-cookie');
  });

  it('redirects requests that came over plain HTTP, unless the Ingress says no', async () => {
    const backend = await aBackend();
    const annotations = { 'zalando.org/skipper-ingress-redirect': 'false' };
    await start(
      aSnapshot(
        [anIngress('app'), anIngress('plain', { host: 'plain.example.com', annotations })],
        aService('app', backend),
      ),
    );
    const headers = { 'x-forwarded-proto': 'http' };
    const redirected = await ask('/x?y=1', { headers });
    expect([redirected.status, redirected.headers.location]).toEqual([308, 'https://app.example.com/x?y=1']);
    expect((await ask('/', { headers: { 'x-forwarded-proto': 'https' } })).status).toBe(200);
    expect((await ask('/', { headers: { ...headers, host: 'plain.example.com' } })).status).toBe(200);
    await eventually(async () =>
      expect(await metrics()).toContain(
        'route="kube_default__plain__plain_example_com_____app_disable_https_redirect"} 1',
      ),
    );
  });

  it('mirrors requests with their bodies, and waits for no shadow', async () => {
    const shadowed: string[] = [];
    const backend = await aBackend((request, response) => void text(request).then((body) => response.end(body)));
    const shadow = await aBackend((request) => void text(request).then((body) => shadowed.push(body)));
    await start(
      aSnapshot(
        [
          anIngress('app', { annotations: { 'zalando.org/skipper-filter': 'teeLoopback("k")' } }),
          anIngress('app-mirror', {
            annotations: { 'zalando.org/skipper-predicate': 'Weight(200) && Tee("k")' },
            services: ['shadow'],
          }),
        ],
        aService('app', backend),
        aService('shadow', shadow),
      ),
    );
    expect((await ask('/', { method: 'POST', body: 'hello' })).body).toBe('hello');
    await eventually(() => expect(shadowed).toEqual(['hello']));
    const shadowRoute = 'kube_default__app_mirror__app_example_com_____shadow';
    expect(await metrics()).not.toMatch(new RegExp(`skipper_(serve_route|response)_.*${shadowRoute}`));
  });

  it('serves clients while a shadow is dead', async () => {
    const backend = await aBackend((request, response) => void text(request).then((body) => response.end(body)));
    await start(
      aSnapshot(
        [
          anIngress('app', { annotations: { 'zalando.org/skipper-filter': 'teeLoopback("k")' } }),
          anIngress('app-mirror', {
            annotations: { 'zalando.org/skipper-predicate': 'Weight(200) && Tee("k")' },
            services: ['shadow'],
          }),
        ],
        aService('app', backend),
        aService('shadow', await aDeadEndpoint()),
      ),
    );
    const body = 'y'.repeat(300_000);
    expect((await ask('/', { method: 'POST', body })).body).toBe(body);
    await eventually(async () =>
      expect(await metrics()).toContain('skipper_backend_error_total{route="kube_default__app_mirror__'),
    );
  });

  it('counts requests for which two routes have the same right', async () => {
    await start(aSnapshot([anIngress('app'), anIngress('twin')], aService('app', await aBackend())));
    expect((await ask()).status).toBe(200);
    expect(double.ambiguous()).toBe(1);
    expect(await metrics()).toContain(`skipper_double_ambiguous_total{route="${route}"`);
  });
});

describe('failures', () => {
  it('answers 404 without a route and 502 without endpoints', async () => {
    await start(aSnapshot([anIngress('app')], aService('app')));
    const unknown = await ask('/', { headers: { host: 'other.example.com' } });
    expect([unknown.status, unknown.body.trim()]).toEqual([404, 'Not Found']);
    const empty = await ask();
    expect([empty.status, empty.body]).toEqual([502, 'no endpoints']);
    await eventually(async () => {
      const series = await metrics();
      // Answers of a shunt count as responses, those to unknown hosts do not.
      expect(series).toContain(`skipper_response_duration_seconds_count{code="502",method="GET",route="${route}"} 1`);
      expect(series).toContain(
        'skipper_serve_host_duration_seconds_count{code="404",method="GET",host="_unknownhost_"} 1',
      );
      expect(series).not.toMatch(/skipper_response_.*code="404"/);
    });
  });

  it('answers 502 when no endpoint takes the connection, and counts it in serve metrics only', async () => {
    await start(aSnapshot([anIngress('app')], aService('app', await aDeadEndpoint())));
    const answer = await ask();
    expect([answer.status, answer.body.trim()]).toEqual([502, 'Bad Gateway']);
    await eventually(async () => {
      const series = await metrics();
      expect(series).toContain(
        `skipper_serve_route_duration_seconds_count{code="502",method="GET",route="${route}"} 1`,
      );
      expect(series).toContain(
        'skipper_serve_host_duration_seconds_count{code="502",method="GET",host="app_example_com"} 1',
      );
      expect(series).toContain(`skipper_backend_error_total{route="${route}"} 1`);
      expect(series).not.toMatch(/skipper_(response|backend)_duration_seconds_count\{/);
    });
  });

  it('tries a request without body once more on another endpoint, one with a body never', async () => {
    const endpoints = [await aBackend(), await aDeadEndpoint()];
    await start(aSnapshot([anIngress('app')], aService('app', ...endpoints)));
    for (let count = 0; count < 4; count++) expect((await ask()).status).toBe(200);
    const posts = [];
    for (let count = 0; count < 4; count++) posts.push((await ask('/', { method: 'POST', body: 'x' })).status);
    expect(posts.toSorted()).toEqual([200, 200, 502, 502]);
  });

  it('answers 503 when the connection breaks before an answer', async () => {
    const endpoint = await listening(createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
    await start(aSnapshot([anIngress('app')], aService('app', endpoint)));
    expect((await ask()).status).toBe(503);
  });

  it('repeats a request on a new connection when the kept one turns out dead', async () => {
    let served = 0;
    const endpoint = await aBackend((request, response) => {
      if (++served === 2) request.socket.resetAndDestroy();
      else response.end('ok');
    });
    await start(aSnapshot([anIngress('app')], aService('app', endpoint)));
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
    expect(served).toBe(3);
  });

  it('answers 504 when the backend takes too long', async () => {
    const annotations = { 'zalando.org/skipper-filter': 'backendTimeout("20ms")' };
    await start(aSnapshot([anIngress('app', { annotations })], aService('app', await aBackend(() => undefined))));
    expect((await ask()).status).toBe(504);
  });

  it('cuts the answer when the backend breaks off in the middle', async () => {
    const endpoint = await aBackend((request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half', () => request.socket.resetAndDestroy());
    });
    await start(aSnapshot([anIngress('app')], aService('app', endpoint)));
    await expect(ask()).rejects.toThrow(/aborted|ECONNRESET|socket hang up/);
    await eventually(async () =>
      expect(await metrics()).toContain(
        `skipper_serve_route_duration_seconds_count{code="200",method="GET",route="${route}"} 1`,
      ),
    );
  });

  it('counts 499 when the client leaves', async () => {
    let isAsked = false;
    const endpoint = await aBackend(() => {
      isAsked = true;
    });
    await start(aSnapshot([anIngress('app')], aService('app', endpoint)));
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await eventually(() => expect(isAsked).toBe(true));
    socket.destroy();
    await eventually(async () =>
      expect(await metrics()).toContain(
        `skipper_serve_route_duration_seconds_count{code="499",method="GET",route="${route}"} 1`,
      ),
    );
    expect(await metrics()).not.toContain('skipper_backend_error_total{');
  });
});

describe('polling', () => {
  const app = (...endpoints: readonly string[]): Snapshot =>
    aSnapshot([anIngress('app')], aService('app', ...endpoints));

  async function startOn(clock: Clock, first: Snapshot): Promise<void> {
    await start(first, { clock });
  }

  it('takes changes over one pause after the last read, not before', async () => {
    const clock = new FakeClock();
    await startOn(clock, app());
    snapshot = app(await aBackend());
    await clock.advance(2_999);
    expect([reads, (await ask()).status]).toEqual([1, 502]);
    await clock.advance(1);
    expect([reads, (await ask()).status]).toEqual([2, 200]);
  });

  it('keeps the last routes while the cluster cannot be read', async () => {
    const clock = new FakeClock();
    const first = app(await aBackend());
    await startOn(clock, first);
    snapshot = new Error('connection refused');
    await clock.advance(9_000);
    expect([reads, (await ask()).status]).toEqual([4, 200]);
    snapshot = app();
    await clock.advance(3_000);
    expect((await ask()).status).toBe(502);
  });

  it('starts without routes when the cluster cannot be read', async () => {
    const clock = new FakeClock();
    snapshot = new Error('connection refused');
    double = createSkipperDouble({
      source: { snapshot: () => (snapshot instanceof Error ? Promise.reject(snapshot) : Promise.resolve(snapshot)) },
      listen: { host: '127.0.0.1', port: 0 },
      support: { host: '127.0.0.1', port: 0 },
      pollMs: 3_000,
      clock,
      random: seededRandom(4),
      log: silentLogger,
    });
    ({ url, supportUrl } = await double.start());
    expect((await ask()).status).toBe(404);
    snapshot = app(await aBackend());
    await clock.advance(3_000);
    expect((await ask()).status).toBe(200);
  });

  it('lets a request under way end well when its endpoint vanishes, and closes the idle connections to it', async () => {
    const clock = new FakeClock();
    const waiting: (() => void)[] = [];
    const server = createServer((request, response) => {
      if (request.url === '/wait') waiting.push(() => response.end('done'));
      else response.end('ok');
    });
    const connections = (): Promise<number> =>
      new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
    await startOn(clock, app(await listening(server)));
    await Promise.all([ask(), ask()]);
    const slow = ask('/wait');
    await eventually(() => expect(waiting).toHaveLength(1));
    snapshot = app();
    await clock.advance(3_000);
    await eventually(async () => expect(await connections()).toBe(1));
    for (const finish of waiting) finish();
    expect((await slow).body).toBe('done');
    await eventually(async () => expect(await connections()).toBe(0));
  });
});

describe('support listener', () => {
  it('lists the routes, valid and invalid, as JSON and as eskip', async () => {
    const bad = anIngress('bad', { annotations: { 'zalando.org/skipper-predicate': 'Foo("x")' } });
    const clock = new FakeClock(1_700_000_000_900);
    await start(aSnapshot([anIngress('app'), bad], aService('app', '10.0.0.1')), {
      clock,
      routes: { httpsRedirect: false },
    });
    const list = (query: string, headers = {}) => probe.send({ url: `${supportUrl}/routes${query}`, headers });
    const json = { accept: 'application/json' };
    const valid = await list('', json);
    expect(JSON.parse(valid.body)).toEqual([expect.objectContaining({ id: route })]);
    expect(valid.headers).toMatchObject({ 'x-count': '1', 'x-timestamp': '1700000000' });
    expect(JSON.parse((await list('?invalid=true', json)).body)).toEqual([
      expect.objectContaining({ id: 'kube_default__bad__app_example_com_____app', reason: 'unknown_predicate' }),
    ]);
    expect(JSON.parse((await list('?offset=1', json)).body)).toEqual([]);
    expect((await list('')).body).toBe(
      `${route}: Host(/^(app[.]example[.]com[.]?(:[0-9]+)?)$/) && PathSubtree("/") -> "http://10.0.0.1:9898";\n`,
    );
    const series = await metrics();
    expect(series).toContain(
      'skipper_route_invalid{route_id="kube_default__bad__app_example_com_____app",reason="unknown_predicate"} 1',
    );
    expect(series).toContain('skipper_custom_gauges{key="routes.updated_timestamp"} 1700000000');
  });

  it('exports only the metrics that are switched on, with the buckets asked for', async () => {
    await start(aSnapshot([anIngress('app')], aService('app', await aBackend())), {
      metrics: { serveRoute: false, response: true, serveHost: false, bucketsSeconds: [0.5, 60] },
    });
    await ask();
    await eventually(async () =>
      expect(await metrics()).toContain(
        `skipper_response_duration_seconds_bucket{le="60",code="200",method="GET",route="${route}"} 1`,
      ),
    );
    expect(await metrics()).not.toContain('skipper_serve_');
    expect(await metrics()).not.toContain('le="10"');
  });
});
