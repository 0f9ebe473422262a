// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Gauge, Registry } from 'prom-client';
import { FakeClock } from '../lib/fake-clock.js';
import { silentLogger } from '../lib/logger.js';
import { type HttpServer, type HttpServerDeps, startHttpServer } from './http-server.js';

const running: HttpServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function serve(deps: Partial<HttpServerDeps> = {}): Promise<HttpServer> {
  const server = await startHttpServer({
    port: 0,
    registry: new Registry(),
    missing: () => [],
    clock: new FakeClock(),
    log: silentLogger,
    ...deps,
  });
  running.push(server);
  return server;
}

async function request(server: HttpServer, path: string, method = 'GET'): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://localhost:${server.port}${path}`, { method });
  return { status: response.status, body: await response.text() };
}

async function openRequest(server: HttpServer): Promise<Socket> {
  const socket = connect(server.port, 'localhost');
  await once(socket, 'connect');
  socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n');
  return socket;
}

describe('HTTP server', () => {
  it.each`
    method    | path          | status | body
    ${'GET'}  | ${'/healthz'} | ${200} | ${'OK'}
    ${'HEAD'} | ${'/healthz'} | ${200} | ${''}
    ${'GET'}  | ${'/readyz'}  | ${200} | ${'OK'}
    ${'GET'}  | ${'/'}        | ${404} | ${'Not found\n'}
    ${'POST'} | ${'/healthz'} | ${405} | ${'Method not allowed\n'}
  `('answers $method $path with $status', async ({ method, path, status, body }) => {
    expect(await request(await serve(), String(path), String(method))).toEqual({ status, body });
  });

  it('names on /readyz what is not synced, and stays healthy', async () => {
    let missing = ['canaries', 'ingresses'];
    const server = await serve({ missing: () => missing });
    expect(await request(server, '/readyz')).toEqual({ status: 503, body: 'Not synced: canaries, ingresses\n' });
    expect(await request(server, '/healthz')).toEqual({ status: 200, body: 'OK' });
    missing = [];
    expect(await request(server, '/readyz')).toEqual({ status: 200, body: 'OK' });
  });

  it('serves the metrics of the registry', async () => {
    const registry = new Registry();
    new Gauge({ name: 'answer', help: 'The answer', registers: [registry] }).set(42);
    const server = await serve({ registry });
    expect((await request(server, '/metrics')).body).toContain('answer 42');
  });

  it('answers 500 and goes on when a metric cannot be read', async () => {
    const registry = new Registry();
    const collect = (): never => {
      throw new Error('broken');
    };
    new Gauge({ name: 'broken', help: 'Broken', registers: [registry], collect });
    const server = await serve({ registry });
    expect(await request(server, '/metrics')).toEqual({ status: 500, body: 'Internal error\n' });
    expect(await request(server, '/healthz')).toEqual({ status: 200, body: 'OK' });
  });

  it('names the port that is in use', async () => {
    const { port } = await serve();
    await expect(serve({ port })).rejects.toMatchObject({
      code: 'HTTP_SERVER_CRASHED',
      message: expect.stringMatching(new RegExp(`^HTTP server crashed .*EADDRINUSE.*:${port}$`)),
    });
  });

  it('stops at once when no request is open, and may be stopped again', async () => {
    const server = await serve();
    await request(server, '/healthz');
    await Promise.all([server.stop(), server.stop()]);
    await expect(request(server, '/healthz')).rejects.toThrow('fetch failed');
  });

  it('cuts off requests that are still open 3 s after the stop', async () => {
    const clock = new FakeClock();
    const server = await serve({ clock });
    const socket = await openRequest(server);
    socket.on('error', () => undefined);
    const closed = once(socket, 'close');
    // Answered only after the server has taken the open connection in.
    await request(server, '/healthz');
    const stopped = server.stop();
    await clock.advance(3_000);
    await Promise.all([stopped, closed]);
  });
});
