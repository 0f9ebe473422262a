// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CoreEvent } from '../api/kubernetes.js';
import { systemClock } from '../lib/clock.js';
import { FakeClock } from '../lib/fake-clock.js';
import { createKubeClient } from './api-client.js';
import type { ApiConnection } from './connection.js';
import { createEventRecorder, type EventRecorder, type EventRecorderOptions } from './event-recorder.js';
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

const regarding = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: { namespace: 'test', name: 'podinfo', uid: 'u1', resourceVersion: '7' },
};

let clock: FakeClock;
let server: TestServer;
let connection: ApiConnection;
let lines: LogLine[];
let recorder: EventRecorder;
/** What the apiserver would have, by name. */
let events: Map<string, CoreEvent>;
/** Answers before the server works. */
let faults: Responder[];

const store: Responder = (response, request) => {
  const body = JSON.parse(request.body) as CoreEvent;
  const name = request.method === 'POST' ? body.metadata.name : (request.path.split('/').at(-1) ?? '');
  const before = events.get(name);
  if (request.method === 'PATCH' && before === undefined) {
    answerJson(404, statusObject(404, 'NotFound'))(response, request);
    return;
  }
  if (request.method === 'POST' && before !== undefined) {
    answerJson(409, statusObject(409, 'AlreadyExists'))(response, request);
    return;
  }
  const after: CoreEvent = before === undefined ? body : { ...before, ...body };
  events.set(name, after);
  answerJson(200, after)(response, request);
};

