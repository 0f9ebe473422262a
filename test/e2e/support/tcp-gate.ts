// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** A door to a server that can be shut: for outages that only one scenario is to feel. */
export class TcpGate {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;

  constructor(private readonly target: { readonly host: string; readonly port: number }) {}

  /** Lets connections through. The port stays the same when it is opened again. */
  async open(): Promise<{ readonly host: string; readonly port: number }> {
    const server = createServer((client) => {
      const upstream = connect(this.target);
      this.join(client, upstream);
      this.join(upstream, client);
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.server = server;
    // A server that listens on TCP has an address object.
    this.port = (server.address() as AddressInfo).port;
    return { host: '127.0.0.1', port: this.port };
  }

  /** What one side sends reaches the other, and so does its end, by error or not: nobody waits for a side that is gone. */
  private join(socket: Socket, other: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => other.resetAndDestroy());
    socket.on('close', () => {
      this.sockets.delete(socket);
      other.destroySoon();
    });
    socket.pipe(other);
  }

  /** Resets all connections and refuses new ones. */
  async shut(): Promise<void> {
    this.server?.close();
    for (const socket of this.sockets) socket.resetAndDestroy();
    await Promise.resolve();
  }
}
