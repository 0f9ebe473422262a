// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type http from 'node:http';
import type { ConfigMap, KubeObject } from '../api/kubernetes.js';
import { systemClock } from '../lib/clock.js';
import { FakeClock } from '../lib/fake-clock.js';
import { createKubeClient } from './api-client.js';
import type { ApiConnection } from './connection.js';
import { ObjectStore, type StoreChange } from './object-store.js';
import { keepMetadata, keepWhole, Reflector, type ReflectorActivity, type ReflectorOptions } from './reflector.js';
import { resources } from './resources.js';
import {
  connectTo,
  recordingLogger,
  startServer,
  statusObject,
  until,
  type LogLine,
  type SeenRequest,
  type TestServer,
} from './testing.js';

function configMap(name: string, resourceVersion: number, uid = `uid-${name}`): ConfigMap {
  const metadata = { namespace: 'test', name, uid, resourceVersion: String(resourceVersion) };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
}

interface Page {
  readonly status?: number;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body: unknown;
}

function page(resourceVersion: number, items: readonly unknown[], more?: string): Page {
  const metadata = { resourceVersion: String(resourceVersion), ...(more === undefined ? {} : { continue: more }) };
  return { body: { kind: 'ConfigMapList', apiVersion: 'v1', metadata, items } };
}

/** One request that the reflector is expected to send next, and what it gets. */
type Step =
  | { readonly expect: 'list'; readonly token?: string; readonly answer: Page | 'hang' }
  | { readonly expect: 'watch'; readonly from: number; readonly answer: (response: http.ServerResponse) => void };

function list(answer: Page | 'hang', token?: string): Step {
  return { expect: 'list', answer, ...(token === undefined ? {} : { token }) };
}

/** A watch that gets some frames, and then what `end` does. */
function watch(
  from: number,
  frames: readonly unknown[],
  end: (response: http.ServerResponse) => void = stayOpen,
): Step {
  return {
    expect: 'watch',
    from,
    answer: (response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.flushHeaders();
      const text = frames.map((frame) => `${JSON.stringify(frame)}\n`).join('');
      if (text === '') end(response);
      else response.write(text, () => end(response));
    },
  };
}

function refusedWatch(from: number, status: number, reason: string, headers: http.OutgoingHttpHeaders = {}): Step {
  return {
    expect: 'watch',
    from,
    answer: (response) => {
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      response.end(JSON.stringify(statusObject(status, reason)));
    },
  };
}

function stayOpen(): void {
  // The connection stays as it is, without a word.
}

function close(response: http.ServerResponse): void {
  response.end();
}

function reset(response: http.ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/** Writes what is no whole line and closes. */
function closeAfter(text: string): (response: http.ServerResponse) => void {
  return (response) => response.end(text);
}

const added = (object: KubeObject) => ({ type: 'ADDED', object });
const modified = (object: KubeObject) => ({ type: 'MODIFIED', object });
const deleted = (object: KubeObject) => ({ type: 'DELETED', object });
const bookmark = (version: number) => ({
  type: 'BOOKMARK',
  object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: String(version) } },
});
const errorFrame = (code: number, reason: string) => ({ type: 'ERROR', object: statusObject(code, reason) });

let clock: FakeClock;
let server: TestServer;
let connection: ApiConnection;
let stop: AbortController;
let running: Promise<void>;
let store: ObjectStore<ConfigMap>;
let changes: StoreChange<ConfigMap>[];
let activities: ReflectorActivity[];
let lines: LogLine[];
let seenAtMs: number[];
let unexpected: string[];
let reflector: Reflector<ConfigMap, ConfigMap>;
let remaining: Step[];

beforeEach(() => {
  clock = new FakeClock();
  stop = new AbortController();
  lines = [];
  changes = [];
  activities = [];
  seenAtMs = [];
  unexpected = [];
  store = new ObjectStore(recordingLogger(lines));
  store.subscribe((change) => changes.push(change));
});

afterEach(async () => {
  stop.abort();
  await running;
  connection.close();
  await server.close();
});

function answer(response: http.ServerResponse, request: SeenRequest): void {
  seenAtMs.push(clock.monotonicMs());
  const step = remaining.shift();
  const got = nameOfRequest(request);
  if (step === undefined || got !== nameOfStep(step)) {
    unexpected.push(`${got} instead of ${step === undefined ? 'nothing' : nameOfStep(step)}`);
  } else if (step.expect === 'watch') {
    step.answer(response);
  } else if (step.answer !== 'hang') {
    const { status = 200, headers, body } = step.answer;
    response.writeHead(status, headers);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }
}

