// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';

import { beforeEach, describe, expect, it } from '@jest/globals';

import { FakeClock } from '../lib/fake-clock.js';
import type { HttpAnswer, HttpClient, HttpRequest } from '../lib/http-client.js';
import { HttpFailure, type HttpFailureReason } from '../lib/http-failure.js';
import type { Logger } from '../lib/logger.js';
import { errorText } from '../lib/operator-error.js';
import { createSourceGuard, guardHttp, guardKubernetes, SourceDownError, type SourceGuard } from './source-guard.js';

const { signal } = new AbortController();
let clock: FakeClock;
let lines: string[];
let guard: SourceGuard;

beforeEach(() => {
  clock = new FakeClock();
  lines = [];
  guard = createSourceGuard({ clock, log: recorder(lines), concurrency: 8 });
});

function recorder(into: string[]): Logger {
  const note = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    into.push(`${level} ${message} ${JSON.stringify(fields)}`);
  };
  const log: Logger = {
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
    child: () => log,
  };
  return log;
}

const good = () => Promise.resolve({ status: 200 });
const fails = (reason: HttpFailureReason) => () => Promise.reject(new HttpFailure(reason, `it is ${reason}`));

async function outcome(task: () => Promise<{ status: number }>, source = 'http://prom'): Promise<string> {
  return await guard.run(source, task, signal).then(({ status }) => String(status), errorText);
}

async function open(source = 'http://prom'): Promise<void> {
  for (let count = 0; count < 5; count += 1) await outcome(fails('timeout'), source);
}

describe('createSourceGuard', () => {
  it('says at once since when and why a source is down, without asking it', async () => {
    await open();
    let asked = 0;
    const count = () => {
      asked += 1;
      return good();
    };
    const text = 'http://prom has not answered since 2026-01-01T00:00:00Z: it is timeout (asked again every 15s)';
    expect([await outcome(count), await outcome(count), asked]).toEqual([text, text, 0]);
  });

  it('asks all other sources as ever', async () => {
    await open();
    expect(await outcome(good, 'http://other')).toBe('200');
  });

  it.each`
    what                      | task
    ${'a refused connection'} | ${fails('connection')}
    ${'silence'}              | ${fails('timeout')}
    ${'502 of a gateway'}     | ${() => Promise.resolve({ status: 502 })}
    ${'503'}                  | ${() => Promise.resolve({ status: 503 })}
    ${'504'}                  | ${() => Promise.resolve({ status: 504 })}
  `('takes $what for an outage', async ({ task }) => {
    for (let count = 0; count < 5; count += 1) await outcome(task as () => Promise<{ status: number }>);
    expect(await outcome(good)).toContain('has not answered since');
  });

  it.each`
    what                       | task
    ${'a bad certificate'}     | ${fails('certificate')}
    ${'an abort'}              | ${fails('aborted')}
    ${'a bad URL'}             | ${fails('badUrl')}
    ${'a bad header'}          | ${fails('badRequest')}
    ${'a refused query'}       | ${() => Promise.resolve({ status: 400 })}
    ${'a refused credential'}  | ${() => Promise.resolve({ status: 401 })}
    ${'too many requests'}     | ${() => Promise.resolve({ status: 429 })}
    ${'an error of the query'} | ${() => Promise.resolve({ status: 500 })}
    ${'a defect of ours'}      | ${() => Promise.reject(new Error('x'))}
  `('does not take $what for an outage', async ({ task }) => {
    for (let count = 0; count < 20; count += 1) await outcome(task as () => Promise<{ status: number }>);
    expect(await outcome(good)).toBe('200');
  });

  it('asks again with one request every 15 s and works when it is answered', async () => {
    await open();
    await clock.advance(15_000);
    expect(await outcome(fails('connection'))).toBe('it is connection');
    expect(await outcome(good)).toContain('has not answered since 2026-01-01T00:00:00Z: it is timeout');
    await clock.advance(15_000);
    expect([await outcome(good), await outcome(good)]).toEqual(['200', '200']);
  });

  it('gives one Warning per outage, whoever asks how often', async () => {
    const notices = async () => {
      const error = await guard.run('http://prom', good, signal).catch((reason: unknown) => reason);
      return error instanceof SourceDownError ? error.takeNotice() : undefined;
    };
    const notice =
      'Metrics source http://prom has not answered since 2026-01-01T00:00:00Z: it is timeout; ' +
      'checks that need it fail without being made until it answers';
    await open();
    expect([await notices(), await notices(), await notices()]).toEqual([notice, undefined, undefined]);
    await clock.advance(15_000);
    await outcome(fails('timeout'));
    expect(await notices()).toBeUndefined();
    await clock.advance(15_000);
    expect(await outcome(good)).toBe('200');
    await open();
    expect(await notices()).toContain('since 2026-01-01T00:00:30Z');
  });

  it('logs when an outage begins and ends', async () => {
    await open();
    await open();
    await clock.advance(15_000);
    await outcome(good);
    expect(lines).toEqual([
      'warn metrics source is down, its checks fail at once {"source":"http://prom","reason":"it is timeout"}',
      'info metrics source answers again {"source":"http://prom"}',
    ]);
  });

  it('answers those who waited for a place once the source turns out to be down', async () => {
    let asked = 0;
    const hangs = async () => {
      asked += 1;
      await clock.sleep(5_000);
      throw new HttpFailure('timeout', 'silent');
    };
    const all = Promise.all(Array.from({ length: 100 }, () => outcome(hangs)));
    await clock.advance(10_000);
    const texts = await all;
    expect(asked).toBeLessThanOrEqual(16);
    expect(texts.filter((text) => text.includes('has not answered since'))).toHaveLength(100 - asked);
  });

  it('lets nobody wait longer than 30 s for a place', async () => {
    const forever = () => new Promise<{ status: number }>(() => undefined);
    for (let count = 0; count < 8; count += 1) void outcome(forever);
    const waiting = outcome(good);
    await clock.advance(30_000);
    expect(await waiting).toBe('http://prom is busy: no free place among 8 requests within 30s');
    expect(await outcome(good, 'http://other')).toBe('200');
  });

  it('stops waiting when the check is aborted', async () => {
    const abort = new AbortController();
    const forever = () => new Promise<{ status: number }>(() => undefined);
    for (let count = 0; count < 8; count += 1) void outcome(forever);
    const waiting = guard.run('http://prom', good, abort.signal);
    abort.abort(new Error('new revision'));
    await expect(waiting).rejects.toThrow('new revision');
  });
});

