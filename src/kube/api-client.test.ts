// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import type { ConfigMap, Deployment } from '../api/kubernetes.js';
import { systemClock } from '../lib/clock.js';
import { FakeClock } from '../lib/fake-clock.js';
import { createKubeClient, type KubeClientOptions, type RequestRecord } from './api-client.js';
import type { ApiConnection } from './connection.js';
import {
  ApiError,
  isAlreadyExists,
  isConflict,
  isExpired,
  isForbidden,
  isInvalid,
  isNotFound,
  isTooMany,
  isUnreachable,
} from './errors.js';
import type { KubeClient } from './kube-client.js';
import { resources } from './resources.js';
import { answerJson, connectTo, startServer, statusObject, until, type Responder, type TestServer } from './testing.js';

const key = { namespace: 'test', name: 'podinfo' };
const configMap: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { ...key, uid: 'u1', resourceVersion: '7' },
  data: { a: '1' },
};

let clock: FakeClock;
let server: TestServer;
let connection: ApiConnection;
let answers: Responder[];
let records: RequestRecord[];

const reset: Responder = (response) => response.socket?.resetAndDestroy();
const silence: Responder = () => undefined;

beforeEach(async () => {
  clock = new FakeClock();
  answers = [];
  records = [];
  // The last answer stands for all that follow.
  server = await startServer((response, request) => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(response, request);
  });
});

afterEach(async () => {
  connection.close();
  await server.close();
});

function client(options: Partial<KubeClientOptions> = {}, requestTimeoutMs = 30_000): KubeClient {
  connection = connectTo(server.url, clock, { requestTimeoutMs, maxBodyBytes: 100_000 });
  return createKubeClient({
    connection,
    clock,
    random: () => 0,
    rateLimit: { qps: 100, burst: 250 },
    onRequest: (record) => records.push(record),
    ...options,
  });
}

/** Lets the fake clock run until the promise is settled. */
async function settled<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const watched = promise.finally(() => (isSettled = true));
  watched.catch(() => undefined);
  await until(() => isSettled, clock);
  return watched;
}

async function failureOf(promise: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await settled(promise.then(() => undefined)).catch((thrown: unknown) => thrown);
  if (!(error instanceof ApiError)) throw new Error(`no ApiError: ${String(error)}`);
  return error;
}

const codes = () => records.map(({ code }) => code);