function nameOfRequest({ query }: SeenRequest): string {
  if (query.get('watch') === 'true') return `watch ${query.get('resourceVersion')}`;
  return `list ${query.get('continue') ?? ''}`;
}

function nameOfStep(step: Step): string {
  return step.expect === 'watch' ? `watch ${step.from}` : `list ${step.token ?? ''}`;
}

/** Runs a reflector against the steps until all were taken. */
async function play(
  steps: readonly Step[],
  options: Partial<ReflectorOptions<ConfigMap, ConfigMap>> & { readonly requestTimeoutMs?: number } = {},
): Promise<void> {
  remaining = [...steps];
  server = await startServer(answer);
  connection = connectTo(server.url, clock, { requestTimeoutMs: options.requestTimeoutMs ?? 30_000 });
  reflector = createReflector(options);
  running = reflector.run(stop.signal);
  await until(() => remaining.length === 0 || unexpected.length > 0, clock);
  expect(unexpected).toEqual([]);
}

function createReflector(options: Partial<ReflectorOptions<ConfigMap, ConfigMap>>): Reflector<ConfigMap, ConfigMap> {
  const random = () => 0;
  return new Reflector({
    client: createKubeClient({ connection, clock, random, rateLimit: { qps: 1_000, burst: 1_000 } }),
    kind: resources.configMaps,
    transform: keepWhole,
    store,
    clock,
    random,
    log: recordingLogger(lines),
    onActivity: (activity) => activities.push(activity),
    ...options,
  });
}

/** "name@resourceVersion" of everything stored. */
function content(): readonly string[] {
  return store.list().map(nameAtVersion).sort();
}

function nameAtVersion({ metadata }: KubeObject): string {
  return `${metadata.name}@${metadata.resourceVersion}`;
}

async function expectContent(...expected: readonly string[]): Promise<void> {
  await until(() => content().join() === expected.join(), clock);
  expect(content()).toEqual(expected);
}

const [a1, a2, b3, b4, c5] = [
  configMap('a', 1),
  configMap('a', 2),
  configMap('b', 3),
  configMap('b', 4),
  configMap('c', 5),
] as const;

describe('Reflector', () => {
  it('lists, then watches from the version of the list', async () => {
    await play([list(page(10, [a1, b3])), watch(10, [added(configMap('c', 11)), deleted(configMap('b', 12))])]);
    await expectContent('a@1', 'c@11');
    expect(reflector.hasSynced()).toBe(true);
  });

  it('reads a long list in pages', async () => {
    await play([
      list(page(10, [a1], 'p2')),
      list(page(10, [b3], 'p3'), 'p2'),
      list(page(10, [c5]), 'p3'),
      watch(10, []),
    ]);
    await expectContent('a@1', 'b@3', 'c@5');
    expect(server.requests.map((request) => request.query.get('limit'))).toEqual(['500', '500', '500', null]);
  });

  it('asks for bookmarks and for an end after 5 to 10 minutes', async () => {
    await play([list(page(10, [])), watch(10, [])]);
    const query = server.requests[1]?.query;
    expect(query?.get('allowWatchBookmarks')).toBe('true');
    expect(query?.get('timeoutSeconds')).toBe('300');
  });

  it('is not synced before the first list is complete', async () => {
    await play([list({ status: 500, body: '' }), list(page(10, [], 'p2')), list('hang', 'p2')]);
    expect(reflector.hasSynced()).toBe(false);
  });

  it('opens the next watch at once when the server ends one in due time', async () => {
    await play([list(page(10, [a1])), watch(10, [modified(a2), bookmark(20)], close), watch(20, [])]);
    expect(seenAtMs[2]! - seenAtMs[1]!).toBeLessThanOrEqual(100);
    expect(lines.filter(({ level }) => level !== 'debug')).toEqual([]);
  });
});

