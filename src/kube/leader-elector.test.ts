// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Lease } from '../api/kubernetes.js';
import { systemClock } from '../lib/clock.js';
import { FakeClock } from '../lib/fake-clock.js';
import { createKubeClient } from './api-client.js';
import type { ApiConnection } from './connection.js';
import { LeaderElector } from './leader-elector.js';
import {
  answerJson,
  connectTo,
  recordingLogger,
  startServer,
  statusObject,
  until,
  type LogLine,
  type Responder,
  type TestServer,
} from './testing.js';

/** A replica of the operator, as far as leader election goes. */
interface Replica {
  readonly elector: LeaderElector;
  readonly stop: AbortController;
  readonly lines: LogLine[];
  readonly done: Promise<'stopped' | 'lost'>;
  readonly events: string[];
  /** Settles the work of 'untilFinished'. */
  readonly finish: () => void;
}

let clock: FakeClock;
let server: TestServer;
let connections: ApiConnection[];
let replicas: Replica[];
let lease: Lease | undefined;
/** When set, what the server does instead, for requests of this replica. */
let fault: ((identity: string) => Responder | undefined) | undefined;

const serveLease: Responder = (response, request) => {
  const body = request.body === '' ? undefined : (JSON.parse(request.body) as Lease);
  const version = Number(lease?.metadata.resourceVersion ?? 0);
  const outcome = ((): [number, unknown] => {
    if (body === undefined) return lease === undefined ? [404, statusObject(404, 'NotFound')] : [200, lease];
    if (request.method === 'POST' && lease !== undefined) return [409, statusObject(409, 'AlreadyExists')];
    const isStale = request.method === 'PUT' && body.metadata.resourceVersion !== lease?.metadata.resourceVersion;
    if (isStale) return [409, statusObject(409, 'Conflict')];
    lease = { ...body, metadata: { ...body.metadata, uid: 'u', resourceVersion: String(version + 1) } };
    return [200, lease];
  })();
  answerJson(...outcome)(response, request);
};

beforeEach(async () => {
  clock = new FakeClock();
  connections = [];
  replicas = [];
  lease = undefined;
  fault = undefined;
  server = await startServer((response, request) => {
    // Each replica has a path of its own.
    const identity = request.path.split('/')[1] ?? '';
    (fault?.(identity) ?? serveLease)(response, request);
  });
});

afterEach(async () => {
  for (const replica of replicas) {
    replica.stop.abort();
    replica.finish();
  }
  for (const connection of connections) connection.close();
  await server.close();
  await Promise.all(replicas.map(({ done }) => done.catch(() => undefined)));
});

function start(identity: string, work: 'untilAborted' | 'untilFinished' | 'fails' = 'untilAborted'): Replica {
  const connection = connectTo(`${server.url}/${identity}`, clock);
  connections.push(connection);
  const lines: LogLine[] = [];
  const events: string[] = [];
  const stop = new AbortController();
  const finished = Promise.withResolvers<undefined>();
  const elector = new LeaderElector({
    client: createKubeClient({ connection, clock, random: () => 0, rateLimit: { qps: 100, burst: 100 } }),
    namespace: 'flagger-system',
    identity,
    clock,
    random: () => 0,
    log: recordingLogger(lines),
  });
  const onStarted = async (signal: AbortSignal): Promise<void> => {
    events.push('started');
    if (work === 'fails') throw new Error('work failed');
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    await (work === 'untilAborted' ? aborted : finished.promise);
    events.push('ended');
  };
  const done = elector.run(stop.signal, { onStarted, onLost: () => void events.push('lost') });
  done.catch(() => undefined);
  const replica = { elector, stop, lines, done, events, finish: () => finished.resolve(undefined) };
  replicas.push(replica);
  return replica;
}

const silence: Responder = () => undefined;

/** Advances in small steps, checking after each that no two replicas lead. */
async function pass(seconds: number): Promise<void> {
  const endMs = clock.monotonicMs() + seconds * 1_000;
  while (clock.monotonicMs() < endMs) {
    await clock.advance(250);
    await systemClock.sleep(1);
    expect(replicas.filter(({ elector }) => elector.isLeading()).length).toBeLessThanOrEqual(1);
  }
}

function leads({ elector }: Replica): boolean {
  return elector.isLeading();
}

const messages = ({ lines }: Replica) => lines.map(({ message }) => message);

async function aLeader(work?: Parameters<typeof start>[1]): Promise<Replica> {
  const leader = start('a', work);
  await until(() => leads(leader), clock);
  return leader;
}

/** A lease as another program left it. */
function foreignLease(spec: Lease['spec']): Lease {
  const metadata = { namespace: 'flagger-system', name: 'flagger-leader-election', uid: 'u', resourceVersion: '1' };
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, ...(spec === undefined ? {} : { spec }) };
}

