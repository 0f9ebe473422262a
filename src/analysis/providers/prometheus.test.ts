// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { FakePrometheus, vector } from '../../../test/support/fake-prometheus.js';
import { LoopbackServers } from '../../../test/support/loopback-server.js';
import { systemClock } from '../../lib/clock.js';
import { FakeClock } from '../../lib/fake-clock.js';
import { createHttpClient, type HttpClient } from '../../lib/http-client.js';
import { errorText } from '../../lib/operator-error.js';
import { createPrometheusProvider, plainPrometheus } from './prometheus.js';
import { onOneLine } from './promql.js';
import type { MetricProvider, ProviderSettings } from './provider.js';

const servers = new LoopbackServers();
const { signal } = new AbortController();
let http: HttpClient;
let fake: FakePrometheus;

beforeEach(async () => {
  http = createHttpClient({ clock: systemClock });
  fake = await FakePrometheus.start(servers);
});

afterEach(() => {
  http.close();
  servers.closeAll();
});

function provider(settings: Partial<ProviderSettings> = {}, client = http): MetricProvider {
  return createPrometheusProvider({ ...plainPrometheus(fake.url), ...settings }, { http: client });
}

async function problem(outcome: Promise<unknown>): Promise<string> {
  return await outcome.then(() => 'no problem', errorText);
}

function respond(status: number, body: string) {
  return (response: ServerResponse) => response.writeHead(status).end(body);
}

const result = (resultType: string, value: unknown) =>
  JSON.stringify({ status: 'success', data: { resultType, result: value } });

