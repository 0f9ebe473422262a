// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import { afterEach, describe, expect, it } from '@jest/globals';

import type { Webhook } from '../api/rollout-spec.js';
import { FakeClock } from '../lib/fake-clock.js';
import { silentLogger } from '../lib/logger.js';
import { createHookCaller, type HookCaller, type HookCallerDeps, type HookResult } from './hook-caller.js';
import type { HookPayload } from './payload.js';
import type { SecretReader } from './secret-headers.js';

/** Waits between attempts are noted and over at once; timeouts stay as they are. */
class ImpatientClock extends FakeClock {
  readonly waitsMs: number[] = [];

  override sleep(delayMs: number): Promise<void> {
    this.waitsMs.push(delayMs);
    return Promise.resolve();
  }
}

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serve(listener: RequestListener): Promise<string> {
  return `http://${await listen(createServer(listener))}/hook`;
}

function answering(status: number, body = '', headers: Readonly<Record<string, string>> = {}): RequestListener {
  return (_, response) => response.writeHead(status, headers).end(body);
}

/** Answers with what was asked. */
async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url, headers } = request;
  response.end(`${method} ${url} auth=${headers.authorization ?? 'none'} body=${await text(request)}`);
}

function aCaller(deps: Partial<HookCallerDeps> = {}): HookCaller {
  const caller = createHookCaller({ clock: new ImpatientClock(), random: () => 0, log: silentLogger, ...deps });
  closers.push(() => {
    caller.close();
  });
  return caller;
}

function aHook(url: string, rest: Partial<Webhook> = {}): Webhook {
  return {
    name: 'gate',
    type: 'rollout',
    url,
    timeout: '10s',
    retries: 0,
    disableTLS: false,
    muteAlert: false,
    metadata: {},
    ...rest,
  };
}

const payload: HookPayload = { name: 'podinfo', namespace: 'test', phase: 'Progressing', checksum: '85d557f47b' };

function callOnce(hook: Webhook, deps: Partial<HookCallerDeps> = {}): Promise<HookResult> {
  return aCaller(deps).call(hook, payload, new AbortController().signal);
}

async function messageOf(result: Promise<HookResult>): Promise<string> {
  const settled = await result;
  if (settled.kind !== 'failed') throw new Error(`the hook passed: ${settled.body}`);
  return settled.message;
}