describe('Reflector conformance: after each fault the store is complete again', () => {
  const start = list(page(10, [a1, b3]));
  const relisted = list(page(30, [a2, c5]));

  it.each<readonly [fault: string, steps: readonly Step[], content: readonly string[]]>([
    ['410 as HTTP status', [start, refusedWatch(10, 410, 'Expired'), relisted, watch(30, [])], ['a@2', 'c@5']],
    ['410 as ERROR frame', [start, watch(10, [errorFrame(410, 'Expired')]), relisted, watch(30, [])], ['a@2', 'c@5']],
    [
      '410 after other frames',
      [start, watch(10, [bookmark(20), errorFrame(410, 'Gone')]), relisted, watch(30, [])],
      ['a@2', 'c@5'],
    ],
    [
      'another ERROR frame',
      [start, watch(10, [errorFrame(500, 'InternalError')]), watch(10, [added(c5)])],
      ['a@1', 'b@3', 'c@5'],
    ],
    [
      'an ERROR frame without a Status',
      [start, watch(10, [{ type: 'ERROR' }]), watch(10, [added(c5)])],
      ['a@1', 'b@3', 'c@5'],
    ],
    [
      'TCP reset in the watch',
      [start, watch(10, [modified(configMap('b', 14))], reset), watch(14, [])],
      ['a@1', 'b@14'],
    ],
    [
      'TCP reset before the head',
      [start, { expect: 'watch', from: 10, answer: reset }, watch(10, [added(c5)])],
      ['a@1', 'b@3', 'c@5'],
    ],
    [
      '503 on the watch',
      [start, refusedWatch(10, 503, 'ServiceUnavailable'), watch(10, [added(c5)])],
      ['a@1', 'b@3', 'c@5'],
    ],
    ['403 on the watch', [start, refusedWatch(10, 403, 'Forbidden'), watch(10, [added(c5)])], ['a@1', 'b@3', 'c@5']],
    [
      '500 on the list',
      [list({ status: 500, body: statusObject(500, 'InternalError') }), start, watch(10, [])],
      ['a@1', 'b@3'],
    ],
    ['HTML from a proxy as list', [list({ body: '<html>welcome</html>' }), start, watch(10, [])], ['a@1', 'b@3']],
    ['a list without version', [list({ body: { metadata: {}, items: [] } }), start, watch(10, [])], ['a@1', 'b@3']],
    [
      '410 between two pages',
      [
        list(page(10, [a1], 'p2')),
        list({ status: 410, body: statusObject(410, 'Expired') }, 'p2'),
        start,
        watch(10, []),
      ],
      ['a@1', 'b@3'],
    ],
    [
      'truncated line',
      [start, watch(10, [added(c5)], closeAfter('{"type":"ADDED","obj')), watch(10, [])],
      ['a@1', 'b@3', 'c@5'],
    ],
    [
      'a whole frame that lacks its newline',
      [start, watch(10, [], closeAfter(JSON.stringify(added(c5)))), watch(10, [added(c5)])],
      ['a@1', 'b@3', 'c@5'],
    ],
    ['garbage line', [start, watch(10, [], closeAfter('%&$\n')), watch(10, [added(c5)])], ['a@1', 'b@3', 'c@5']],
    ['a line that is no frame', [start, watch(10, [[], 1], stayOpen), watch(10, [added(c5)])], ['a@1', 'b@3', 'c@5']],
    [
      'an unknown frame type',
      [start, watch(10, [{ type: 'NEWS', object: a2 }]), watch(10, [added(c5)])],
      ['a@1', 'b@3', 'c@5'],
    ],
    [
      'a bookmark without version',
      [start, watch(10, [{ type: 'BOOKMARK', object: {} }]), watch(10, [added(c5)])],
      ['a@1', 'b@3', 'c@5'],
    ],
    ['a watch that ends at once', [start, watch(10, [], close), watch(10, [added(c5)])], ['a@1', 'b@3', 'c@5']],
    [
      'an older version of an object',
      [start, watch(10, [modified(configMap('b', 14)), modified(b4)])],
      ['a@1', 'b@14'],
    ],
    [
      'an older frame, then a reset',
      [start, watch(10, [bookmark(20), modified(b4)], reset), watch(20, [])],
      ['a@1', 'b@4'],
    ],
    [
      'a bookmark, then a reset',
      [start, watch(10, [bookmark(25)], reset), watch(25, [added(configMap('c', 26))])],
      ['a@1', 'b@3', 'c@26'],
    ],
    [
      'a late change of a deleted object',
      [start, watch(10, [deleted(configMap('b', 12)), modified(configMap('b', 11)), modified(configMap('b', 13))])],
      ['a@1'],
    ],
  ])('%s', async (_fault, steps, expected) => {
    await play(steps);
    await expectContent(...expected);
    // Nothing more is asked for once all is well.
    await clock.advance(10_000);
    expect(unexpected).toEqual([]);
  });

  it('an API server that is not there at first', async () => {
    const closed = await startServer(() => undefined);
    await closed.close();
    remaining = [start, watch(10, [])];
    connection = connectTo(closed.url, clock);
    reflector = createReflector({});
    running = reflector.run(stop.signal);
    await until(() => lines.filter(({ message }) => message.includes('failed')).length >= 4, clock);
    server = await startServer(answer, Number(new URL(closed.url).port));
    await expectContent('a@1', 'b@3');
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    await until(() => lines.some(({ message }) => message === 'watch or list failed again'), clock);
  });

  it('a silent half-open connection is found by the idle limit', async () => {
    await play([start, watch(10, [bookmark(20)]), watch(20, [added(configMap('c', 21))])], { idleLimitMs: 2_000 });
    await expectContent('a@1', 'b@3', 'c@21');
    expect(seenAtMs[2]! - seenAtMs[1]!).toBeGreaterThanOrEqual(2_000);
  });

  it('a watch that goes on long after its timeout is replaced', async () => {
    const beat = (response: http.ServerResponse): void => {
      const next = (): void => {
        if (response.destroyed) return;
        response.write(`${JSON.stringify(bookmark(20))}\n`);
        clock.schedule(60_000, next);
      };
      next();
    };
    await play([start, watch(10, [], beat)]);
    remaining = [watch(20, [])];
    for (let halfMinutes = 0; halfMinutes < 11; halfMinutes += 1) {
      await clock.advance(30_000);
      await systemClock.sleep(5);
    }
    await until(() => remaining.length === 0, clock);
    expect(seenAtMs[2]! - seenAtMs[1]!).toBeGreaterThanOrEqual(330_000);
  });

  it('a list that never answers is asked for again', async () => {
    await play([list('hang'), start, watch(10, [])], { requestTimeoutMs: 1_000 });
    await expectContent('a@1', 'b@3');
  });

  it('429 with Retry-After is waited out', async () => {
    const busy = list({ status: 429, headers: { 'Retry-After': '7' }, body: statusObject(429, 'TooManyRequests') });
    await play([busy, start, watch(10, [])]);
    expect(seenAtMs[1]! - seenAtMs[0]!).toBeGreaterThanOrEqual(7_000);
  });

  it('429 with a very long Retry-After is asked again within half a minute', async () => {
    await play([start, refusedWatch(10, 429, 'TooManyRequests', { 'Retry-After': '86400' })]);
    remaining = [watch(10, [])];
    await clock.advance(31_000);
    await until(() => remaining.length === 0);
    expect(unexpected).toEqual([]);
  });

  it('delete and recreate under one name in a watch is two objects', async () => {
    await play([start, watch(10, [deleted(configMap('b', 12)), added(configMap('b', 13, 'second'))])]);
    await expectContent('a@1', 'b@13');
    expect(changes.slice(2).map(({ type, object }) => `${type} ${object.metadata.uid}`)).toEqual([
      'deleted uid-b',
      'added second',
    ]);
  });

  it('D49: delete and recreate under one name while disconnected is two objects', async () => {
    const recreated = list(page(30, [a1, configMap('b', 25, 'second')]));
    await play([start, refusedWatch(10, 410, 'Expired'), recreated, watch(30, [])]);
    await expectContent('a@1', 'b@25');
    expect(changes.slice(2).map(({ type, object }) => `${type} ${object.metadata.uid}`)).toEqual([
      'deleted uid-b',
      'added second',
    ]);
  });

  it('a list again tells only what changed', async () => {
    await play([start, refusedWatch(10, 410, 'Expired'), list(page(30, [a1, c5])), watch(30, [])]);
    await expectContent('a@1', 'c@5');
    expect(changes.slice(2).map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      'deleted b',
      'added c',
    ]);
  });

  it('several failing watches in a row lead to a list, for the version may be one that the server does not know', async () => {
    const failing = watch(10, [errorFrame(500, 'InternalError')]);
    await play([start, failing, failing, failing, relisted, watch(30, [])]);
    await expectContent('a@2', 'c@5');
  });

  it('a server restored from a backup is believed, although its versions are older', async () => {
    const restored = list(page(4, [a1, b4]));
    await play([start, watch(10, [], reset), watch(10, []), restored, watch(4, [])], { idleLimitMs: 1_500 });
    await expectContent('a@1', 'b@4');
    expect(lines.map(({ message }) => message)).toContain(
      'the API server was restored to an earlier state, believing its list',
    );
  });

  it('a quiet collection is watched anew without a list and without a word, however long it is quiet', async () => {
    const silent = watch(10, []);
    await play([start, silent, silent, silent, silent, silent], { idleLimitMs: 1_500 });
    expect(lines).toEqual([]);
  });

  it('tells once that the watch is lost, and once that it is back', async () => {
    const failing = refusedWatch(10, 503, 'ServiceUnavailable');
    await play([start, failing, failing, watch(10, [])]);
    await until(() => lines.some(({ level }) => level === 'info'), clock);
    expect(lines.filter(({ level }) => level !== 'debug')).toMatchObject([
      { level: 'warn', message: 'watch or list failed, trying again until it succeeds' },
      { level: 'info', message: 'watch is back' },
    ]);
  });

  it('waits longer from failure to failure, up to five seconds', async () => {
    const failing = list({ status: 500, body: '' });
    await play([...Array.from({ length: 8 }, () => failing), start, watch(10, [])]);
    const waits = seenAtMs.slice(1, 9).map((atMs, index) => atMs - seenAtMs[index]!);
    expect(waits[0]).toBeLessThan(1_000);
    expect(waits[7]).toBeGreaterThanOrEqual(5_000);
    expect(waits[7]).toBeLessThan(6_000);
  });
});

