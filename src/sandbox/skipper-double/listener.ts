// SPDX-License-Identifier: Apache-2.0
import { createServer, type RequestListener, type Server } from 'node:http';

export interface ListenAddress {
  /** "0.0.0.0" for all. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

/** A listening HTTP server. */
export interface Listener {
  /** `http://host:port` as a client on this machine reaches it. */
  readonly url: string;
  /** Stops listening and cuts all connections. */
  close(): Promise<void>;
}

/** Idle connections of clients are kept longer than clients keep them, so that it is they who close them. */
const keepAliveTimeoutMs = 60_000;

/** Rejects when the address cannot be bound. */
export async function listen(address: ListenAddress, handler: RequestListener): Promise<Listener> {
  const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs, requestTimeout: 0 }, handler);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const host = address.host === '0.0.0.0' ? '127.0.0.1' : address.host;
  return { url: `http://${host}:${portOf(server)}`, close: () => closeNow(server) };
}

function portOf(server: Server): number {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

function closeNow(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