describe('a call', () => {
  it('posts JSON', async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response) => {
      void text(request).then((body) => {
        seen.push([request.method, request.headers['content-type'], body]);
        response.end();
      });
    });
    await callOnce(aHook(url, { metadata: { type: 'cmd' } }));
    const body =
      '{"name":"podinfo","namespace":"test","phase":"Progressing","checksum":"85d557f47b","metadata":{"type":"cmd"}}';
    expect(seen).toEqual([['POST', 'application/json', body]]);
  });

  it.each([200, 201, 202, 203, 204, 206, 226, 299])('passes with status %i (D43)', async (status) => {
    const body = status === 204 ? '' : 'go on';
    expect(await callOnce(aHook(await serve(answering(status, body))))).toEqual({ kind: 'passed', body });
  });

  it.each`
    status | body                  | message
    ${304} | ${''}                 | ${'304 Not Modified'}
    ${302} | ${'nowhere'}          | ${'nowhere'}
    ${400} | ${'bad  "request"'}   | ${'bad "request"'}
    ${403} | ${'gate is closed\n'} | ${'gate is closed'}
    ${404} | ${''}                 | ${'404 Not Found'}
    ${404} | ${' \r\n'}            | ${'404 Not Found'}
    ${418} | ${'<b>\u0000tea</b>'} | ${'<b> tea</b>'}
    ${499} | ${''}                 | ${'499 unknown'}
    ${501} | ${'no such command'}  | ${'no such command'}
    ${501} | ${''}                 | ${'501 Not Implemented'}
  `('fails at the first $status with "$message"', async ({ status, body, message }) => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      answering(Number(status), String(body))(request, response);
    });
    expect(await callOnce(aHook(url, { retries: 3 }))).toEqual({ kind: 'failed', message });
    expect(requests).toBe(1);
  });

  it.each`
    status | body                  | cause
    ${429} | ${'too many'}         | ${'too many'}
    ${500} | ${'tests\nfailed: 3'} | ${'tests failed: 3'}
    ${502} | ${''}                 | ${'502 Bad Gateway'}
    ${503} | ${''}                 | ${'503 Service Unavailable'}
    ${504} | ${'late'}             | ${'late'}
    ${599} | ${''}                 | ${'599 unknown'}
  `('gives up after a last $status and says why: $cause (D43)', async ({ status, body, cause }) => {
    const url = await serve(answering(Number(status), String(body)));
    expect(await messageOf(callOnce(aHook(url)))).toBe(`POST ${url} giving up after 1 attempt(s): ${cause}`);
    const retried = callOnce(aHook(url, { retries: 2 }));
    expect(await messageOf(retried)).toBe(`POST ${url} giving up after 3 attempt(s): ${cause}`);
  });

  it('passes as soon as one attempt does', async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      answering(requests < 3 ? 503 : 200, 'up')(request, response);
    });
    expect(await callOnce(aHook(url, { retries: 9 }))).toEqual({ kind: 'passed', body: 'up' });
    expect(requests).toBe(3);
  });

  it('waits 1 s, 2 s, 4 s and so on up to 30 s between attempts', async () => {
    const clock = new ImpatientClock();
    await callOnce(aHook(await serve(answering(500)), { retries: 7 }), { clock });
    expect(clock.waitsMs).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it.each`
    status | retryAfter                         | waitMs
    ${429} | ${'7'}                             | ${7_000}
    ${503} | ${'0'}                             | ${0}
    ${503} | ${'Thu, 01 Jan 2026 00:00:05 GMT'} | ${5_000}
    ${503} | ${'Wed, 31 Dec 2025 00:00:00 GMT'} | ${0}
    ${429} | ${'86400'}                         | ${300_000}
    ${503} | ${'soon'}                          | ${1_000}
    ${500} | ${'7'}                             | ${1_000}
  `('waits $waitMs ms after $status with Retry-After: $retryAfter', async ({ status, retryAfter, waitMs }) => {
    const clock = new ImpatientClock(Date.UTC(2026, 0, 1));
    const url = await serve(answering(Number(status), '', { 'retry-after': String(retryAfter) }));
    await callOnce(aHook(url, { retries: 1 }), { clock });
    expect(clock.waitsMs).toEqual([waitMs]);
  });

  it('tries again when the connection is reset or refused', async () => {
    let requests = 0;
    const url = await serve((request) => {
      requests += 1;
      request.socket.resetAndDestroy();
    });
    expect(await messageOf(callOnce(aHook(url, { retries: 1 })))).toMatch(
      /giving up after 2 attempt\(s\): .*ECONNRESET/,
    );
    expect(requests).toBe(2);
    expect(await messageOf(callOnce(aHook('http://127.0.0.1:1/x', { retries: 2 })))).toBe(
      'POST http://127.0.0.1:1/x giving up after 3 attempt(s): connect ECONNREFUSED 127.0.0.1:1',
    );
  });

  it.each`
    url                     | message
    ${'nowhere'}            | ${'POST nowhere giving up after 1 attempt(s): invalid URL'}
    ${''}                   | ${'POST  giving up after 1 attempt(s): invalid URL'}
    ${'ftp://hooks.test/x'} | ${'POST ftp://hooks.test/x giving up after 1 attempt(s): unsupported protocol scheme "ftp"'}
    ${'file:///etc/passwd'} | ${'POST file:///etc/passwd giving up after 1 attempt(s): unsupported protocol scheme "file"'}
    ${'http://me:pw@[::1'}  | ${'POST http://xxxxx@[::1 giving up after 1 attempt(s): invalid URL'}
  `('fails at once for the URL "$url"', async ({ url, message }) => {
    expect(await messageOf(callOnce(aHook(String(url), { retries: 5 })))).toBe(message);
  });

  it('uses the credentials of its URL and shows them to nobody', async () => {
    const url = (await serve((request, response) => void echo(request, response))).replace('//', '//me:s3cret@');
    const basic = `Basic ${Buffer.from('me:s3cret').toString('base64')}`;
    expect(await callOnce(aHook(url))).toMatchObject({ kind: 'passed', body: expect.stringContaining(basic) });
    const refused = await messageOf(callOnce(aHook('http://me:s3cret@127.0.0.1:1/?token=s3cret')));
    expect(refused).toContain('POST http://me:xxxxx@127.0.0.1:1/?token=xxxxx giving up');
    expect(refused).not.toContain('s3cret');
  });
});

