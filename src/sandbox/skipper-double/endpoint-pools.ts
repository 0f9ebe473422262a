// SPDX-License-Identifier: Apache-2.0
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface EndpointAddress {
  readonly host: string;
  readonly port: number;
}

/** Opens a connection to an endpoint. Replaced where the addresses of pods are not addresses of this machine. */
export type Dial = (address: EndpointAddress) => Socket;

export const directDial: Dial = ({ host, port }) => connect({ host, port, noDelay: true });

/** The kept connections to one endpoint. */
export interface EndpointPool extends EndpointAddress {
  readonly agent: Agent;
  /** Closes what is idle. A request under way keeps its connection. */
  dropIdle(): void;
}

/** One pool per endpoint, so that an endpoint that vanishes takes its idle connections along, and only them. */
export class EndpointPools {
  private readonly pools = new Map<string, EndpointPool>();

  constructor(private readonly dial: Dial = directDial) {}

  /** The pool of `http://address:port`. */
  get(url: string): EndpointPool {
    const known = this.pools.get(url);
    if (known !== undefined) return known;
    const pool = createPool(addressOf(url), this.dial);
    this.pools.set(url, pool);
    return pool;
  }

  /** Retires the pools of all other endpoints: requests under way end well, then their connections close. */
  retain(urls: ReadonlySet<string>): void {
    for (const [url, pool] of this.pools) {
      if (urls.has(url)) continue;
      this.pools.delete(url);
      pool.agent.maxFreeSockets = 0;
      pool.dropIdle();
    }
  }

  /** Cuts everything. */
  close(): void {
    for (const pool of this.pools.values()) pool.agent.destroy();
    this.pools.clear();
  }
}

function createPool(address: EndpointAddress, dial: Dial): EndpointPool {
  const agent = new DialingAgent(() => dial(address));
  return {
    ...address,
    agent,
    dropIdle: () => {
      for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy();
    },
  };
}

class DialingAgent extends Agent {
  constructor(private readonly open: () => Socket) {
    super({ keepAlive: true });
  }

  override createConnection(): Socket {
    return this.open();
  }
}

function addressOf(url: string): EndpointAddress {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? 80 : Number(port) };
}