describe('KubeClient requests', () => {
  const stored = answerJson(200, { ...configMap, metadata: { ...configMap.metadata, managedFields: [{}] } });
  const path = '/api/v1/namespaces/test/configmaps';

  it.each<readonly [name: string, call: (client: KubeClient) => Promise<unknown>, method: string, path: string]>([
    ['get', (c) => c.get(resources.configMaps, key), 'GET', `${path}/podinfo`],
    ['create', (c) => c.create(resources.configMaps, configMap), 'POST', `${path}?fieldManager=flagger`],
    ['replace', (c) => c.replace(resources.configMaps, configMap), 'PUT', `${path}/podinfo?fieldManager=flagger`],
    [
      'replaceStatus',
      (c) => c.replaceStatus(resources.configMaps, configMap),
      'PUT',
      `${path}/podinfo/status?fieldManager=flagger`,
    ],
    ['mergePatch', (c) => c.mergePatch(resources.configMaps, key, {}), 'PATCH', `${path}/podinfo?fieldManager=flagger`],
    ['jsonPatch', (c) => c.jsonPatch(resources.configMaps, key, []), 'PATCH', `${path}/podinfo?fieldManager=flagger`],
    ['delete', (c) => c.delete(resources.configMaps, key), 'DELETE', `${path}/podinfo`],
  ])('%s', async (name, call, method, expectedPath) => {
    answers = [stored];
    const result = await settled(call(client()));
    if (name !== 'delete') expect(result).toEqual(configMap);
    const [request] = server.requests;
    const query = request?.query.size === 0 ? '' : `?${request?.query.toString()}`;
    expect(`${request?.method} ${request?.path}${query}`).toBe(`${method} ${expectedPath}`);
    expect(request?.headers['user-agent']).toBe('flagger/1.2.3');
    expect(request?.headers.authorization).toBe('Bearer secret');
  });

  it('puts the precondition of a merge patch into its metadata', async () => {
    answers = [stored];
    const patch = { metadata: { annotations: { a: null } }, data: { b: '2' } };
    await client().mergePatch(resources.configMaps, key, patch, { resourceVersion: '7' });
    expect(server.requests[0]?.headers['content-type']).toBe('application/merge-patch+json');
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
      metadata: { annotations: { a: null }, resourceVersion: '7' },
      data: { b: '2' },
    });
  });

  it('puts the precondition of a JSON patch before its operations', async () => {
    answers = [stored];
    const remove = { op: 'remove', path: '/data/a' } as const;
    await client().jsonPatch(resources.configMaps, key, [remove], { resourceVersion: '7' });
    expect(server.requests[0]?.headers['content-type']).toBe('application/json-patch+json');
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual([
      { op: 'replace', path: '/metadata/resourceVersion', value: '7' },
      remove,
    ]);
  });

  it('deletes in the background, with preconditions', async () => {
    answers = [answerJson(200, {})];
    await client().delete(resources.configMaps, key, { uid: 'u1', resourceVersion: '7' });
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({
      propagationPolicy: 'Background',
      preconditions: { uid: 'u1', resourceVersion: '7' },
    });
  });

  it('is content when the object to delete is gone, and says undefined when there is none to get', async () => {
    answers = [answerJson(404, statusObject(404, 'NotFound'))];
    await expect(client().delete(resources.configMaps, key)).resolves.toBeUndefined();
    await expect(client().get(resources.configMaps, key)).resolves.toBeUndefined();
  });

  it('R3: refuses a PUT that would overwrite blindly', async () => {
    const object = { ...configMap, metadata: key };
    await expect(client().replace(resources.configMaps, object)).rejects.toMatchObject({
      code: 'MISSING_PRECONDITION',
    });
    expect(server.requests).toEqual([]);
  });

  it('reads lists in pages, names the kind of the items, and starts again when a token expires', async () => {
    const item = (name: string) => ({ metadata: { namespace: 'test', name } });
    const first = answerJson(200, { metadata: { resourceVersion: '9', continue: 'p2' }, items: [item('a')] });
    const second = answerJson(200, { metadata: { resourceVersion: '9' }, items: [item('b')] });
    answers = [first, answerJson(410, statusObject(410, 'Expired')), first, second];
    const listed = await settled(client().list(resources.deployments, undefined, { labelSelector: 'app=x' }));
    expect(listed.map(({ kind, metadata }: Deployment) => `${kind} ${metadata.name}`)).toEqual([
      'Deployment a',
      'Deployment b',
    ]);
    expect(server.requests.map(({ path: seen, query }) => `${seen} ${query.get('continue')}`)).toEqual([
      '/apis/apps/v1/deployments null',
      '/apis/apps/v1/deployments p2',
      '/apis/apps/v1/deployments null',
      '/apis/apps/v1/deployments p2',
    ]);
    expect(server.requests[0]?.query.get('labelSelector')).toBe('app=x');
  });

  it('tells the version of the API server', async () => {
    answers = [answerJson(200, { major: '1', minor: '35', gitVersion: 'v1.35.4' })];
    await expect(client().serverVersion()).resolves.toBe('v1.35.4');
  });

  it('understands compressed answers', async () => {
    answers = [
      (response) => {
        response.writeHead(200, { 'Content-Encoding': 'gzip' });
        response.end(gzipSync(JSON.stringify(configMap)));
      },
    ];
    await expect(client().get(resources.configMaps, key)).resolves.toEqual(configMap);
  });

  it('reports every request for metrics', async () => {
    answers = [answerJson(503, {}), answerJson(200, configMap)];
    await settled(client().get(resources.configMaps, key));
    expect(records).toMatchObject([
      { verb: 'get', resource: 'configmaps', code: 503 },
      { verb: 'get', resource: 'configmaps', code: 200 },
    ]);
  });

  it('keeps to its rate', async () => {
    answers = [answerJson(200, configMap)];
    const slow = client({ rateLimit: { qps: 2, burst: 3 } });
    await settled(Promise.all(Array.from({ length: 7 }, () => slow.get(resources.configMaps, key))));
    // Three at once, and four more at half a second each.
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(2_000);
    expect(clock.monotonicMs()).toBeLessThan(2_500);
  });
});