describe('the timeout of a call', () => {
  it.each(['soon', '10', '5 s', '1d', '-'])('fails clearly when it is "%s"', async (timeout) => {
    let requests = 0;
    const url = await serve(() => (requests += 1));
    expect(await messageOf(callOnce(aHook(url, { timeout, retries: 3 })))).toBe(
      `timeout "${timeout}" is not a duration such as 10s`,
    );
    expect(requests).toBe(0);
  });

  it('holds for each attempt', async () => {
    const clock = new ImpatientClock();
    const server = createServer();
    const url = `http://${await listen(server)}/`;
    const result = messageOf(callOnce(aHook(url, { timeout: '1.5s', retries: 1 }), { clock }));
    await once(server, 'request');
    const second = once(server, 'request');
    await clock.advance(1_500);
    await second;
    await clock.advance(1_500);
    expect(await result).toBe(`POST ${url} giving up after 2 attempt(s): no answer within 1.5s`);
  });

  it('covers an answer that never ends, whatever its status', async () => {
    const clock = new ImpatientClock();
    const started = Promise.withResolvers<undefined>();
    const url = await serve((_, response) => {
      response.write('x', () => started.resolve(undefined));
    });
    const result = messageOf(callOnce(aHook(url), { clock }));
    await started.promise;
    await clock.advance(10_000);
    expect(await result).toBe(`POST ${url} giving up after 1 attempt(s): no answer within 10s`);
  });

  it.each(['0s', '0', '-1s'])('is an hour when it is %s', async (timeout) => {
    const clock = new ImpatientClock();
    const server = createServer();
    const url = `http://${await listen(server)}/`;
    const result = messageOf(callOnce(aHook(url, { timeout }), { clock }));
    await once(server, 'request');
    await clock.advance(3_600_000);
    expect(await result).toContain('no answer within 1h0m0s');
  });
});

describe('a call that is aborted (R5)', () => {
  it('ends at once while it waits for the answer', async () => {
    const server = createServer();
    const abort = new AbortController();
    const result = aCaller().call(aHook(`http://${await listen(server)}/`, { retries: 9 }), payload, abort.signal);
    const [request] = (await once(server, 'request')) as [IncomingMessage];
    const gone = once(request.socket, 'close');
    abort.abort();
    expect(await result).toEqual({ kind: 'failed', message: 'the call was aborted' });
    await gone;
  });

  it('ends at once between two attempts', async () => {
    const waiting = Promise.withResolvers<undefined>();
    class Watched extends FakeClock {
      override sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
        waiting.resolve(undefined);
        return super.sleep(delayMs, signal);
      }
    }
    const abort = new AbortController();
    const hook = aHook(await serve(answering(503)), { retries: 9 });
    const result = aCaller({ clock: new Watched() }).call(hook, payload, abort.signal);
    await waiting.promise;
    abort.abort();
    expect(await result).toEqual({ kind: 'failed', message: 'the call was aborted' });
  });

  it('sends nothing when it is aborted before', async () => {
    let requests = 0;
    const url = await serve(() => (requests += 1));
    const result = await aCaller().call(aHook(url), payload, AbortSignal.abort());
    expect(result).toEqual({ kind: 'failed', message: 'the call was aborted' });
    expect(requests).toBe(0);
  });
});

describe('the body of an answer', () => {
  it.each([200, 403, 500])('is read up to 64 KiB and shown up to 500 characters, status %i', async (status) => {
    let written = 0;
    const url = await serve((_, response) => {
      response.statusCode = status;
      const more = (): void => {
        // Endless, unless the reader goes away.
        while (!response.destroyed && response.write('🐳'.repeat(4_000))) written += 16_000;
      };
      response.on('drain', more);
      more();
    });
    const result = await callOnce(aHook(url));
    const shown = result.kind === 'passed' ? result.body : result.message;
    expect(shown.endsWith(`${'🐳'.repeat(499)}…`)).toBe(true);
    expect(shown.length).toBeLessThan(1_200);
    expect(written).toBeLessThan(64_000_000);
  });
});

describe('redirects of a call', () => {
  it.each`
    status | repeated
    ${301} | ${'GET /next auth=none body='}
    ${302} | ${'GET /next auth=none body='}
    ${303} | ${'GET /next auth=none body='}
    ${307} | ${/^POST \/next auth=none body=\{"name":"podinfo",/}
    ${308} | ${/^POST \/next auth=none body=\{"name":"podinfo",/}
  `('are followed: $status', async ({ status, repeated }) => {
    const url = await serve((request, response) => {
      if (request.url === '/next') void echo(request, response);
      else response.writeHead(Number(status), { location: '/next' }).end();
    });
    const body: unknown = typeof repeated === 'string' ? repeated : expect.stringMatching(repeated as RegExp);
    expect(await callOnce(aHook(url))).toEqual({ kind: 'passed', body });
  });

  it('end after ten hops and are not tried again', async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      answering(308, '', { location: '/again' })(request, response);
    });
    expect(await messageOf(callOnce(aHook(url, { retries: 3 })))).toBe(
      `POST ${url} giving up after 1 attempt(s): stopped after 10 redirects`,
    );
    expect(requests).toBe(11);
  });

  it('take no credentials to another host', async () => {
    const other = await serve((request, response) => void echo(request, response));
    const url = await serve((request, response) => {
      if (request.url === '/same') void echo(request, response);
      else response.writeHead(307, { location: request.url === '/hook' ? '/same' : other }).end();
    });
    const withUser = url.replace('//', '//me:pw@');
    expect(await callOnce(aHook(withUser))).toMatchObject({ body: expect.stringContaining('auth=Basic') });
    expect(await callOnce(aHook(withUser.replace('/hook', '/other')))).toMatchObject({
      kind: 'passed',
      body: expect.stringContaining('auth=none'),
    });
  });
});

