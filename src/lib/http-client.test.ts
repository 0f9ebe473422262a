// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

import { afterEach, describe, expect, it } from '@jest/globals';

import { LoopbackServers, readBody, reset } from '../../test/support/loopback-server.js';
import { systemClock } from './clock.js';
import { FakeClock } from './fake-clock.js';
import { createHttpClient, type HttpClient, type HttpClientDeps, type HttpRequest } from './http-client.js';
import { HttpFailure } from './http-failure.js';

const servers = new LoopbackServers();
const clients: HttpClient[] = [];

afterEach(() => {
  for (const created of clients.splice(0)) created.close();
  servers.closeAll();
});

function client(deps: Partial<HttpClientDeps> = {}): HttpClient {
  const created = createHttpClient({ clock: systemClock, ...deps });
  clients.push(created);
  return created;
}

function get(url: string, rest: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url, timeoutMs: 5_000, limitBytes: 1_000, ...rest };
}

async function failure(answer: Promise<unknown>): Promise<HttpFailure> {
  const error = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HttpFailure)) throw new Error(`no HttpFailure: ${String(error)}`);
  return error;
}

function echo(request: IncomingMessage, response: ServerResponse): void {
  void readBody(request).then((body) => {
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
  });
}

describe('createHttpClient', () => {
  it('stops reading where the end of an open stream is said', async () => {
    const url = await servers.serve((_, response) => {
      response.write('data: 1\n\n');
      setImmediate(() => response.write('event: end\n\n'));
    });
    const { body, isTruncated } = await client().send({ ...get(url), method: 'PUT', until: /end\n\n/ });
    expect({ body, isTruncated }).toEqual({ body: 'data: 1\n\nevent: end\n\n', isTruncated: false });
  });

  it('sends method, headers and body, and takes every status as an answer', async () => {
    const url = await servers.serve((request, response) => {
      response.statusCode = 503;
      response.setHeader('Retry-After', '7');
      echo(request, response);
    });
    const answer = await client().send({
      ...get(`${url}/a?b=c%20d`),
      method: 'POST',
      body: '{"a":1}',
      headers: { 'Content-Type': 'application/json', 'X-Scope-OrgID': ['one', 'two'] },
    });
    expect(answer).toMatchObject({ status: 503, statusText: 'Service Unavailable', isTruncated: false });
    expect(answer.headers['retry-after']).toBe('7');
    expect(JSON.parse(answer.body)).toMatchObject({
      method: 'POST',
      url: '/a?b=c%20d',
      body: '{"a":1}',
      headers: { 'content-type': 'application/json', 'x-scope-orgid': 'one, two', 'user-agent': 'flagger' },
    });
  });

  it('reuses connections and repeats a GET on one that the server has closed', async () => {
    const sockets = new Set<Socket>();
    let requests = 0;
    const url = await servers.serve((request, response) => {
      sockets.add(request.socket);
      requests += 1;
      // The third request finds a connection that dies without an answer.
      if (requests === 3) request.socket.destroy();
      else response.end('ok');
    });
    const http = client();
    for (let count = 0; count < 3; count += 1) expect((await http.send(get(url))).body).toBe('ok');
    expect(requests).toBe(4);
    expect(sockets.size).toBe(2);
  });

  it('does not repeat a POST on a connection that the server has closed', async () => {
    let requests = 0;
    const url = await servers.serve((request, response) => {
      requests += 1;
      if (requests === 2) request.socket.destroy();
      else response.end('ok');
    });
    const http = client();
    const post: HttpRequest = { ...get(url), method: 'POST', body: 'x' };
    await http.send(post);
    expect((await failure(http.send(post))).reason).toBe('connection');
    expect(requests).toBe(2);
  });

  it('uses user and password of the URL, but not over an own Authorization', async () => {
    const url = await servers.serve(echo);
    const withUser = url.replace('//', '//me:p%40ss@');
    const expected = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    expect((await client().send(get(withUser))).body).toContain(expected);
    expect((await client().send(get(withUser, { headers: { Authorization: 'Bearer t' } }))).body).toContain('Bearer t');
  });

  it('reads no more than the limit', async () => {
    const url = await servers.serve((_, response) => {
      response.write('x'.repeat(5_000));
      // The answer never ends.
    });
    const answer = await client().send(get(url));
    expect(answer.isTruncated).toBe(true);
    expect(answer.body).toBe('x'.repeat(1_000));
  });

  it('hands a body over piece by piece, decompressed, and keeps none of it', async () => {
    const text = 'z'.repeat(300_000);
    const url = await servers.serve((_, response) => {
      response.setHeader('Content-Encoding', 'gzip').end(gzipSync(text));
    });
    const pieces: Buffer[] = [];
    const sink = (piece: Buffer): void => void pieces.push(piece);
    const answer = await client().send(get(url, { limitBytes: 1_000_000, sink }));
    expect(answer).toMatchObject({ status: 200, body: '', isTruncated: false });
    expect(pieces.length).toBeGreaterThan(1);
    expect(Buffer.concat(pieces).toString()).toBe(text);
  });

  it('counts decompressed bytes against the limit', async () => {
    const url = await servers.serve((_, response) => {
      response.setHeader('Content-Encoding', 'gzip');
      response.end(gzipSync('y'.repeat(1_000_000)));
    });
    const answer = await client().send(get(url));
    expect(answer).toMatchObject({ isTruncated: true, body: 'y'.repeat(1_000) });
  });

  it.each`
    silence                | listener
    ${'before the answer'} | ${() => undefined}
    ${'within the body'}   | ${(_: IncomingMessage, response: ServerResponse) => response.write('x')}
  `('gives up at the deadline: silence $silence', async ({ listener }) => {
    const clock = new FakeClock();
    const reached = Promise.withResolvers<undefined>();
    const url = await servers.serve((request, response) => {
      (listener as RequestListener)(request, response);
      reached.resolve(undefined);
    });
    const failed = failure(client({ clock }).send(get(url)));
    await reached.promise;
    await clock.advance(5_000);
    expect(await failed).toMatchObject({ reason: 'timeout', message: 'no answer within 5s' });
  });

  it('stops when the signal is aborted, before and while it runs', async () => {
    const reached = Promise.withResolvers<undefined>();
    const url = await servers.serve(() => {
      reached.resolve(undefined);
    });
    const abort = new AbortController();
    const failed = failure(client().send(get(url, { signal: abort.signal })));
    await reached.promise;
    abort.abort();
    expect((await failed).reason).toBe('aborted');
    expect((await failure(client().send(get(url, { signal: abort.signal })))).reason).toBe('aborted');
  });

  it.each`
    url                     | reason          | message
    ${'http://127.0.0.1:1'} | ${'connection'} | ${'connect ECONNREFUSED 127.0.0.1:1'}
    ${'no url'}             | ${'badUrl'}     | ${'invalid URL'}
    ${'ftp://host/x'}       | ${'badUrl'}     | ${'unsupported protocol scheme "ftp"'}
  `('fails clearly for $url', async ({ url, reason, message }) => {
    expect(await failure(client().send(get(String(url))))).toMatchObject({ reason, message });
  });

  it('takes a request that cannot be written for no fault of the server', async () => {
    const url = await servers.serve((_, response) => response.end());
    const headers = { 'two words': 'x' };
    expect((await failure(client().send(get(url, { headers })))).reason).toBe('badRequest');
  });

  it('reports a connection that is reset', async () => {
    const url = await servers.serve(reset);
    expect((await failure(client().send(get(url)))).reason).toBe('connection');
  });

  it('never puts headers or credentials into a failure', async () => {
    const headers = { Authorization: 'Bearer hidden\n', 'X-Key': 'hidden' };
    const failed = await failure(client().send(get('http://me:hidden@127.0.0.1:1/', { headers })));
    expect(`${failed.stack ?? ''}${JSON.stringify(failed)}`).not.toContain('hidden');
    expect(failed.cause).toBeUndefined();
  });

  it.each`
    status | method    | body
    ${301} | ${'GET'}  | ${''}
    ${302} | ${'GET'}  | ${''}
    ${303} | ${'GET'}  | ${''}
    ${307} | ${'POST'} | ${'data'}
    ${308} | ${'POST'} | ${'data'}
  `('follows a POST answered $status as $method', async ({ status, method, body }) => {
    const url = await servers.serve((request, response) => {
      if (request.url === '/') response.writeHead(Number(status), { location: '/next' }).end();
      else echo(request, response);
    });
    const headers = { Authorization: 'Bearer t', 'Content-Type': 'text/plain' };
    const answer = await client().send({ ...get(`${url}/`), method: 'POST', body: 'data', headers });
    expect(JSON.parse(answer.body)).toMatchObject({
      url: '/next',
      method,
      body,
      headers: { authorization: 'Bearer t' },
    });
  });

  it('takes no credentials to another host', async () => {
    const other = await servers.serve(echo);
    const url = await servers.serve((_, response) => response.writeHead(307, { location: `${other}/x` }).end());
    const headers = { Authorization: 'Bearer hidden', 'X-Api-Key': 'hidden', Cookie: 'hidden', Accept: 'text/plain' };
    const { body } = await client().send(get(url, { headers }));
    expect(body).not.toContain('hidden');
    expect(body).toContain('text/plain');
  });

  it('stops a redirect loop after ten hops', async () => {
    let requests = 0;
    const url = await servers.serve((_, response) => {
      requests += 1;
      response.writeHead(302, { location: '/' }).end();
    });
    expect(await failure(client().send(get(url)))).toMatchObject({
      reason: 'redirects',
      message: 'stopped after 10 redirects',
    });
    expect(requests).toBe(11);
  });

  it.each`
    location         | reason
    ${'ftp://host'}  | ${'badUrl'}
    ${'http://[bad'} | ${'badUrl'}
  `('refuses a redirect to $location', async ({ location, reason }) => {
    const url = await servers.serve((_, response) => response.writeHead(302, { location: String(location) }).end());
    expect((await failure(client().send(get(url)))).reason).toBe(reason);
  });

  it('gives back a redirect without a place to go', async () => {
    const url = await servers.serve((_, response) => response.writeHead(304).end());
    expect((await client().send(get(url))).status).toBe(304);
  });

  it('refuses an unknown certificate unless told to skip the check', async () => {
    const url = await servers.serveTls(echo);
    const http = client();
    expect((await failure(http.send(get(url)))).reason).toBe('certificate');
    expect((await http.send(get(url, { insecureSkipVerify: true }))).status).toBe(200);
    expect((await failure(http.send(get(url)))).reason).toBe('certificate');
  });

  it('goes through a proxy, in the clear for http and through a tunnel for https, unless told not to', async () => {
    const seen: string[] = [];
    const proxy = createServer((request, response) => {
      seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
      response.end('from proxy');
    });
    const tlsAddress = await servers.serveTls(echo);
    proxy.on('connect', (request, socket: Socket) => {
      seen.push(`CONNECT ${request.url ?? ''}`);
      const target = connect(Number(new URL(tlsAddress).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        target.pipe(socket).pipe(target);
      });
    });
    const address = `http://${await servers.listen(proxy)}`;
    const http = client({ proxy: { http: address, https: address, bypass: 'direct.test' } });
    expect((await http.send(get('http://app.test/x'))).body).toBe('from proxy');
    const tunnelled = await http.send(get('https://app.test/y', { insecureSkipVerify: true }));
    expect(tunnelled.body).toContain('"url":"/y"');
    expect(seen).toEqual(['GET http://app.test/x', 'CONNECT app.test:443']);
    expect((await failure(http.send(get('http://direct.test.invalid/x', { ignoreProxy: true })))).reason).toBe(
      'connection',
    );
    expect(seen).toHaveLength(2);
  });
});