describe('LeaderElector', () => {
  it('creates the lease, leads and says so', async () => {
    const leader = await aLeader();
    expect(lease?.metadata).toMatchObject({ namespace: 'flagger-system', name: 'flagger-leader-election' });
    expect(lease?.spec).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: expect.stringMatching(/^2026-01-01T00:00:00\.\d{3}000Z$/),
      renewTime: lease?.spec?.acquireTime,
      leaseTransitions: 0,
    });
    expect(leader.events).toEqual(['started']);
    expect(messages(leader)).toEqual([
      'Starting leader election id: a configmap: flagger-leader-election namespace: flagger-system',
      'Acting as elected leader',
    ]);
  });

  it('renews every two seconds with one request, and a second replica only watches', async () => {
    const leader = await aLeader();
    const standby = start('b');
    await until(() => messages(standby).length === 2, clock);
    expect(messages(standby)[1]).toBe('Another instance has been elected as leader: a');
    const before = server.requests.length;
    await pass(20);
    const methods = server.requests.slice(before).map(({ method }) => method);
    expect(methods.filter((method) => method === 'PUT').length).toBeGreaterThanOrEqual(8);
    expect(methods.filter((method) => method === 'PUT').length).toBeLessThanOrEqual(10);
    expect(leads(leader)).toBe(true);
    expect(standby.events).toEqual([]);
  });

  it('a leader that is cut off stops after 10 s, and another takes over after 15 s, not before', async () => {
    const leader = await aLeader();
    const standby = start('b');
    await pass(4);
    fault = (identity) => (identity === 'a' ? silence : undefined);
    const cutMs = clock.monotonicMs();
    await until(() => !leads(leader), clock);
    expect(clock.monotonicMs() - cutMs).toBeLessThanOrEqual(10_250);
    await expect(leader.done).resolves.toBe('lost');
    expect(leader.events).toEqual(['started', 'lost', 'ended']);
    expect(messages(leader).at(-1)).toBe('Leadership lost');
    await pass(10);
    expect(leads(standby)).toBe(true);
    expect(lease?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it.each([
    ['long past', '2001-01-01T00:00:00.000000Z'],
    ['in the future', '2099-01-01T00:00:00.000000Z'],
  ])('a candidate waits by its own clock when the renewal is %s', async (_when, renewTime) => {
    lease = foreignLease({ holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime });
    const candidate = start('a');
    await pass(14);
    expect(leads(candidate)).toBe(false);
    await pass(4);
    expect(leads(candidate)).toBe(true);
  });

  it('a candidate respects the longer lease of another program', async () => {
    lease = foreignLease({ holderIdentity: 'flagger', leaseDurationSeconds: 60 });
    const candidate = start('a');
    await pass(58);
    expect(leads(candidate)).toBe(false);
    await pass(6);
    expect(leads(candidate)).toBe(true);
  });

  it('a candidate takes a lease without a holder at once', async () => {
    lease = foreignLease(undefined);
    const candidate = start('a');
    await until(() => leads(candidate));
    expect(lease.spec?.leaseTransitions).toBe(1);
  });

  it('releases the lease when stopped, so that another leads within seconds', async () => {
    const leader = await aLeader();
    const standby = start('b');
    await pass(4);
    leader.stop.abort();
    await expect(leader.done).resolves.toBe('stopped');
    expect(lease?.spec?.holderIdentity).toBeUndefined();
    expect(leader.events).toEqual(['started', 'ended']);
    expect(messages(leader)).not.toContain('Leadership lost');
    await pass(4);
    expect(leads(standby)).toBe(true);
  });

  it('keeps the lease until the work has ended', async () => {
    const leader = await aLeader('untilFinished');
    const standby = start('b');
    await pass(2);
    leader.stop.abort();
    await pass(20);
    expect(leads(leader)).toBe(true);
    expect(standby.events).toEqual([]);
    leader.finish();
    await expect(leader.done).resolves.toBe('stopped');
    expect(leads(leader)).toBe(false);
  });

  it('stops at once when another holds the lease', async () => {
    const leader = await aLeader();
    lease = {
      ...foreignLease({ holderIdentity: 'thief' }),
      metadata: { ...lease?.metadata, name: 'x', resourceVersion: '99' },
    };
    await pass(2.5);
    await expect(leader.done).resolves.toBe('lost');
    expect(leads(leader)).toBe(false);
    expect(lease.spec?.holderIdentity).toBe('thief');
    expect(leader.events).toEqual(['started', 'lost', 'ended']);
  });

  it.each<readonly [trouble: string, answer: Responder, seconds: number]>([
    ['one request hangs', silence, 0],
    ['the apiserver fails for 6 s', answerJson(500, statusObject(500, 'InternalError')), 6],
    ['connections are reset for 6 s', (response) => response.socket?.resetAndDestroy(), 6],
  ])('goes on leading when %s', async (_trouble, answer, seconds) => {
    const leader = await aLeader();
    const startMs = clock.monotonicMs();
    let isOver = false;
    fault = () => {
      if (isOver) return undefined;
      isOver = clock.monotonicMs() - startMs >= seconds * 1_000;
      return answer;
    };
    await pass(20);
    expect(leads(leader)).toBe(true);
    expect(leader.events).toEqual(['started']);
  });

  it('creates the lease again when somebody deletes it', async () => {
    const leader = await aLeader();
    lease = undefined;
    fault = () => undefined;
    await pass(6);
    expect(leads(leader)).toBe(true);
  });

  it('releases the lease and passes on the error when the work fails', async () => {
    const leader = start('a', 'fails');
    await until(() => leader.events.length > 0);
    await expect(leader.done).rejects.toThrow('work failed');
    expect(lease?.spec?.holderIdentity).toBeUndefined();
  });

  it('ends without a trace when stopped before it was elected', async () => {
    await aLeader();
    const standby = start('b');
    await pass(2);
    standby.stop.abort();
    await expect(standby.done).resolves.toBe('stopped');
    expect(standby.events).toEqual([]);
    expect(lease?.spec?.holderIdentity).toBe('a');
  });
});