describe('headersFrom', () => {
  const bearer = { header: 'Authorization', prefix: 'Bearer ', secret: { name: 'tester', key: 'token' } };

  it('sends the value of a Secret of the namespace of the Canary, trimmed', async () => {
    const asked: unknown[] = [];
    const readSecret: SecretReader = (key) => {
      asked.push(key);
      return Promise.resolve({ token: 't0ken-1\n' });
    };
    const url = await serve((request, response) => {
      answering(request.headers.authorization === 'Bearer t0ken-1' ? 200 : 401)(request, response);
    });
    expect(await callOnce(aHook(url, { headersFrom: [bearer] }), { readSecret })).toEqual({ kind: 'passed', body: '' });
    expect(asked).toEqual([{ namespace: 'test', name: 'tester' }]);
  });

  it('uses a rotated value at the next attempt', async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response) => {
      seen.push(request.headers.authorization);
      answering(503)(request, response);
    });
    let rotations = 0;
    const readSecret: SecretReader = () => Promise.resolve({ token: `token-${(rotations += 1)}` });
    await callOnce(aHook(url, { headersFrom: [bearer], retries: 1 }), { readSecret });
    expect(seen).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('shows the value to nobody, not even when the receiver repeats it', async () => {
    const readSecret: SecretReader = () => Promise.resolve({ token: 't0ken-1' });
    for (const status of [200, 403, 500]) {
      const url = await serve(answering(status, 'you said Bearer t0ken-1'));
      const result = await callOnce(aHook(url, { headersFrom: [bearer] }), { readSecret });
      expect(JSON.stringify(result)).toContain('you said Bearer xxxxx');
      expect(JSON.stringify(result)).not.toContain('t0ken-1');
    }
  });

  it.each<readonly [what: string, data: Readonly<Record<string, string>> | undefined, message: string]>([
    ['the Secret is missing', undefined, 'Secret test/tester not found'],
    ['the key is missing', { other: 'x' }, 'Secret test/tester has no key token, or nothing in it'],
    ['the key is inherited', {}, 'Secret test/tester has no key token, or nothing in it'],
    ['the value is blank', { token: ' \n' }, 'Secret test/tester has no key token, or nothing in it'],
    [
      'the value has two lines',
      { token: 'a\nb' },
      'Secret test/tester, key token: a header cannot hold these characters',
    ],
  ])('fails without a request when %s', async (_what, data, message) => {
    let requests = 0;
    const url = await serve(() => (requests += 1));
    const hook = aHook(url, { headersFrom: [bearer], retries: 5 });
    const result = await callOnce(hook, { readSecret: () => Promise.resolve(data) });
    expect(result).toEqual({ kind: 'failed', message, isMisconfigured: true });
    expect(requests).toBe(0);
  });

  it.each(['Content-Length', 'host', 'Transfer-Encoding', 'a b', ''])('refuses the header "%s"', async (header) => {
    const hook = aHook('http://127.0.0.1:1/', { headersFrom: [{ ...bearer, header }] });
    const result = await callOnce(hook, { readSecret: () => Promise.resolve({ token: 'x' }) });
    expect(result).toMatchObject({ isMisconfigured: true, message: `headersFrom cannot set the header "${header}"` });
  });

  it('asks again, within the retries, while the Secret cannot be read', async () => {
    const url = await serve(answering(200, 'fine'));
    let questions = 0;
    const readSecret: SecretReader = () => {
      questions += 1;
      return questions < 3 ? Promise.reject(new Error('API is away')) : Promise.resolve({ token: 'x' });
    };
    const hook = aHook(url, { headersFrom: [bearer], retries: 2 });
    expect(await callOnce(hook, { readSecret })).toEqual({ kind: 'passed', body: 'fine' });
    questions = 0;
    expect(await callOnce({ ...hook, retries: 0 }, { readSecret })).toEqual({
      kind: 'failed',
      message: `POST ${url} giving up after 1 attempt(s): Secret test/tester cannot be read: API is away`,
      isMisconfigured: true,
    });
  });

  it('takes no value to another host, and keeps it on the same one', async () => {
    const other = await serve((request, response) => void echo(request, response));
    const url = await serve((request, response) => {
      if (request.url === '/same') void echo(request, response);
      else response.writeHead(308, { location: request.url === '/hook' ? '/same' : other }).end();
    });
    const readSecret: SecretReader = () => Promise.resolve({ token: 'xyz' });
    const headersFrom = [{ ...bearer, prefix: 'Token ' }];
    const same = await callOnce(aHook(url, { headersFrom }), { readSecret });
    expect(same).toMatchObject({ kind: 'passed', body: expect.stringContaining('auth=Token xyz') });
    const elsewhere = await callOnce(aHook(url.replace('/hook', '/other'), { headersFrom }), { readSecret });
    expect(elsewhere).toMatchObject({ kind: 'passed', body: expect.stringContaining('auth=none') });
  });

  it('R5: an abort ends the wait for a Secret', async () => {
    const abort = new AbortController();
    const readSecret: SecretReader = (_key, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')));
        setImmediate(() => abort.abort());
      });
    const hook = aHook('http://127.0.0.1:1/', { headersFrom: [bearer], retries: 9 });
    expect(await aCaller({ readSecret }).call(hook, payload, abort.signal)).toEqual({
      kind: 'failed',
      message: 'the call was aborted',
    });
  });
});

