// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { type Socket, connect, createServer } from 'node:net';
import type { EndpointSlice } from '../../../src/api/index.js';
import { api, resourcePath } from './api.js';

export interface ProxiedService {
  /** Where the Service is reached; its name stands beside this address in the file of hosts. */
  readonly address: string;
  readonly port: number;
  readonly namespace: string;
  readonly name: string;
}

/** Plays kube-proxy for a Service that a program of the tests calls by its name: each connection goes to a ready pod. */
export async function startServiceProxy({ address, port, namespace, name }: ProxiedService): Promise<void> {
  let connections = 0;
  const server = createServer((client) => {
    client.on('error', () => undefined);
    readyPods(namespace, name).then(
      (pods) => {
        const pod = pods[(connections += 1) % Math.max(1, pods.length)];
        if (pod === undefined) client.resetAndDestroy();
        else join(client, connect(pod));
      },
      () => client.resetAndDestroy(),
    );
  });
  server.listen(port, address);
  await once(server, 'listening');
}

/** Connects two sockets; the end of one is the end of the other. */
export function join(client: Socket, upstream: Socket): void {
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    socket.on('error', () => other.resetAndDestroy());
    socket.on('close', () => other.destroySoon());
    socket.pipe(other);
  }
}

/** Addresses of the ready pods behind a Service. */
export async function readyPods(
  namespace: string,
  service: string,
): Promise<readonly { readonly host: string; readonly port: number }[]> {
  const query = `?labelSelector=kubernetes.io/service-name=${service}`;
  const slices = await api.list<EndpointSlice>(resourcePath('endpointslices', namespace) + query);
  return slices.flatMap(({ endpoints = [], ports = [] }) =>
    endpoints
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses: [host = ''] }) => [{ host, port: ports[0]?.port ?? 0 }]),
  );
}
