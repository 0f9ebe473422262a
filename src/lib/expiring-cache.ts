// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js';

/** A value that may be used until a moment of Unix time. */
export interface Expiring<T> {
  readonly value: T;
  readonly expiresAtMs: number;
}

/** A value is renewed so long before its end, because it must still be valid where it arrives. */
const marginMs = 60_000;

/** Keeps values such as access tokens until shortly before they expire; a bounded number of them. */
export class ExpiringCache<T> {
  private readonly entries = new Map<string, Expiring<T>>();

  constructor(
    private readonly clock: Clock,
    private readonly maxEntries = 100,
  ) {}

  /** The kept value, else what `load` gives. A failed load is not kept. */
  async get(key: string, load: () => Promise<Expiring<T>>): Promise<T> {
    const kept = this.entries.get(key);
    if (kept !== undefined && this.clock.nowMs() < kept.expiresAtMs - marginMs) return kept.value;
    this.entries.delete(key);
    const loaded = await load();
    const [oldest] = this.entries.keys();
    if (oldest !== undefined && this.entries.size >= this.maxEntries) this.entries.delete(oldest);
    this.entries.set(key, loaded);
    return loaded.value;
  }

  /** Drops a value that turned out to be refused. */
  forget(key: string): void {
    this.entries.delete(key);
  }
}
