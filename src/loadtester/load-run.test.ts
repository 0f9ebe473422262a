// SPDX-License-Identifier: Apache-2.0
import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Clock, systemClock } from '../lib/clock.js';
import { FakeClock } from '../lib/fake-clock.js';
import { LoopbackServers, reset } from '../../test/support/loopback-server.js';
import { readLoadPlan } from './load-plan.js';
import { startLoad } from './load-run.js';
import type { TaskRun } from './task-run.js';
import { until } from './testing.js';

const servers = new LoopbackServers();
afterEach(() => servers.closeAll());

const never = new AbortController().signal;

interface Options {
  readonly clock?: Clock;
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
}

function start(metadata: Readonly<Record<string, string>>, options: Options = {}): TaskRun {
  const { clock = systemClock, limitMs = 3_600_000, signal = never } = options;
  const reading = readLoadPlan(new Map(Object.entries(metadata)));
  if (reading.kind === 'refused') throw new Error(reading.reason);
  return startLoad(reading.plan, { clock, limitMs }, signal);
}

/** A server that notes when requests came and which hosts they named. */
async function recording(listener: RequestListener = (_, response) => void response.end('ok')) {
  const arrivals: number[] = [];
  const hosts = new Set<string | undefined>();
  const sockets = new Set<unknown>();
  const url = await servers.serve((request, response) => {
    arrivals.push(systemClock.monotonicMs());
    hosts.add(request.headers.host);
    sockets.add(request.socket);
    listener(request, response);
  });
  return { url, arrivals, hosts, sockets };
}

describe('startLoad', () => {
  it('spreads its requests evenly over the time, over kept connections, for the host', async () => {
    const { url, arrivals, hosts, sockets } = await recording();
    const clock = new FakeClock();
    const metadata = { url, host: 'app.example.com', rps: '50', duration: '200ms', connections: '2' };
    const run = start(metadata, { clock });
    for (let sent = 1; sent <= 10; sent += 1) {
      await until(() => arrivals.length === sent);
      await clock.advance(19);
      expect(arrivals).toHaveLength(sent);
      await clock.advance(1);
    }
    const { failure, output } = await run.finished;
    expect(failure).toBeUndefined();
    expect(output).toMatch(/^requests: 10 in \d+ms, [\d.]+ per second\nanswers: 200: 10\nerrors: none\nlatency: /);
    expect([...hosts]).toEqual(['app.example.com']);
    expect(sockets.size).toBeLessThanOrEqual(2);
  });

  it('counts answers by status and goes on', async () => {
    let requests = 0;
    const { url } = await recording((_, response) => {
      requests += 1;
      response.writeHead(requests % 2 === 0 ? 503 : 200).end('x');
    });
    const { failure, output } = await start({ url, rps: '100', duration: '100ms' }).finished;
    expect({ failure, output }).toEqual({ failure: undefined, output: expect.stringContaining('200: 5, 503: 5') });
  });

  it('fails when nobody answers, without sending more than its rate', async () => {
    const run = start({ url: 'http://127.0.0.1:1', rps: '100', duration: '100ms' });
    const { failure, output } = await run.finished;
    expect(failure).toBe('no request was answered');
    expect(output).toContain('errors: ECONNREFUSED: 10\n');
  });

  it('counts broken connections by their code', async () => {
    const { url } = await recording((request) => reset(request));
    const { output } = await start({ url, rps: '100', duration: '50ms' }).finished;
    expect(output).toContain('errors: ECONNRESET: 5\n');
  });

  it('counts an untrusted certificate as an error', async () => {
    const url = await servers.serveTls((_, response) => void response.end());
    const { output } = await start({ url, host: 'app.example.com', rps: '20', duration: '50ms' }).finished;
    expect(output).toMatch(/errors: \w+: 1\n/);
  });

  it('stops when it is aborted, with requests on their way', async () => {
    const abort = new AbortController();
    const { url } = await recording(() => abort.abort());
    const run = start({ url, rps: '100', duration: '1h', connections: '20' }, { signal: abort.signal });
    expect(await run.finished).toMatchObject({ failure: 'stopped' });
    await run.gone;
  });

  it('ends at the time limit of the load tester', async () => {
    const { url, arrivals } = await recording();
    await start({ url, rps: '100', duration: '1h' }, { limitMs: 100 }).finished;
    expect(arrivals).toHaveLength(10);
  });

  it('leaves out what busy connections could not send in time', async () => {
    let answerFirst: (() => void) | undefined;
    const { url } = await recording((_, response) => {
      if (answerFirst === undefined) answerFirst = () => response.end();
      else response.end();
    });
    const clock = new FakeClock();
    const run = start({ url, rps: '10', duration: '3s', connections: '1' }, { clock });
    await until(() => answerFirst !== undefined);
    // Those of the first two seconds are then more than one second late.
    await clock.advance(2_950);
    answerFirst?.();
    const { output } = await run.finished;
    expect(output).toMatch(/^requests: 11 in /);
    expect(output).toMatch(/left out, because all connections were busy: 19\n$/);
  });
});

describe('readLoadPlan', () => {
  it('has defaults', () => {
    expect(readLoadPlan(new Map(Object.entries({ type: 'load', url: 'http://a', rps: '' })))).toEqual({
      kind: 'plan',
      plan: { url: 'http://a', rps: 10, durationMs: 60_000, connections: 2 },
    });
  });

  it.each([
    { metadata: {}, reason: 'url not found in metadata' },
    { metadata: { url: 'ftp://a' }, reason: 'url: expected an address that starts with http:// or https://' },
    { metadata: { url: 'http://a', host: 'a\r\nb' }, reason: 'host: expected a host name' },
    { metadata: { url: 'http://a', rps: '0' }, reason: 'rps: expected a number from 0.01 to 10000' },
    { metadata: { url: 'http://a', rps: 'many' }, reason: 'rps: expected a number from 0.01 to 10000' },
    { metadata: { url: 'http://a', duration: '10' }, reason: 'duration: expected a duration such as 30s or 10m' },
    { metadata: { url: 'http://a', duration: '-1s' }, reason: 'duration: expected a duration such as 30s or 10m' },
    { metadata: { url: 'http://a', connections: '1001' }, reason: 'connections: expected a number from 1 to 1000' },
    { metadata: { url: 'http://a', connections: '1.5' }, reason: 'connections: expected a whole number' },
  ])('refuses $metadata', ({ metadata, reason }) => {
    expect(readLoadPlan(new Map(Object.entries(metadata)))).toEqual({ kind: 'refused', reason });
  });
});