describe('createPrometheusProvider', () => {
  it.each`
    answer                                                    | numbers
    ${vector('99.5')}                                         | ${[99.5]}
    ${vector('1', '2', '3')}                                  | ${[1, 2, 3]}
    ${vector()}                                               | ${[]}
    ${vector('NaN')}                                          | ${[NaN]}
    ${vector('+Inf', '-Inf', '')}                             | ${[NaN, NaN, NaN]}
    ${vector('1e-05')}                                        | ${[0.00001]}
    ${result('scalar', [1, '7'])}                             | ${[7]}
    ${'{"status":"success"}'}                                 | ${[]}
    ${'{"status":"success","data":null}'}                     | ${[]}
    ${'{"status":"success","data":{"result":[]},"extra":[]}'} | ${[]}
  `('reads $answer as $numbers', async ({ answer, numbers }) => {
    fake.when('up', String(answer));
    expect(await provider().query('up', signal)).toEqual(numbers);
  });

  it.each`
    name                 | answer                                                     | text
    ${'an error status'} | ${'{"status":"error","errorType":"x","error":"too many"}'} | ${'error response: too many'}
    ${'a matrix'}        | ${result('matrix', [{ metric: {}, values: [[1, '2']] }])}  | ${'query returned multiple values'}
    ${'a histogram'}     | ${result('vector', [{ metric: {}, histogram: [1, {}] }])}  | ${'error unmarshaling result: a series without a number, '}
    ${'a string'}        | ${result('string', [1, 'x'])}                              | ${'error unmarshaling result: unexpected result, '}
    ${'a bare number'}   | ${result('vector', [{ metric: {}, value: [1, 2] }])}       | ${'error unmarshaling result: unexpected result, '}
    ${'an odd scalar'}   | ${result('scalar', 'x')}                                   | ${'error unmarshaling result: unexpected scalar, '}
    ${'null'}            | ${'null'}                                                  | ${"error unmarshaling result: unexpected structure, 'null'"}
    ${'nothing'}         | ${''}                                                      | ${"error unmarshaling result: no JSON, ''"}
    ${'cut JSON'}        | ${'{"status":"suc'}                                        | ${'error unmarshaling result: no JSON, \'{"status":"suc\''}
    ${'HTML'}            | ${'<html>login</html>'}                                    | ${"error unmarshaling result: no JSON, '<html>login</html>'"}
    ${'status 400'}      | ${respond(400, '{"error":"parse error"}')}                 | ${'error response: Status 400 Bad Request: {"error":"parse error"}'}
    ${'status 401'}      | ${respond(401, 'Unauthorized')}                            | ${'error response: Status 401 Unauthorized: Unauthorized'}
    ${'status 500'}      | ${respond(500, '')}                                        | ${'error response: Status 500 Internal Server Error: '}
  `('reports $name', async ({ answer, text }) => {
    fake.when('up', answer as string);
    expect(await problem(provider().query('up', signal))).toContain(String(text));
  });

  it('shows only the beginning of a long answer', async () => {
    fake.when('up', 'x'.repeat(100_000));
    expect((await problem(provider().query('up', signal))).length).toBeLessThan(600);
  });

  it('refuses an answer beyond 4 MiB', async () => {
    fake.when('up', (response) => {
      response.write('['.repeat(5 * 1024 * 1024));
    });
    expect(await problem(provider().query('up', signal))).toBe('answer exceeds 4194304 bytes');
  });

  it('gives up on a server that is silent for 5 s', async () => {
    const clock = new FakeClock();
    const client = createHttpClient({ clock });
    const reached = Promise.withResolvers<undefined>();
    fake.when('up', () => {
      reached.resolve(undefined);
    });
    const failed = problem(provider({}, client).query('up', signal));
    await reached.promise;
    await clock.advance(5_000);
    expect(await failed).toBe(`request failed: GET ${fake.url}/api/v1/query: no answer within 5s`);
    client.close();
  });

  it('reports a server that is not there, or resets', async () => {
    expect(await problem(provider({ address: 'http://127.0.0.1:1' }).query('up', signal))).toBe(
      'request failed: GET http://127.0.0.1:1/api/v1/query: connect ECONNREFUSED 127.0.0.1:1',
    );
    fake.when('up', (_, request) => request.socket.resetAndDestroy());
    expect(await problem(provider().query('up', signal))).toContain('request failed: ');
  });

  it.each`
    path          | asked
    ${''}         | ${'/api/v1/query'}
    ${'/'}        | ${'/api/v1/query'}
    ${'/prom'}    | ${'/prom/api/v1/query'}
    ${'/prom/'}   | ${'/prom/api/v1/query'}
    ${'/a/b?x=y'} | ${'/a/b/api/v1/query'}
  `('asks $asked for an address with the path "$path"', async ({ path, asked }) => {
    await provider({ address: fake.url + String(path) }).query('up', signal);
    expect(fake.seen.map((seen) => seen.path)).toEqual([asked]);
  });

  it.each(['', 'foo', 'prom:9090', 'ftp://prom', 'http://', '//prom'])('refuses the address "%s"', (address) => {
    expect(() => provider({ address })).toThrow(`prometheus address ${address} is not a valid URL`);
  });

  it.each`
    secret                                             | authorization
    ${undefined}                                       | ${undefined}
    ${{ token: 'abc\n' }}                              | ${'Bearer abc'}
    ${{ token: 'abc', username: 'me', password: 'p' }} | ${'Bearer abc'}
    ${{ username: 'me', password: 'pass word\n' }}     | ${`Basic ${Buffer.from('me:pass word').toString('base64')}`}
  `('authenticates with $secret', async ({ secret, authorization }) => {
    const settings = secret === undefined ? {} : { secret: secret as Record<string, string> };
    await provider(settings).query('up', signal);
    expect(fake.seen[0]?.headers.authorization).toBe(authorization);
  });

  it.each`
    secret                | text
    ${{}}                 | ${'prometheus credentials does not contain a username'}
    ${{ token: ' ' }}     | ${'prometheus credentials does not contain a username'}
    ${{ username: 'me' }} | ${'prometheus credentials does not contain a password'}
  `('refuses the Secret $secret', ({ secret, text }) => {
    expect(() => provider({ secret: secret as Record<string, string> })).toThrow(text);
  });

  it('D42: sends headers without changing them, however often', async () => {
    const headers = Object.freeze({
      'X-Scope-OrgID': Object.freeze(['a', 'b']),
      Authorization: Object.freeze(['old']),
    });
    const prometheus = provider({ headers, secret: { token: 'new' } });
    for (let count = 0; count < 3; count += 1) await prometheus.query('up', signal);
    for (const { headers: sent } of fake.seen)
      expect(sent).toMatchObject({ 'x-scope-orgid': 'a, b', authorization: 'Bearer new' });
  });

  it('never shows credentials', async () => {
    const secrets = [{ token: 'hidden' }, { username: 'hidden', password: 'hidden' }];
    for (const secret of secrets) {
      const settings = { secret, headers: { 'X-Key': ['hidden'] }, address: 'http://me:hidden@127.0.0.1:1' };
      expect(await problem(provider(settings).query('up', signal))).not.toContain('hidden');
    }
    expect(() => provider({ address: 'ftp://me:hidden@prom' })).not.toThrow('hidden');
    expect(() => provider({ address: 'ftp://me:hidden@prom' })).toThrow('is not a valid URL');
  });

  it('does not show what is in the address, not even when the server repeats it', async () => {
    fake.when('up', (response, { headers }) => response.writeHead(403).end(`not for ${headers.authorization ?? ''}`));
    const address = fake.url.replace('http://', 'http://me:a%20hidden@');
    const pair = Buffer.from('me:a hidden').toString('base64');
    const shown = await problem(provider({ address }).query('up', signal));
    expect(fake.seen[0]?.headers.authorization).toBe(`Basic ${pair}`);
    expect(shown).toBe('error response: Status 403 Forbidden: not for Basic xxxxx');
  });

  it('skips the check of the certificate only when told to', async () => {
    const address = await servers.serveTls((_, response) => response.end(vector('1')));
    expect(await problem(provider({ address }).query('up', signal))).toContain('self-signed certificate');
    expect(await provider({ address, insecureSkipVerify: true }).query('up', signal)).toEqual([1]);
  });

  it.each`
    answer                | text
    ${vector('1')}        | ${'no problem'}
    ${vector('2')}        | ${'value is not 1 for query: vector(1)'}
    ${vector()}           | ${'running query failed: no values found'}
    ${respond(503, 'no')} | ${'running query failed: error response: Status 503 Service Unavailable: no'}
  `('is online or says why: $text', async ({ answer, text }) => {
    fake.when('vector(1)', answer as string);
    expect(await problem(provider().checkOnline(signal))).toBe(text);
  });

  it('stops when the signal is aborted', async () => {
    const abort = new AbortController();
    fake.when('up', () => {
      abort.abort();
    });
    expect(await problem(provider().query('up', abort.signal))).toContain('aborted');
  });
});

describe('onOneLine', () => {
  it.each`
    query                            | line
    ${'\n  sum(\n\tup )\n'}          | ${' sum( up ) '}
    ${'up{a="x  y",b=\'p  q\'}  '}   | ${'up{a="x  y",b=\'p  q\'} '}
    ${'up{a="\\"  #"} # note\n > 1'} | ${'up{a="\\"  #"} > 1'}
    ${'# only\nup'}                  | ${' up'}
    ${'up{a=`x  \\`}  '}             | ${'up{a=`x  \\`} '}
    ${'up{a="open  '}                | ${'up{a="open  '}
  `('turns $query into $line', ({ query, line }) => {
    expect(onOneLine(String(query))).toBe(line);
  });
});
