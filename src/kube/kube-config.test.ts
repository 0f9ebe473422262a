// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { systemClock } from '../lib/clock.js';
import { ApiConnection } from './connection.js';
import { loadKubeConfig } from './kube-config.js';
import { answerJson, startServer, type TestServer } from './testing.js';

let folder: string;
let server: TestServer;

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubeconfig-'));
  server = await startServer(answerJson(200, {}));
});

afterEach(async () => {
  fs.rmSync(folder, { recursive: true });
  await server.close();
});

function write(user: object | undefined, url = server.url): string {
  const file = path.join(folder, 'config');
  const context = { cluster: 'c', ...(user === undefined ? {} : { user: 'u' }) };
  const config = {
    'current-context': 'x',
    contexts: [{ name: 'x', context }],
    clusters: [{ name: 'c', cluster: { server: url } }],
    users: user === undefined ? [] : [{ name: 'u', user }],
  };
  fs.writeFileSync(file, JSON.stringify(config));
  return file;
}

async function authorizationSent(kubeconfig: string, master?: string): Promise<string | undefined> {
  const kubeConfig = loadKubeConfig({ kubeconfig, master });
  const connection = new ApiConnection({ kubeConfig, userAgent: 'test', clock: systemClock });
  await connection.send({ method: 'GET', path: '/' });
  connection.close();
  return server.requests.at(-1)?.headers.authorization;
}

describe('loadKubeConfig', () => {
  it.each<readonly [name: string, user: () => object | undefined, sent: string | undefined]>([
    ['a token', () => ({ token: 'abc' }), 'Bearer abc'],
    ['name and password', () => ({ username: 'me', password: 'pw' }), `Basic ${btoa('me:pw')}`],
    ['nothing', () => ({}), undefined],
    ['no user at all', () => undefined, undefined],
    [
      'an exec plugin',
      () => {
        const credential = { kind: 'ExecCredential', status: { token: 'from-plugin' } };
        return { exec: { command: 'echo', args: [JSON.stringify(credential)] } };
      },
      'Bearer from-plugin',
    ],
    [
      'a token file, as a pod has it',
      () => {
        const tokenFile = path.join(folder, 'token');
        fs.writeFileSync(tokenFile, 'mounted\n');
        return { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } };
      },
      'Bearer mounted',
    ],
  ])('authenticates with %s', async (_name, user, sent) => {
    expect(await authorizationSent(write(user()))).toBe(sent);
  });

  it('keeps the path of a server behind a gateway', async () => {
    await authorizationSent(write({}, `${server.url}/k8s/clusters/c-1/`));
    expect(server.requests[0]?.path).toBe('/k8s/clusters/c-1/');
  });

  it('takes another server with the same credentials from -master', async () => {
    const file = write({ token: 'abc' }, 'https://elsewhere.invalid');
    expect(await authorizationSent(file, server.url)).toBe('Bearer abc');
  });

  it('needs nothing but -master', async () => {
    expect(await authorizationSent('', server.url)).toBeUndefined();
    expect(server.requests).toHaveLength(1);
  });

  it.each<readonly [name: string, source: () => { kubeconfig?: string; master?: string }, message: RegExp]>([
    ['no file', () => ({ kubeconfig: '/nowhere' }), /Cannot read kubeconfig \/nowhere: .*ENOENT/],
    ['a context without cluster', () => ({ kubeconfig: writeText('{"clusters":[]}') }), /has no current-context/],
    ['an address that is none', () => ({ master: 'nonsense' }), /-master is no http or https URL: nonsense/],
    ['no cluster around', () => ({}), /Not running in a cluster .*use -kubeconfig/],
  ])('says so: %s', (_name, source, message) => {
    expect(() => loadKubeConfig(source())).toThrow(message);
  });
});

function writeText(text: string): string {
  const file = path.join(folder, 'config');
  fs.writeFileSync(file, text);
  return file;
}