describe('connections', () => {
  const fixture = (name: string): Buffer => readFileSync(new URL(`../../test/fixtures/${name}`, import.meta.url));
  const tls = { key: fixture('loopback-key.pem'), cert: fixture('loopback-certificate.pem') };

  it('refuse an unknown certificate without another attempt, unless disableTLS is set', async () => {
    const url = `https://${await listen(createTlsServer(tls, answering(200, 'secure')))}/`;
    const caller = aCaller();
    const { signal } = new AbortController();
    const refused = messageOf(caller.call(aHook(url, { retries: 3 }), payload, signal));
    expect(await refused).toMatch(/^POST https:.* giving up after 1 attempt\(s\): .*SELF_SIGNED/);
    const trusting = await caller.call(aHook(url, { disableTLS: true }), payload, signal);
    expect(trusting).toEqual({ kind: 'passed', body: 'secure' });
    expect((await caller.call(aHook(url), payload, signal)).kind).toBe('failed');
  });

  it('go through the proxy, except for its exceptions and with disableTLS', async () => {
    const seen: string[] = [];
    const proxy = `http://${await listen(
      createServer((request, response) => {
        seen.push(request.url ?? '');
        response.end('proxied');
      }),
    )}`;
    const caller = aCaller({ proxy: { http: proxy, https: proxy, bypass: '.direct.invalid' } });
    const { signal } = new AbortController();
    const call = (url: string, rest: Partial<Webhook> = {}): Promise<HookResult> =>
      caller.call(aHook(url, rest), payload, signal);
    expect(await call('http://hooks.invalid/x')).toEqual({ kind: 'passed', body: 'proxied' });
    expect((await call('http://a.direct.invalid/')).kind).toBe('failed');
    expect((await call('http://hooks.invalid/y', { disableTLS: true })).kind).toBe('failed');
    expect(seen).toEqual(['http://hooks.invalid/x']);
  });

  it('are used again and closed by close() (D43)', async () => {
    const sockets = new Set<Socket>();
    const url = await serve((request, response) => {
      sockets.add(request.socket);
      response.end();
    });
    const caller = aCaller();
    for (let count = 0; count < 5; count += 1) await caller.call(aHook(url), payload, new AbortController().signal);
    expect(sockets.size).toBe(1);
    const gone = [...sockets].map((socket) => once(socket, 'close'));
    caller.close();
    await Promise.all(gone);
  });

  it('are not opened after close(), and running calls end', async () => {
    const server = createServer();
    const url = `http://${await listen(server)}/`;
    const caller = aCaller();
    const running = caller.call(aHook(url, { retries: 3 }), payload, new AbortController().signal);
    await once(server, 'request');
    caller.close();
    expect(await running).toEqual({ kind: 'failed', message: 'the call was aborted' });
    const later = await caller.call(aHook(url), payload, new AbortController().signal);
    expect(later).toEqual({ kind: 'failed', message: 'the call was aborted' });
  });
});
