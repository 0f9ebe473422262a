// SPDX-License-Identifier: Apache-2.0
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/** HTTP servers on loopback addresses for one test file; call `closeAll` after each test. */
export class LoopbackServers {
  private readonly servers: Server[] = [];

  /** @returns the base URL */
  async serve(listener: RequestListener): Promise<string> {
    return `http://${await this.listen(createServer(listener))}`;
  }

  /** With a certificate that nobody trusts. @returns the base URL */
  async serveTls(listener: RequestListener): Promise<string> {
    const tls = {
      key: readFileSync(new URL('../fixtures/loopback-key.pem', import.meta.url)),
      cert: readFileSync(new URL('../fixtures/loopback-certificate.pem', import.meta.url)),
    };
    return `https://${await this.listen(createTlsServer(tls, listener))}`;
  }

  /** @returns host and port */
  async listen(server: Server): Promise<string> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.servers.push(server);
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The server has no port');
    return `127.0.0.1:${address.port}`;
  }

  closeAll(): void {
    for (const server of this.servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  }
}

/** The body of a request as text. */
export async function readBody(request: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Cuts a connection as a dying peer does. */
export function reset({ socket }: { readonly socket: Socket }): void {
  socket.resetAndDestroy();
}