describe('KubeClient errors', () => {
  interface Case {
    readonly status: number;
    readonly reason: string;
    readonly code: string;
    readonly is?: (error: unknown) => boolean;
  }

  it.each<Case>([
    { status: 400, reason: 'BadRequest', code: 'API_INVALID', is: isInvalid },
    { status: 401, reason: 'Unauthorized', code: 'API_FORBIDDEN', is: isForbidden },
    { status: 403, reason: 'Forbidden', code: 'API_FORBIDDEN', is: isForbidden },
    { status: 404, reason: 'NotFound', code: 'API_NOT_FOUND', is: isNotFound },
    { status: 409, reason: 'Conflict', code: 'API_CONFLICT', is: isConflict },
    { status: 409, reason: 'AlreadyExists', code: 'API_ALREADY_EXISTS', is: isAlreadyExists },
    { status: 410, reason: 'Expired', code: 'API_EXPIRED', is: isExpired },
    { status: 415, reason: 'UnsupportedMediaType', code: 'API_REJECTED' },
    { status: 422, reason: 'Invalid', code: 'API_INVALID', is: isInvalid },
    { status: 429, reason: 'TooManyRequests', code: 'API_TOO_MANY_REQUESTS', is: isTooMany },
    { status: 500, reason: 'InternalError', code: 'API_SERVER_ERROR' },
  ])('$status $reason is $code', async ({ status, reason, code, is }) => {
    const message = 'deployments.apps "podinfo" not found';
    answers = [answerJson(status, statusObject(status, reason, message))];
    const error = await failureOf(client().create(resources.configMaps, configMap, { attempts: 1 }));
    expect(error).toMatchObject({ code, status, reason, message });
    expect(error.retry).toBe(code === 'API_CONFLICT' ? 'requeue' : 'backoff');
    if (is !== undefined) expect(is(error)).toBe(true);
  });

  it('says what a proxy answered instead of the apiserver', async () => {
    answers = [(response) => response.writeHead(502).end('<html>\n bad gateway </html>')];
    const error = await failureOf(client().get(resources.configMaps, key, { attempts: 1 }));
    expect(error.message).toBe('GET /api/v1/namespaces/test/configmaps/podinfo: HTTP 502 <html> bad gateway </html>');
  });

  it.each<readonly [name: string, answer: Responder]>([
    ['HTML', (response) => response.end('<html>')],
    ['a list', answerJson(200, [])],
    ['an object without a name', answerJson(200, { metadata: {} })],
    ['more than the limit', answerJson(200, { ...configMap, data: { a: 'x'.repeat(200_000) } })],
  ])('does not take %s for an object', async (_name, answer) => {
    answers = [answer];
    expect(await failureOf(client().get(resources.configMaps, key))).toMatchObject({ code: 'API_BAD_ANSWER' });
  });

  it('takes a failed test of a JSON patch for a conflict, and an object that it made invalid for invalid', async () => {
    const test = [{ op: 'test', path: '/data/a', value: '1' }] as const;
    answers = [answerJson(422, { ...asRecord(statusObject(422, 'Invalid')), details: {} })];
    expect(isConflict(await failureOf(client().jsonPatch(resources.configMaps, key, test)))).toBe(true);
    answers = [answerJson(422, { ...asRecord(statusObject(422, 'Invalid')), details: { name: 'podinfo' } })];
    expect(isInvalid(await failureOf(client().jsonPatch(resources.configMaps, key, test)))).toBe(true);
  });
});

