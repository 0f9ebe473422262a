// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createKubernetesSource } from './kubernetes-source.js';

let server: Server;
let baseUrl: string;
let asked: string[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization ?? '-'}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const never = new AbortController().signal;

describe('createKubernetesSource', () => {
  it('lists ingresses, services and endpoint slices, in this order', async () => {
    answer = (request, response) => response.end(JSON.stringify({ items: [{ metadata: { name: request.url } }] }));
    let token = 0;
    const source = createKubernetesSource({ baseUrl, bearerToken: () => `t${++token}` });
    const { ingresses, services, endpointSlices } = await source.snapshot(never);
    expect(asked).toEqual([
      '/apis/networking.k8s.io/v1/ingresses Bearer t1',
      '/api/v1/services Bearer t2',
      '/apis/discovery.k8s.io/v1/endpointslices Bearer t3',
    ]);
    expect([ingresses, services, endpointSlices].map(([item]) => item?.metadata.name)).toEqual([
      '/apis/networking.k8s.io/v1/ingresses',
      '/api/v1/services',
      '/apis/discovery.k8s.io/v1/endpointslices',
    ]);
  });

  it('reads one namespace when told so, and takes null for an empty list', async () => {
    answer = (_, response) => response.end('{"items":null}');
    const source = createKubernetesSource({ baseUrl, namespace: 'test' });
    expect(await source.snapshot(never)).toEqual({ ingresses: [], services: [], endpointSlices: [] });
    expect(asked[0]).toBe('/apis/networking.k8s.io/v1/namespaces/test/ingresses -');
  });

  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    [
      'another status',
      (response) => response.writeHead(503).end('{}'),
      /LIST .*ingresses was answered with status 503/,
    ],
    ['no JSON', (response) => response.end('<html>'), /JSON/],
    ['something else than a list', (response) => response.end('{"items":[{}]}'), /metadata/],
    ['a broken connection', (response) => response.socket?.destroy(), /hang up|ECONNRESET/],
  ])('rejects on %s', async (_, respond, message) => {
    answer = (_request, response) => respond(response);
    await expect(createKubernetesSource({ baseUrl }).snapshot(never)).rejects.toThrow(message);
  });

  it('gives up when it is aborted', async () => {
    const abort = new AbortController();
    answer = () => abort.abort();
    await expect(createKubernetesSource({ baseUrl }).snapshot(abort.signal)).rejects.toThrow(/abort/i);
  });
});
