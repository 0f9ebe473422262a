// SPDX-License-Identifier: Apache-2.0
import type { Random } from '../../lib/random.js';

/** Addresses of Services: 10.96.0.0/16. The first is that of the API server itself. */
const firstAddress = (10 << 24) + (96 << 16);
const addressCount = 65_534;
/** Ports of nodes: 30000 to 32767. */
const firstPort = 30_000;
const portCount = 2_768;

/** Cluster addresses and node ports that Services hold. */
export class AddressPool {
  readonly #addresses = new Set<string>();
  readonly #ports = new Set<number>();

  constructor(private readonly random: Random) {}

  /** An address that no Service has. Not taken until `hold`. */
  freeAddress(): string {
    const start = Math.floor(this.random() * addressCount);
    for (let step = 0; step < addressCount; step += 1) {
      const address = addressText(firstAddress + 2 + ((start + step) % (addressCount - 1)));
      if (!this.#addresses.has(address)) return address;
    }
    throw new Error('The range of cluster addresses is used up');
  }

  /** A port of the nodes that no Service has. Not taken until `hold`. */
  freePort(excluded: ReadonlySet<number>): number {
    const start = Math.floor(this.random() * portCount);
    for (let step = 0; step < portCount; step += 1) {
      const port = firstPort + ((start + step) % portCount);
      if (!this.#ports.has(port) && !excluded.has(port)) return port;
    }
    throw new Error('The range of node ports is used up');
  }

  isHeld(address: string): boolean {
    return this.#addresses.has(address);
  }

  isPortHeld(port: number): boolean {
    return this.#ports.has(port);
  }

  hold(address: string, ports: readonly number[]): void {
    this.#addresses.add(address);
    for (const port of ports) this.#ports.add(port);
  }

  release(address: string, ports: readonly number[]): void {
    this.#addresses.delete(address);
    for (const port of ports) this.#ports.delete(port);
  }
}

function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}
