// SPDX-License-Identifier: Apache-2.0
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Clock } from '../../lib/clock.js';
import { isObject, textAt } from '../api-server/json.js';

/** What a visitor of the app got. */
export interface Visit {
  readonly atMs: number;
  /** 0 when there was no answer. */
  readonly status: number;
  /** Name of the pod that answered; empty when it did not say. */
  readonly pod: string;
  readonly version: string;
  readonly latencyMs: number;
}

export interface VisitorsDeps {
  readonly clock: Clock;
  /** Where Skipper listens. */
  readonly url: string;
  /** Host name of the app. */
  readonly host: string;
  readonly perSecond: number;
}

/** Visits that are kept. */
const memory = 5_000;

/** People who use the app all the time, at a steady pace. */
export class Visitors {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 50 });
  readonly #visits: Visit[] = [];
  #cancel: (() => void) | undefined;
  #total = 0;
  #failed = 0;

  constructor(private readonly deps: VisitorsDeps) {}

  start(): void {
    this.#next();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#agent.destroy();
  }

  /** Visits since a moment of the monotonic clock, oldest first. */
  since(atMs: number): readonly Visit[] {
    return this.#visits.filter((visit) => visit.atMs >= atMs);
  }

  /** All visits so far, and those that got an error or no answer. */
  totals(): { readonly visits: number; readonly failed: number } {
    return { visits: this.#total, failed: this.#failed };
  }

  #next(): void {
    this.#cancel = this.deps.clock.schedule(1_000 / this.deps.perSecond, () => {
      this.#next();
      void this.#visit();
    });
  }

  async #visit(): Promise<void> {
    const { clock } = this.deps;
    const atMs = clock.monotonicMs();
    const answer = await this.#ask();
    if (this.#cancel === undefined) return;
    this.#total += 1;
    if (answer.status === 0 || answer.status > 499) this.#failed += 1;
    this.#visits.push({ ...answer, atMs, latencyMs: clock.monotonicMs() - atMs });
    if (this.#visits.length > memory) this.#visits.splice(0, memory / 2);
  }

  #ask(): Promise<Pick<Visit, 'status' | 'pod' | 'version'>> {
    const { url, host } = this.deps;
    const nobody = { status: 0, pod: '', version: '' };
    return new Promise((resolve) => {
      const request = get(url, { agent: this.#agent, headers: { host } }, (response) => {
        text(response).then(
          (body) => resolve({ status: response.statusCode ?? 0, ...speaker(body) }),
          () => resolve(nobody),
        );
      });
      request.on('error', () => resolve(nobody));
    });
  }
}

/** Who answered, by podinfo's first page. */
function speaker(body: string): Pick<Visit, 'pod' | 'version'> {
  try {
    const page: unknown = JSON.parse(body);
    return isObject(page) ? { pod: textAt(page, 'hostname'), version: textAt(page, 'version') } : nobody;
  } catch {
    return nobody;
  }
}

const nobody = { pod: '', version: '' };