beforeEach(async () => {
  clock = new FakeClock(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  events = new Map();
  faults = [];
  lines = [];
  server = await startServer((response, request) => (faults.shift() ?? store)(response, request));
  connection = connectTo(server.url, clock, { requestTimeoutMs: 3_000 });
  recorder = recorderWith({});
});

afterEach(async () => {
  connection.close();
  await server.close();
});

function recorderWith(options: Partial<EventRecorderOptions>): EventRecorder {
  const client = createKubeClient({ connection, clock, random: () => 0, rateLimit: { qps: 1_000, burst: 1_000 } });
  return createEventRecorder({ client, clock, log: recordingLogger(lines), ...options });
}

function record(message: string, { episode = 'rollout 1', name = 'podinfo', type = 'Normal' as const } = {}): void {
  const metadata = { ...regarding.metadata, name, uid: `uid-${name}` };
  recorder.record({ regarding: { ...regarding, metadata }, type, message, episode });
}

/** Waits, letting retries run, until everything is written. */
async function flushed(): Promise<void> {
  let isFlushed = false;
  void recorder.flush(3_600_000).then(() => (isFlushed = true));
  await until(() => isFlushed, clock);
}

const inNameOrder = () =>
  [...events.values()]
    .sort((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1))
    .map(({ message, count }) => `${message} ×${count}`);

describe('EventRecorder', () => {
  it('writes Events as Flagger does', async () => {
    recorder.record({ regarding, type: 'Warning', message: 'Halt advancement', episode: 'rollout 1' });
    await flushed();
    expect([...events.values()]).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { namespace: 'test', name: expect.stringMatching(/^podinfo\.[0-9a-f]{16}$/) },
        involvedObject: {
          apiVersion: 'flagger.app/v1beta1',
          kind: 'Canary',
          namespace: 'test',
          name: 'podinfo',
          uid: 'u1',
          resourceVersion: '7',
        },
        reason: 'Synced',
        message: 'Halt advancement',
        type: 'Warning',
        count: 1,
        firstTimestamp: '2026-01-02T03:04:05Z',
        lastTimestamp: '2026-01-02T03:04:05Z',
        source: { component: 'flagger' },
        reportingComponent: 'flagger',
      },
    ]);
    expect(server.requests[0]?.query.get('fieldManager')).toBe('flagger');
  });

  it('R21: names sort by time, within one millisecond and when the wall clock goes back', async () => {
    const messages = Array.from({ length: 30 }, (_, index) => `event ${index}`);
    for (const message of messages) record(message);
    await flushed();
    expect(inNameOrder()).toEqual(messages.map((message) => `${message} ×1`));
  });

  it('R21: distinct messages are never folded, however many', async () => {
    for (let weight = 1; weight <= 100; weight += 1) record(`Advance podinfo.test canary weight ${weight}`);
    await flushed();
    expect(events.size).toBe(100);
    expect(inNameOrder().at(-1)).toBe('Advance podinfo.test canary weight 100 ×1');
  });

  it('R21: a repeated message raises the count of its Event within one rollout only', async () => {
    record('waiting');
    await flushed();
    await clock.advance(60_000);
    record('going');
    record('waiting');
    await flushed();
    record('waiting', { episode: 'rollout 2' });
    await flushed();
    expect(inNameOrder()).toEqual(['waiting ×2', 'going ×1', 'waiting ×1']);
    const [first] = events.values();
    expect(first?.firstTimestamp).toBe('2026-01-02T03:04:05Z');
    expect(first?.lastTimestamp?.startsWith('2026-01-02T03:05:')).toBe(true);
  });

  it('does not mix a Normal and a Warning with the same text', async () => {
    record('text');
    recorder.record({
      regarding: { ...regarding, metadata: { ...regarding.metadata, uid: 'uid-podinfo' } },
      type: 'Warning',
      message: 'text',
      episode: 'rollout 1',
    });
    await flushed();
    expect(events.size).toBe(2);
  });

  it('writes a new Event with the whole count when the apiserver has forgotten the old one', async () => {
    record('waiting');
    await flushed();
    events.clear();
    record('waiting');
    await flushed();
    expect(inNameOrder()).toEqual(['waiting ×2']);
  });

  it('keeps the order and loses nothing while the apiserver is away for 20 s', async () => {
    const startMs = clock.monotonicMs();
    const away: Responder = (response) => response.writeHead(503).end();
    faults = Array<Responder>(3).fill(away);
    for (const message of ['one', 'two', 'two', 'three']) record(message);
    faults = [...faults, ...Array<Responder>(4).fill(away)];
    await flushed();
    expect(clock.monotonicMs() - startMs).toBeGreaterThan(5_000);
    expect(inNameOrder()).toEqual(['one ×1', 'two ×2', 'three ×1']);
    expect(lines).toEqual([]);
  });

  it('does not write an Event twice when only the answer got lost', async () => {
    faults = [
      (response, request) => {
        const event = JSON.parse(request.body) as CoreEvent;
        events.set(event.metadata.name, event);
        response.socket?.resetAndDestroy();
      },
    ];
    record('once');
    await flushed();
    expect(inNameOrder()).toEqual(['once ×1']);
    expect(lines).toEqual([]);
  });

  it('logs an Event that is refused and goes on', async () => {
    faults = [answerJson(403, statusObject(403, 'Forbidden'))];
    record('refused');
    record('next');
    await flushed();
    expect(inNameOrder()).toEqual(['next ×1']);
    expect(lines).toMatchObject([{ level: 'warn', fields: { event: 'refused', object: 'Canary test/podinfo' } }]);
  });

  it('is bounded: repetitions cost nothing, and too many Events are dropped with a warning', async () => {
    recorder = recorderWith({ maxPending: 5 });
    faults = [() => undefined];
    record('stuck');
    await until(() => server.requests.length === 1);
    for (let round = 0; round < 100; round += 1) record('again');
    for (let number = 0; number < 100; number += 1) record(`distinct ${number}`);
    expect(lines.map(({ message }) => message)).toEqual(['too many events wait, dropping more']);
    await flushed();
    expect(events.size).toBe(6);
    expect(inNameOrder()).toContain('again ×100');
    expect(lines.at(-1)).toMatchObject({ message: 'events were dropped', fields: { dropped: 96 } });
  });

  it('forgets the objects that were silent for longest', async () => {
    recorder = recorderWith({ maxObjects: 2 });
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) record('hello', { name });
    await flushed();
    const ofName = (name: string) => [...events.values()].filter(({ involvedObject }) => involvedObject.name === name);
    expect(ofName('a').map(({ count }) => count)).toEqual([3]);
    expect(ofName('b').map(({ count }) => count)).toEqual([1, 1]);
  });

  it('one object that hangs does not hold up the others', async () => {
    faults = [() => undefined];
    record('stuck', { name: 'slow' });
    await until(() => server.requests.length === 1);
    for (let number = 0; number < 20; number += 1) record(`event ${number}`, { name: 'quick' });
    await until(() => events.size === 20);
    expect(inNameOrder()).toHaveLength(20);
  });

  it('writes everything, however records and writes interleave', async () => {
    for (let round = 0; round < 40; round += 1) {
      record(`event ${round}`, { name: `app-${round % 7}` });
      // Each round, one more callback of the writers runs before the next record.
      for (let turn = 0; turn < round; turn += 1) await Promise.resolve();
      if (round % 5 === 0) await systemClock.sleep(1);
    }
    await flushed();
    expect(events.size).toBe(40);
  });

  it.each([
    ['ASCII', 'x'.repeat(2_000), 1_024],
    ['characters of two bytes', 'ö'.repeat(2_000), 1_023],
    ['characters of four bytes', '🚀'.repeat(2_000), 1_023],
    ['exactly the limit', 'x'.repeat(1_024), 1_024],
  ])('cuts a message to what the apiserver takes: %s', async (_name, message, bytes) => {
    record(message);
    await flushed();
    const [event] = events.values();
    expect(Buffer.byteLength(event?.message ?? '')).toBe(bytes);
    expect(event?.message).not.toContain('\uFFFD');
  });

  it('makes a valid name of the longest object name', async () => {
    record('hello', { name: `${'a'.repeat(235)}.${'b'.repeat(17)}` });
    await flushed();
    expect([...events.keys()][0]).toMatch(/^a{235}\.[0-9a-f]{16}$/);
  });

  it('flush ends after its time although the apiserver is silent', async () => {
    faults = [() => undefined];
    record('stuck');
    let isFlushed = false;
    void recorder.flush(1_000).then(() => (isFlushed = true));
    await clock.advance(900);
    expect(isFlushed).toBe(false);
    await clock.advance(200);
    expect(isFlushed).toBe(true);
  });

  it('stops for good when told to', async () => {
    const stop = new AbortController();
    recorder = recorderWith({ signal: stop.signal });
    faults = [() => undefined];
    record('stuck');
    record('next');
    await until(() => server.requests.length === 1);
    stop.abort();
    await recorder.flush(1_000);
    await systemClock.sleep(20);
    expect(server.requests).toHaveLength(1);
    expect(lines).toEqual([]);
  });
});
