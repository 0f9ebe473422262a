// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createKubeClient } from '../kube/index.js';
import { answerJson, connectTo, startServer, statusObject, type TestServer } from '../kube/testing.js';
import { systemClock } from '../lib/clock.js';
import { createConfigMapGates } from './config-map-gates.js';
import { decodeGateKey, encodeGateKey, GateRefused, type GateKey, type GateStore } from './gate.js';

const place = { namespace: 'test', name: 'flagger-loadtester-gates' };
const collection = '/api/v1/namespaces/test/configmaps';
const podinfo: GateKey = { kind: 'gate', name: 'podinfo', namespace: 'test' };
const opened = { ...podinfo, openedAt: '2026-01-02T03:04:05.000Z' };

let server: TestServer | undefined;
afterEach(() => server?.close());

/** An API server that knows one ConfigMap. */
async function cluster(initial?: Readonly<Record<string, string>>) {
  let data = initial === undefined ? undefined : new Map(Object.entries(initial));
  const object = () => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: place, data: Object.fromEntries(data ?? []) });
  server = await startServer((response, request) => {
    const { method, path, body } = request;
    if (method === 'POST' && path === collection) {
      data = new Map(Object.entries((JSON.parse(body) as { data: Record<string, string> }).data)); // our own request
    } else if (path !== `${collection}/${place.name}` || data === undefined) {
      answerJson(404, statusObject(404, 'NotFound'))(response, request);
      return;
    } else if (method === 'PATCH') {
      const changes = (JSON.parse(body) as { data: Record<string, string | null> }).data; // our own request
      for (const [key, value] of Object.entries(changes)) {
        if (value === null) data.delete(key);
        else data.set(key, value);
      }
    }
    answerJson(200, object())(response, request);
  });
  const store = (): GateStore => {
    const connection = connectTo(server?.url ?? '', systemClock);
    const rateLimit = { qps: 100, burst: 100 };
    return createConfigMapGates(
      createKubeClient({ connection, clock: systemClock, random: () => 0, rateLimit }),
      place,
    );
  };
  return { store, data: () => (data === undefined ? undefined : Object.fromEntries(data)) };
}

describe('createConfigMapGates', () => {
  it('creates the ConfigMap for the first open gate', async () => {
    const { store, data } = await cluster();
    expect(await store().find(podinfo)).toBeUndefined();
    await store().open(opened);
    expect(data()).toEqual({ 'gate.test.podinfo': '{"openedAt":"2026-01-02T03:04:05.000Z"}' });
  });

  it('keeps open gates over a restart, and other entries as they are', async () => {
    const { store, data } = await cluster({ note: 'by hand' });
    await store().open(opened);
    expect(await store().find(podinfo)).toEqual(opened);
    expect(await store().find({ ...podinfo, kind: 'rollback' })).toBeUndefined();
    expect(await store().list()).toEqual([opened]);
    await store().close(podinfo);
    expect(data()).toEqual({ note: 'by hand' });
  });

  it('closes a gate without a ConfigMap', async () => {
    const { store, data } = await cluster();
    await store().close(podinfo);
    expect(data()).toBeUndefined();
  });

  it('keeps the revision that an approval was used for', async () => {
    const { store } = await cluster({});
    await store().open({ ...opened, checksum: 'abc' });
    expect(await store().find(podinfo)).toEqual({ ...opened, checksum: 'abc' });
  });

  it.each(['', 'open', '{"openedAt":7}', '[]'])('counts an entry with the text %j as open', async (text) => {
    const { store } = await cluster({ 'gate.test.podinfo': text });
    expect(await store().find(podinfo)).toEqual({ ...podinfo, openedAt: '' });
  });
});

describe('encodeGateKey', () => {
  it.each([
    { key: podinfo, encoded: 'gate.test.podinfo' },
    { key: { kind: 'rollback', namespace: 'test', name: 'a.b' }, encoded: 'rollback.test.a.b' },
    { key: { kind: 'gate', namespace: '', name: '' }, encoded: 'gate..' },
    { key: { kind: 'gate', namespace: 'a.b', name: 'C d_é' }, encoded: 'gate.a_2eb._43_20d_5f_c3_a9' },
  ] as const)('writes $encoded', ({ key, encoded }) => {
    expect(encodeGateKey(key)).toBe(encoded);
  });

  it('is read back, and fit for the key of a ConfigMap', () => {
    // A character takes up to twelve letters of a key, and a key has 253.
    const name = fc.string({ unit: 'binary', maxLength: 9 });
    fc.assert(
      fc.property(fc.constantFrom('gate', 'rollback'), name, name, (kind, namespace, text) => {
        const encoded = encodeGateKey({ kind, namespace, name: text });
        expect(encoded).toMatch(/^[-._a-z0-9]+$/);
        expect(decodeGateKey(encoded)).toEqual({ kind, namespace, name: text });
      }),
    );
  });

  it('is refused when it is too long for one', () => {
    const longest = 253 - 'gate.test.'.length;
    expect(encodeGateKey({ ...podinfo, name: 'a'.repeat(longest) })).toHaveLength(253);
    expect(() => encodeGateKey({ ...podinfo, name: 'a'.repeat(longest + 1) })).toThrow(GateRefused);
  });

  it.each(['', 'note', 'gate', 'gate.test', 'other.test.podinfo'])('%j is no gate', (key) => {
    expect(decodeGateKey(key)).toBeUndefined();
  });
});
