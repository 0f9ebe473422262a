// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../lib/clock.js';
import type { PodBehaviour } from './pod-behaviour.js';

/** What a pod does from the moment it is deleted. */
export type Departure =
  /** Dies at once and resets all its connections, as when it is killed. */
  | { readonly kind: 'reset' }
  /** Serves old and new connections for a while, as with a preStop sleep, and dies then. */
  | { readonly kind: 'serve'; readonly forMs: number };

export interface PodDirectoryDeps {
  readonly clock: Clock;
  /** For pods that were added without a departure of their own. */
  readonly departure: Departure;
  /** Called when the address stops serving; the connections to it are to be reset. */
  readonly onGone: (address: string) => void;
}

interface Entry {
  readonly pod: PodBehaviour;
  readonly departure: Departure;
  /** Set from the deletion on; keeps a pod that is put in its place alive. */
  cancelDeath: (() => void) | undefined;
}

/** The pods of a cluster by address, including those that are going. */
export class PodDirectory {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly deps: PodDirectoryDeps) {}

  /** Adds a pod or changes the one at this address. A pod that refuses or is another one loses its connections. */
  set(address: string, pod: PodBehaviour, departure: Departure = this.deps.departure): void {
    const before = this.entries.get(address);
    before?.cancelDeath?.();
    this.entries.set(address, { pod, departure, cancelDeath: undefined });
    const isAnother = before !== undefined && before.pod.name !== pod.name;
    if (isAnother || pod.state === 'refusing') this.deps.onGone(address);
  }

  /** The pod is deleted; what happens then is its departure. Unknown addresses and second calls change nothing. */
  delete(address: string): void {
    const entry = this.entries.get(address);
    if (entry === undefined || entry.cancelDeath !== undefined) return;
    if (entry.departure.kind === 'reset') {
      this.kill(address);
      return;
    }
    entry.cancelDeath = this.deps.clock.schedule(entry.departure.forMs, () => this.kill(address));
  }

  /** Dies at once, whatever its departure: a crash, or a node that is gone. */
  kill(address: string): void {
    this.entries.get(address)?.cancelDeath?.();
    if (this.entries.delete(address)) this.deps.onGone(address);
  }

  /** The pod that serves at an address; undefined when there is none any more. */
  resolve(address: string): PodBehaviour | undefined {
    return this.entries.get(address)?.pod;
  }
}
