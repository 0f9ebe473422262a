// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { answerJson, startServer, statusObject, type Responder, type TestServer } from '../kube/testing.js';
import { systemClock } from '../lib/clock.js';
import type { GateStore } from './gate.js';
import { findGatePlace } from './gate-place.js';
import { type LogLine, recordingLogger } from './testing.js';

const directory = mkdtempSync(join(tmpdir(), 'gate-place-'));
afterAll(() => rmSync(directory, { recursive: true }));

let server: TestServer | undefined;
afterEach(() => server?.close());

const gate = { kind: 'gate', name: 'podinfo', namespace: 'test', openedAt: '' } as const;
const inMemory = 'Gates are kept in memory and close when the load tester restarts';

async function kubeconfig(respond: Responder): Promise<string> {
  server = await startServer(respond);
  const path = join(directory, 'kubeconfig');
  const config = {
    'current-context': 'a',
    clusters: [{ name: 'a', cluster: { server: server.url } }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    users: [{ name: 'a', user: { token: 'abc' } }],
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

interface Situation {
  readonly kubeconfig?: string;
  readonly namespace?: string;
  readonly gateConfigMap?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

async function place(situation: Situation): Promise<{ readonly store: GateStore; readonly lines: readonly LogLine[] }> {
  const { environment = {}, kubeconfig, namespace, gateConfigMap } = situation;
  const lines: LogLine[] = [];
  const store = await findGatePlace({
    settings: { gateConfigMap, namespace, kubeconfig },
    environment,
    clock: systemClock,
    random: () => 0,
    log: recordingLogger(lines),
  });
  return { store, lines };
}

describe('findGatePlace', () => {
  it.each([
    { situation: {}, reason: '-gate-configmap is empty' },
    { situation: { gateConfigMap: 'gates' }, reason: 'not running in a cluster' },
    {
      situation: { gateConfigMap: 'gates', environment: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } },
      reason: 'the namespace is not known: set -namespace',
    },
    {
      situation: { gateConfigMap: 'gates', namespace: 'test', kubeconfig: '/none' },
      reason: expect.stringContaining('Cannot read kubeconfig /none') as unknown,
    },
  ])('is the memory, and says why: $situation', async ({ situation, reason }) => {
    const { store, lines } = await place(situation);
    expect(lines).toEqual([{ level: 'warn', message: inMemory, fields: { reason } }]);
    await store.open(gate);
    expect(await store.list()).toEqual([gate]);
  });

  it('is the memory without the permission to read the ConfigMap', async () => {
    const path = await kubeconfig(answerJson(403, statusObject(403, 'Forbidden', 'may not get configmaps')));
    const { lines } = await place({ gateConfigMap: 'gates', namespace: 'test', kubeconfig: path });
    expect(lines).toEqual([{ level: 'warn', message: inMemory, fields: { reason: 'may not get configmaps' } }]);
  });

  it('is the ConfigMap of the namespace', async () => {
    const data = { 'gate.test.podinfo': '' };
    const path = await kubeconfig(
      answerJson(200, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'test', name: 'gates' }, data }),
    );
    const { store, lines } = await place({ gateConfigMap: 'gates', namespace: 'test', kubeconfig: path });
    expect(lines).toMatchObject([{ level: 'info', fields: { configMap: 'test/gates' } }]);
    expect(await store.find(gate)).toEqual(gate);
    expect(server?.requests.at(-1)?.path).toBe('/api/v1/namespaces/test/configmaps/gates');
  });

  it('is the ConfigMap even when the API server fails at the start', async () => {
    const path = await kubeconfig(answerJson(500, statusObject(500, 'InternalError')));
    const { store, lines } = await place({ gateConfigMap: 'gates', namespace: 'test', kubeconfig: path });
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'info']);
    await expect(store.find(gate)).rejects.toMatchObject({ code: 'API_SERVER_ERROR' });
  });
});
