// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../lib/clock.js';
import type { Dice } from './dice.js';

/** Everything that goes wrong on purpose, for the summary. */
export const faultClasses = [
  'call rejected',
  'call slow',
  'call lost, carried out',
  'call lost, not carried out',
  'call carried out twice',
  'conflict',
  'watch broken off',
  'watch expired (410)',
  'watch stalled',
  'watch event late',
  'stale list',
  'crash before a write',
  'crash after a write',
  'restart',
  'clock skew',
  'metric bad',
  'metric missing',
  'metric NaN',
  'metric late',
  'hook failed',
  'hook late',
  'gate closed',
  'pod crashed',
  'pod unready',
  'edit: new revision',
  'edit: earlier revision',
  'edit: config',
  'edit: Canary',
  'edit: strategy',
  'edit: apex Ingress',
  'edit: weights',
  'edit: object deleted',
  'edit: Canary deleted',
  'edit: scale',
  'edit: metadata',
  'load',
] as const;

export type FaultClass = (typeof faultClasses)[number];

export type FaultCounts = Map<FaultClass, number>;

/** What happens to one request. */
export type CallFate =
  | { readonly kind: 'answered'; readonly delayMs: number }
  /** An answer of the server that it does not serve the request now. */
  | { readonly kind: 'rejected'; readonly status: 429 | 500 | 503 }
  | { readonly kind: 'lost'; readonly isCarriedOut: boolean; readonly delayMs: number }
  | { readonly kind: 'twice' }
  /** Somebody else changes the object just before. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'crash'; readonly isCarriedOut: boolean };

/** What happens to a watch that is opened. */
export type WatchFate =
  { readonly kind: 'sound' } | { readonly kind: 'breaks' | 'expires' | 'stalls'; readonly afterMs: number };

export interface FaultRates {
  /** Probability that a request meets a fault. */
  readonly call: number;
  /** Probability that a write ends the process. */
  readonly crash: number;
  /** Probability that a watch does not last. */
  readonly watch: number;
  /** Longest delay of a watch event. */
  readonly watchLagMs: number;
  /** Probability that a list shows an earlier state. */
  readonly staleList: number;
  /** Probability that a question about metrics, or a hook, goes wrong. */
  readonly check: number;
}

export const noFaults: FaultRates = { call: 0, crash: 0, watch: 0, watchLagMs: 0, staleList: 0, check: 0 };

/** The dice that decide what goes wrong, until an end. */
export class Faults {
  readonly counts: FaultCounts = new Map();
  #untilMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly dice: Dice,
    readonly rates: FaultRates,
    private readonly clock: Clock,
    private readonly note: (text: string) => void,
  ) {}

  /** Nothing goes wrong any more. */
  end(): void {
    this.#untilMs = this.clock.monotonicMs();
  }

  get areOver(): boolean {
    return this.clock.monotonicMs() >= this.#untilMs;
  }

  count(fault: FaultClass, about = ''): void {
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
    this.note(`${fault}${about === '' ? '' : `: ${about}`}`);
  }

  /** True with this probability, while faults happen. */
  strikes(probability: number): boolean {
    return !this.areOver && this.dice.chance(probability);
  }

  forCall(isWrite: boolean, about: string): CallFate {
    const delayMs = this.dice.between(1, 8);
    if (isWrite && this.strikes(this.rates.crash)) return this.#crash(about);
    if (!this.strikes(this.rates.call)) return { kind: 'answered', delayMs };
    switch (this.dice.between(0, isWrite ? 5 : 2)) {
      case 0:
        this.count('call rejected', about);
        return { kind: 'rejected', status: this.dice.pick([429, 500, 503]) };
      case 1:
        this.count('call slow', about);
        return { kind: 'answered', delayMs: this.dice.between(500, 20_000) };
      case 2:
        this.count('call lost, not carried out', about);
        return { kind: 'lost', isCarriedOut: false, delayMs: this.dice.between(1, 10_000) };
      case 3:
        this.count('call lost, carried out', about);
        return { kind: 'lost', isCarriedOut: true, delayMs: this.dice.between(1, 10_000) };
      case 4:
        this.count('call carried out twice', about);
        return { kind: 'twice' };
      default:
        this.count('conflict', about);
        return { kind: 'conflict' };
    }
  }

  #crash(about: string): CallFate {
    const isCarriedOut = this.dice.chance(0.5);
    this.count(isCarriedOut ? 'crash after a write' : 'crash before a write', about);
    return { kind: 'crash', isCarriedOut };
  }

  forWatch(plural: string): WatchFate {
    if (!this.strikes(this.rates.watch)) return { kind: 'sound' };
    const afterMs = this.dice.between(0, 120_000);
    switch (this.dice.between(0, 2)) {
      case 0:
        this.count('watch broken off', plural);
        return { kind: 'breaks', afterMs };
      case 1:
        this.count('watch expired (410)', plural);
        return { kind: 'expires', afterMs };
      default:
        this.count('watch stalled', plural);
        return { kind: 'stalls', afterMs };
    }
  }

  /** How long the events that wait now are on their way. */
  watchDelayMs(plural: string): number {
    if (this.rates.watchLagMs === 0 || !this.strikes(0.1)) return this.dice.between(0, 5);
    this.count('watch event late', plural);
    return this.dice.between(5, this.rates.watchLagMs);
  }
}