function asRecord(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

describe('KubeClient retries', () => {
  const good = answerJson(200, configMap);

  it.each<readonly [fault: string, answer: Responder, code: number]>([
    ['500', answerJson(500, statusObject(500, 'InternalError')), 500],
    ['503 without a Status', (response) => response.writeHead(503).end(), 503],
    ['a reset connection', reset, 0],
    ['silence', silence, 0],
    [
      'an answer that breaks off',
      (response) => response.writeHead(200, { 'Content-Length': 99 }).write('{', () => response.destroy()),
      0,
    ],
  ])('sends a write again after %s', async (_fault, answer, code) => {
    answers = [answer, answer, good];
    await settled(client({}, 1_000).replace(resources.configMaps, configMap));
    expect(codes()).toEqual([code, code, 200]);
  });

  it.each([400, 401, 403, 404, 409, 410, 422])('never repeats a write after %d', async (status) => {
    answers = [answerJson(status, statusObject(status, 'Whatever'))];
    await failureOf(client().replace(resources.configMaps, configMap));
    expect(codes()).toEqual([status]);
  });

  it('waits as long as 429 asks for', async () => {
    answers = [answerJson(429, statusObject(429, 'TooManyRequests'), { 'Retry-After': '3' }), good];
    await settled(client().get(resources.configMaps, key));
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(3_000);
  });

  it('reads the wait from the Status, too', async () => {
    answers = [
      answerJson(500, { ...asRecord(statusObject(500, 'ServerTimeout')), details: { retryAfterSeconds: 2 } }),
      good,
    ];
    await settled(client().get(resources.configMaps, key));
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(2_000);
  });

  it('gives a very long wait to the caller', async () => {
    answers = [answerJson(429, statusObject(429, 'TooManyRequests'), { 'Retry-After': '600' })];
    const error = await failureOf(client().get(resources.configMaps, key));
    expect(error.retryAfterMs).toBe(600_000);
    expect(codes()).toEqual([429]);
  });

  it('gives up after four requests, or as many as the caller says', async () => {
    answers = [answerJson(503, {})];
    await failureOf(client().get(resources.configMaps, key));
    expect(codes()).toHaveLength(4);
    await failureOf(client().get(resources.configMaps, key, { attempts: 2 }));
    expect(codes()).toHaveLength(6);
  });

  it('says that nothing listens', async () => {
    const there = client();
    await server.close();
    const error = await failureOf(there.get(resources.configMaps, key));
    expect(isUnreachable(error)).toBe(true);
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('ends with the reason of the signal, in the request and in the pause', async () => {
    for (const answer of [silence, answerJson(503, {})]) {
      answers = [answer];
      const stop = new AbortController();
      const sent = server.requests.length;
      const failed = client().create(resources.configMaps, configMap, { signal: stop.signal });
      failed.catch(() => undefined);
      await until(() => server.requests.length > sent);
      await systemClock.sleep(10);
      stop.abort(new Error('shutting down'));
      await expect(failed).rejects.toThrow('shutting down');
    }
  });
});

describe('KubeClient write guard', () => {
  it('sends no write while it may not, and reads as ever', async () => {
    answers = [answerJson(200, configMap)];
    const standby = client({ mayWrite: () => false });
    await expect(standby.create(resources.configMaps, configMap)).rejects.toMatchObject({ code: 'NOT_LEADING' });
    await expect(standby.delete(resources.configMaps, key)).rejects.toMatchObject({ code: 'NOT_LEADING' });
    await expect(standby.get(resources.configMaps, key)).resolves.toEqual(configMap);
    expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
  });

  it('asks again before each repetition', async () => {
    answers = [answerJson(503, {})];
    const leader = client({ mayWrite: () => server.requests.length === 0 });
    await expect(settled(leader.replace(resources.configMaps, configMap))).rejects.toMatchObject({
      code: 'NOT_LEADING',
    });
    expect(server.requests).toHaveLength(1);
  });
});
