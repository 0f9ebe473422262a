// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { FakeSkipper, FakeSkippers } from '../../../test/support/fake-skippers.js';
import { readFixture } from '../../../test/support/skipper-metrics.js';
import { FakeClock } from '../../lib/fake-clock.js';
import { silentLogger } from '../../lib/logger.js';
import { meanSeconds, quantileSeconds, successPercent } from '../traffic.js';
import { createSkipperCounters, type CounterReading, type SkipperCounters } from './index.js';

const podinfo = { namespace: 'test', ingressName: 'podinfo', serviceName: 'podinfo', mirrored: false };
const toCanary = 'kube_test__podinfo_canary__app_example_com____podinfo_canary';
const toPrimary = 'kube_test__podinfo_canary__app_example_com____podinfo_primary';
const one = 'http://10.0.0.1:9911';
const two = 'http://10.0.0.2:9911';
const options = { windowMs: 60_000, keepMs: 60_000 };
const minute = { windowMs: 60_000, longestMs: 60_000 };

let clock: FakeClock;
let skippers: FakeSkippers;
let addresses: readonly string[] | Error;
let searches: number;
let counters: SkipperCounters;
let warnings: string[];

beforeEach(() => {
  warnings = [];
  clock = new FakeClock();
  skippers = new FakeSkippers();
  addresses = [one];
  searches = 0;
  counters = createSkipperCounters({
    clock,
    http: skippers,
    log: { ...silentLogger, warn: (_fields, message) => void warnings.push(message) },
    replicas: {
      place: 'label x=y',
      list: () => {
        searches += 1;
        return addresses instanceof Error ? Promise.reject(addresses) : Promise.resolve(addresses);
      },
    },
  });
});

afterEach(() => {
  counters.close();
});

function measured(
  windowMs = 60_000,
  app = podinfo,
  longestMs = windowMs,
): Extract<CounterReading, { kind: 'measured' }> {
  const reading = counters.read(app, { windowMs, longestMs });
  if (reading.kind !== 'measured') throw new Error('Recording has not begun');
  return reading;
}

/** Starts to record and waits until there is a base to count from. */
async function record(app = podinfo): Promise<void> {
  counters.record(app, options);
  await clock.advance(1_500);
}