describe('guardHttp', () => {
  it('takes each origin for a source', async () => {
    const asked: string[] = [];
    const http: HttpClient = {
      send: ({ url }: HttpRequest): Promise<HttpAnswer> => {
        asked.push(url);
        return url.includes('down')
          ? Promise.reject(new HttpFailure('connection', 'refused'))
          : Promise.resolve({ status: 200, statusText: 'OK', headers: {}, body: '', isTruncated: false });
      },
      close: () => {
        asked.push('closed');
      },
    };
    const guarded = guardHttp(http, guard);
    const get = (url: string) =>
      guarded.send({ method: 'GET', url, timeoutMs: 1, limitBytes: 1 }).then(({ body }) => body, errorText);
    for (let count = 0; count < 6; count += 1) await get(`http://down/api/${count}?secret=1`);
    expect(asked).toHaveLength(5);
    expect(await get('http://down/other')).toContain('http://down has not answered since');
    expect(await get('https://down/')).toBe('refused');
    expect(await get('http://up/')).toBe('');
    guarded.close();
    expect(asked.at(-1)).toBe('closed');
  });

  it('does not take one query that is never answered in time for an outage, but several for one', async () => {
    const http: HttpClient = {
      send: ({ url, body = '' }: HttpRequest): Promise<HttpAnswer> =>
        (url + body).includes('slow')
          ? Promise.reject(new HttpFailure('timeout', 'silent'))
          : Promise.resolve({ status: 200, statusText: 'OK', headers: {}, body: 'good', isTruncated: false }),
      close: () => undefined,
    };
    const guarded = guardHttp(http, guard);
    const ask = (url: string, body?: string) =>
      guarded
        .send({ method: 'POST', url, timeoutMs: 1, limitBytes: 1, ...(body === undefined ? {} : { body }) })
        .then((answer) => answer.body, errorText);
    for (let count = 0; count < 20; count += 1) expect(await ask('http://prom/?query=slow')).toBe('silent');
    for (let count = 0; count < 20; count += 1) expect(await ask('http://influx/', 'slow')).toBe('silent');
    expect([await ask('http://prom/?query=up'), await ask('http://influx/', 'quick')]).toEqual(['good', 'good']);
    for (let count = 0; count < 5; count += 1) await ask('http://influx/', `slow ${count}`);
    expect(await ask('http://influx/', 'quick')).toContain('has not answered since');
  });
});

describe('guardKubernetes', () => {
  const request = { path: '/apis', query: {}, signal };

  it('gives the API server 5 s', async () => {
    const signals: AbortSignal[] = [];
    const get = guardKubernetes(
      (asked) => {
        signals.push(asked.signal);
        return new Promise((_, reject) => {
          asked.signal.addEventListener('abort', () => {
            reject(new Error('cut off'));
          });
        });
      },
      guard,
      clock,
    );
    const failed = get(request).catch(errorText);
    await setImmediate();
    await clock.advance(5_000);
    expect(await failed).toBe('no answer within 5s');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('answers with what the API server says, or with why it does not', async () => {
    const answer = { status: 404, body: 'x' };
    expect(await guardKubernetes(() => Promise.resolve(answer), guard, clock)(request)).toBe(answer);
    const broken = guardKubernetes(() => Promise.reject(new Error('unreachable')), guard, clock);
    expect(await broken(request).catch(errorText)).toBe('unreachable');
  });

  it('passes an abort on', async () => {
    const abort = new AbortController();
    const get = guardKubernetes(
      () => {
        abort.abort(new Error('new revision'));
        return Promise.reject(new Error('cut off'));
      },
      guard,
      clock,
    );
    await expect(get({ ...request, signal: abort.signal })).rejects.toThrow('new revision');
  });
});