describe('Reflector beside the watch', () => {
  it('takes in the result of a write at once, and the same from the watch without a second notice', async () => {
    await play([list(page(10, [a1])), watch(10, [bookmark(11)])]);
    await expectContent('a@1');
    const written = configMap('a', 12);
    expect(reflector.put(written)).toBe(true);
    expect(content()).toEqual(['a@12']);
    expect(reflector.put(written)).toBe(false);
    expect(reflector.put(a2)).toBe(false);
    expect(changes.map(({ type }) => type)).toEqual(['added', 'updated']);
  });

  it('asks for metadata alone and names the kind in it', async () => {
    const partial = { metadata: { ...a1.metadata, managedFields: [{ manager: 'kubectl' }] } };
    await play([list(page(10, [partial])), watch(10, [])], { metadataOnly: true, transform: keepMetadata });
    await expectContent('a@1');
    expect(store.list()).toEqual([a1]);
    expect(server.requests.map(({ headers }) => headers.accept)).toEqual([
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    ]);
    reflector.put({ ...a2, data: { key: 'value' } });
    expect(store.list()).toEqual([a2]);
  });

  it('watches one namespace when told to', async () => {
    await play([list(page(10, [])), watch(10, [])], { namespace: 'test' });
    expect(server.requests.map(({ path }) => path)).toEqual(Array(2).fill('/api/v1/namespaces/test/configmaps'));
  });

  it('goes on without an object that the transform cannot read', async () => {
    const transform = (object: ConfigMap): ConfigMap => {
      if (object.metadata.name === 'b') throw new Error('odd');
      return object;
    };
    await play([list(page(10, [a1, b3])), watch(10, [modified(b4), added(c5)])], { transform });
    await expectContent('a@1', 'c@5');
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(2);
  });

  it('reports what it did', async () => {
    await play([list(page(10, [a1])), watch(10, [bookmark(20)], reset), watch(20, [])]);
    expect(activities.map(({ kind }) => kind)).toEqual(['listed', 'frame', 'watchEnded']);
  });

  it.each<readonly [when: string, steps: readonly Step[]]>([
    ['in a watch', [list(page(10, [])), watch(10, [])]],
    ['in a list', [list('hang')]],
    ['in a pause', [list({ status: 500, body: '' })]],
  ])('ends when it is told to: %s', async (_when, steps) => {
    await play(steps);
    await systemClock.sleep(10);
    stop.abort();
    await running;
    await clock.advance(60_000);
    expect(unexpected).toEqual([]);
  });
});