describe('recording', () => {
  it('makes no request before somebody records, and none after the last recording ended', async () => {
    skippers.add(one);
    await clock.advance(60_000);
    expect([searches, skippers.requests.length]).toEqual([0, 0]);
    counters.record(podinfo, { windowMs: 60_000, keepMs: 10_000 });
    await clock.advance(8_000);
    counters.record(podinfo, { windowMs: 60_000, keepMs: 10_000 });
    await clock.advance(11_000);
    const [sought, requested] = [searches, skippers.requests.length];
    expect(requested).toBeGreaterThan(15);
    await clock.advance(600_000);
    expect([searches, skippers.requests.length]).toEqual([sought, requested]);
    expect(counters.read(podinfo, minute)).toEqual({ kind: 'starting' });
  });

  it('reads each replica about once a second, without a proxy, and asks for what it needs only', async () => {
    addresses = [one, two];
    skippers.add(one);
    skippers.add(two);
    await record();
    await clock.advance(10_000);
    expect(skippers.requests.length).toBeGreaterThanOrEqual(20);
    expect(skippers.requests.length).toBeLessThanOrEqual(26);
    expect(skippers.requests[0]).toMatchObject({ method: 'GET', ignoreProxy: true });
    const url = new URL(skippers.requests[0]?.url ?? '');
    expect(url.pathname).toBe('/metrics');
    expect(url.searchParams.getAll('name[]')).toContain('skipper_serve_route_duration_seconds');
  });

  it('needs two pages of a replica before it says anything', async () => {
    skippers.add(one).serve(toCanary, 500, { times: 1_000 });
    expect(counters.read(podinfo, minute)).toEqual({ kind: 'starting' });
    counters.record(podinfo, options);
    await clock.advance(500);
    expect(counters.read(podinfo, minute)).toEqual({ kind: 'starting' });
    await clock.advance(1_000);
    expect(measured().canary.requests).toBe(0);
  });

  it('tells canary from primary, sums replicas and leaves other routes out', async () => {
    addresses = [one, two];
    const [first, second] = [skippers.add(one), skippers.add(two)];
    first.serve(toCanary, 200, { times: 50 });
    await record();
    first.serve(toCanary, 200, { times: 6, seconds: 0.05 });
    first.serve(`${toCanary}_disable_https_redirect`, 503, { times: 2, seconds: 0.3 });
    second.serve(toCanary, 200, { times: 2, seconds: 2 });
    second.serve(toPrimary, 200, { times: 90, seconds: 0.02 });
    second.serve('kube_test__other_canary__app_example_com____other_canary', 500, { times: 70 });
    second.serve('kube_test__podinfo__app_example_com____podinfo', 500, { times: 70 });
    await clock.advance(2_000);
    const { canary, primary, answeringReplicas, knownReplicas } = measured();
    expect(canary).toMatchObject({ requests: 10, failures: 2, uncoded: 0 });
    expect(successPercent(canary)).toBe(80);
    expect(meanSeconds(canary)).toBeCloseTo(0.49);
    expect(quantileSeconds(canary, 0.5)).toBeCloseTo(0.1 * (5 / 6));
    expect(quantileSeconds(canary, 0.99)).toBe(1);
    expect(primary).toMatchObject({ requests: 90, failures: 0 });
    expect([answeringReplicas, knownReplicas]).toEqual([2, 2]);
  });

  it('tells mirrored requests from those of users, as a real Skipper counts them', async () => {
    const mirrored = { ...podinfo, mirrored: true };
    const dead = { namespace: 'test', ingressName: 'dead', serviceName: 'dead', mirrored: true };
    const replica = skippers.add(one);
    const after = readFixture('mirrored');
    replica.text = after.replaceAll(/^.*(_mirror__|_primary").*\n/gm, '');
    for (const app of [podinfo, mirrored, dead]) await record(app);
    replica.text = after;
    await clock.advance(2_000);
    const ofUsers = measured();
    expect([ofUsers.canary.requests, ofUsers.primary.requests]).toEqual([0, 4]);
    const copies = measured(60_000, mirrored);
    expect(copies.canary).toMatchObject({ requests: 4, failures: 0, uncoded: 0, timed: 4 });
    expect(meanSeconds(copies.canary)).toBeCloseTo(0.0337, 3);
    expect(successPercent(copies.canary)).toBe(100);
    expect(copies.primary.requests).toBe(4);
    const unanswered = measured(60_000, dead).canary;
    expect(unanswered).toMatchObject({ requests: 2, failures: 2, timed: 0 });
    expect([successPercent(unanswered), meanSeconds(unanswered)]).toEqual([0, undefined]);
    const names = new URL(skippers.requests.at(-1)?.url ?? '').searchParams.getAll('name[]');
    expect(names).toContain('skipper_backend_error_total');
    expect(new URL(skippers.requests[0]?.url ?? '').searchParams.getAll('name[]')).not.toContain(names.at(-1));
  });

  it('reads what a real Skipper says, its restart included', async () => {
    const replica = skippers.add(one);
    replica.text = readFixture('first');
    await record();
    replica.text = readFixture('second');
    await clock.advance(1_000);
    expect(measured()).toMatchObject({
      canary: { requests: 5, failures: 1, uncoded: 0 },
      primary: { requests: 5, failures: 0 },
    });
    expect((meanSeconds(measured().canary) ?? 0) * 1_000).toBeCloseTo(24.4, 0);
    expect(measured().canary.buckets.get(0.05)).toBe(5);
    replica.text = readFixture('restarted');
    await clock.advance(1_000);
    expect(measured().canary).toMatchObject({ requests: 9, failures: 3 });
  });

  it('reads the same from a Skipper that does not know name[] as from one that does', async () => {
    const replica = skippers.add(one);
    replica.text = readFixture('first');
    await record();
    replica.text = readFixture('named');
    await clock.advance(1_000);
    expect(measured().canary).toMatchObject({ requests: 5, failures: 1 });
  });

  it('counts nothing of what was before for an application that joins later', async () => {
    const other = { namespace: 'test', ingressName: 'other', serviceName: 'other', mirrored: false };
    const toOther = 'kube_test__other_canary______other_canary';
    const replica = skippers.add(one);
    replica.serve(toOther, 500, { times: 100 });
    await record();
    counters.record(other, options);
    await clock.advance(3_000);
    replica.serve(toOther, 200, { times: 3 });
    replica.serve(toCanary, 200, { times: 5 });
    await clock.advance(1_000);
    expect(measured(60_000, other).canary).toMatchObject({ requests: 3, failures: 0 });
    expect(measured().canary).toMatchObject({ requests: 5, failures: 0 });
  });
});

describe('windows', () => {
  it('R19: leaves out what may be older than the window', async () => {
    const replica = skippers.add(one);
    await record();
    replica.serve(toCanary, 500, { times: 10 });
    await clock.advance(10_000);
    replica.serve(toCanary, 200, { times: 4 });
    await clock.advance(2_000);
    expect(measured(60_000).canary).toMatchObject({ requests: 14, failures: 10 });
    expect(measured(9_000).canary).toMatchObject({ requests: 4, failures: 0 });
    expect(measured(1_000).canary.requests).toBe(0);
  });

  it('reads a longer window than asked for when pages come seldom, but no longer than the revision is old', async () => {
    const replica = skippers.add(one);
    // Then it is read every 15 s only.
    replica.delay = () => clock.sleep(2_000);
    await record();
    await clock.advance(20_000);
    replica.serve(toCanary, 200, { times: 3 });
    await clock.advance(20_000);
    expect(measured(5_000, podinfo, 60_000)).toMatchObject({ windowMs: 30_000, canary: { requests: 3 } });
    expect(measured(5_000, podinfo, 10_000)).toMatchObject({ windowMs: 10_000, canary: { requests: 0 } });
  });

  it('forgets what no window reaches', async () => {
    const replica = skippers.add(one);
    counters.record(podinfo, { windowMs: 5_000, keepMs: 600_000 });
    await clock.advance(1_500);
    for (let second = 0; second < 120; second += 1) {
      replica.serve(toCanary, 200);
      await clock.advance(1_000);
    }
    expect(measured(3_600_000).canary.requests).toBeLessThan(10);
  });

  it('says whether recording covers the window', async () => {
    skippers.add(one);
    await clock.advance(100_000);
    await record();
    expect([measured(5_000).isWhole, measured(60_000).isWhole]).toEqual([true, false]);
    await clock.advance(58_000);
    expect(measured(60_000).isWhole).toBe(true);
  });
});

describe('counter resets', () => {
  it.each`
    knows                            | startSeconds
    ${'tells when it started'}       | ${1_000}
    ${'does not tell it, but falls'} | ${undefined}
  `('counts from zero after a restart of a Skipper that $knows', async ({ startSeconds }) => {
    const replica = skippers.add(one, new FakeSkipper(startSeconds as number | undefined));
    replica.serve(toCanary, 200, { times: 100, seconds: 0.01 });
    await record();
    replica.serve(toCanary, 200, { times: 5 });
    await clock.advance(1_000);
    replica.restart();
    replica.serve(toCanary, 500, { times: 3, seconds: 2 });
    replica.serve(toCanary, 200, { times: 2, seconds: 2 });
    await clock.advance(1_000);
    const { canary } = measured();
    expect(canary).toMatchObject({ requests: 10, failures: 3 });
    expect(canary.seconds).toBeCloseTo(10.25);
    expect(canary.buckets.get(0.1)).toBe(5);
    expect(canary.buckets.get(Number.POSITIVE_INFINITY)).toBe(10);
  });

  it('notices a restart even when the new counters are above the old ones', async () => {
    const replica = skippers.add(one);
    replica.serve(toCanary, 200, { times: 4 });
    await record();
    replica.restart();
    replica.serve(toCanary, 500, { times: 9 });
    await clock.advance(1_000);
    expect(measured().canary).toMatchObject({ requests: 9, failures: 9 });
  });
});

describe('replicas that come and go', () => {
  it('keeps what a replica that is gone had counted, and asks it no more', async () => {
    addresses = [one, two];
    const [first, second] = [skippers.add(one), skippers.add(two)];
    await record();
    first.serve(toCanary, 200, { times: 5 });
    second.serve(toCanary, 500, { times: 5 });
    await clock.advance(1_000);
    addresses = [one];
    await clock.advance(10_000);
    const asked = skippers.requests.filter(({ url }) => url.startsWith(two)).length;
    first.serve(toCanary, 200, { times: 10 });
    await clock.advance(5_000);
    expect(measured()).toMatchObject({ canary: { requests: 20, failures: 5 }, answeringReplicas: 1, knownReplicas: 1 });
    expect(skippers.requests.filter(({ url }) => url.startsWith(two))).toHaveLength(asked);
  });

  it('takes no history from a replica that comes', async () => {
    const first = skippers.add(one);
    await record();
    first.serve(toCanary, 200, { times: 5 });
    skippers.add(two).serve(toCanary, 500, { times: 1_000 });
    addresses = [one, two];
    await clock.advance(11_000);
    expect(measured()).toMatchObject({ canary: { requests: 5, failures: 0 }, knownReplicas: 2 });
    skippers.replicas.get(two)?.serve(toCanary, 200, { times: 3 });
    await clock.advance(1_000);
    expect(measured().canary).toMatchObject({ requests: 8, failures: 0 });
  });

  it('goes on with the replicas that answer, and fills the gap of one that answers again', async () => {
    addresses = [one, two];
    const [first, second] = [skippers.add(one), skippers.add(two)];
    await record();
    second.failure = 'timeout';
    first.serve(toCanary, 200, { times: 5 });
    second.serve(toCanary, 500, { times: 5 });
    await clock.advance(20_000);
    expect(measured()).toMatchObject({ canary: { requests: 5, failures: 0 }, answeringReplicas: 1, knownReplicas: 2 });
    second.failure = undefined;
    await clock.advance(2_000);
    expect(measured()).toMatchObject({ canary: { requests: 10, failures: 5 }, answeringReplicas: 2 });
    expect(measured(10_000).canary.requests).toBe(0);
  });

  it('keeps the replicas that it knows while they cannot be looked for', async () => {
    const replica = skippers.add(one);
    await record();
    addresses = new Error('forbidden');
    await clock.advance(50_000);
    replica.serve(toCanary, 200);
    await clock.advance(1_000);
    expect(measured().canary.requests).toBe(1);
    expect(warnings).toEqual(['cannot look for the replicas of Skipper']);
  });
});

describe('what cannot be read', () => {
  const cases: readonly (readonly [name: string, prepare: () => void, text: string])[] = [
    ['no replica', () => (addresses = []), 'no replica of Skipper found by label x=y'],
    [
      'a search that fails',
      () => (addresses = new Error('endpointslices is forbidden')),
      'the replicas of Skipper cannot be found by label x=y: endpointslices is forbidden',
    ],
    [
      'replicas that do not answer',
      () => (addresses = [one, two]),
      'none of the 2 replicas of Skipper answers: GET http://10.0.0.1:9911: connect ECONNREFUSED',
    ],
    [
      'no Prometheus format',
      () => (skippers.add(one).text = '{"counters":{}}'),
      'none of the 1 replicas of Skipper answers: GET http://10.0.0.1:9911: no metrics in the Prometheus format; run Skipper with -metrics-flavour=prometheus',
    ],
    [
      'no metrics of routes',
      () => (skippers.add(one).text = readFixture('without-flag')),
      'Skipper runs without -serve-route-metrics: it counts no requests by route',
    ],
  ];

  it('replicas that come while there were none are found within seconds, before another check fails', async () => {
    addresses = [];
    await record();
    skippers.add(one);
    addresses = [one];
    await clock.advance(3_000);
    expect(() => counters.read(podinfo, minute)).not.toThrow();
  });

  it.each(cases)('%s is an error', async (_name, prepare, text) => {
    prepare();
    await record();
    expect(() => counters.read(podinfo, minute)).toThrow(text);
  });

  it('refuses a success rate without status codes, and still measures durations', async () => {
    const replica = skippers.add(one);
    replica.text = readFixture('without-codes').replaceAll(/} 2$/gm, '} 1');
    await record();
    replica.text = readFixture('without-codes');
    await clock.advance(1_000);
    const { canary } = measured();
    expect(canary).toMatchObject({ requests: 1, uncoded: 1 });
    expect(() => successPercent(canary)).toThrow('-serve-status-code-metric=false');
  });

  it('is patient with a short silence of all replicas, not with a long one', async () => {
    const replica = skippers.add(one);
    await record();
    replica.serve(toCanary, 200);
    await clock.advance(1_000);
    replica.failure = 'socket hang up';
    await clock.advance(3_000);
    expect(measured().canary.requests).toBe(1);
    await clock.advance(5_000);
    expect(() => counters.read(podinfo, minute)).toThrow('socket hang up');
    replica.failure = undefined;
    await clock.advance(2_000);
    expect(measured().canary.requests).toBe(1);
  });

  it('has no opinion about a Skipper that has served nothing', async () => {
    skippers.add(one);
    await record();
    expect(measured().canary.requests).toBe(0);
  });
});

describe('checkOnline', () => {
  const { signal } = new AbortController();

  it('is content with one replica that answers', async () => {
    addresses = [one, two];
    skippers.add(two);
    await expect(counters.checkOnline(signal)).resolves.toBeUndefined();
    expect(skippers.requests).toHaveLength(2);
  });

  it.each<readonly [name: string, found: readonly string[] | Error, text: string]>([
    ['none', [], 'no replica of Skipper found by label x=y'],
    ['none that answers', [one], 'GET http://10.0.0.1:9911: connect ECONNREFUSED'],
    ['no answer', new Error('timeout'), 'the replicas of Skipper cannot be found by label x=y: timeout'],
  ])('reports %s', async (_name, found, text) => {
    addresses = found;
    await expect(counters.checkOnline(signal)).rejects.toThrow(text);
  });

  it('rejects with the reason of an aborted signal', async () => {
    const abort = AbortSignal.abort(new Error('shutdown'));
    await expect(counters.checkOnline(abort)).rejects.toThrow('shutdown');
  });
});
