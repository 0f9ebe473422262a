// SPDX-License-Identifier: Apache-2.0
import { createCircuitBreaker, type Outage } from '../lib/circuit-breaker.js';
import type { Clock } from '../lib/clock.js';
import { createConcurrencyLimit } from '../lib/concurrency-limit.js';
import { formatDuration } from '../lib/duration.js';
import { sha256Hex } from '../lib/hash.js';
import type { HttpAnswer, HttpClient } from '../lib/http-client.js';
import { HttpFailure } from '../lib/http-failure.js';
import type { Logger } from '../lib/logger.js';
import { errorText } from '../lib/operator-error.js';
import { MetricQueryError, queryTimeoutMs, type KubernetesGet } from './providers/provider.js';

/** Sees to it that a slow or dead metrics server costs its own users little and all others nothing. */
export interface SourceGuard {
  /**
   * Makes a request to a source as soon as fewer than the allowed number are under way there.
   * @param identity what is asked: a source that is only slow to answer one and the same thing is not down
   * @throws SourceDownError at once while the source is known to be down; otherwise what the request throws
   */
  run<T extends SourceAnswer>(
    source: string,
    request: () => Promise<T>,
    signal: AbortSignal,
    identity?: string,
  ): Promise<T>;
}

interface SourceAnswer {
  readonly status: number;
}

/** A request that was not made because the source is down. */
export class SourceDownError extends MetricQueryError {
  constructor(
    message: string,
    /** The one Warning about this outage: the first to ask gets it. */
    readonly takeNotice: () => string | undefined,
  ) {
    super(message);
  }
}

export interface SourceGuardOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Requests at a time per source. */
  readonly concurrency: number;
}

/** So many requests in a row without an answer open the circuit: more than one bad query in an otherwise quiet cluster. */
const failuresToOpen = 5;
/** An open circuit costs the one check that probes it five seconds this often. */
const probeEveryMs = 15_000;
/** Longest wait for a free place; beyond it the data would belong to another moment. */
const maxWaitMs = 30_000;
/** What gateways say when nobody is behind them. Other errors may be the fault of one query. */
const downStatuses: ReadonlySet<number> = new Set([502, 503, 504]);

export function createSourceGuard({ clock, log, concurrency }: SourceGuardOptions): SourceGuard {
  const breaker = createCircuitBreaker({ clock, failures: failuresToOpen, probeEveryMs });
  const limit = createConcurrencyLimit(concurrency);
  const announced = new WeakSet<Outage>();

  function refuse(source: string, outage: Outage | undefined): void {
    if (outage !== undefined) throw downError(source, outage, announced);
  }

  function report(source: string, failure: string | undefined, identity?: string): void {
    if (failure === undefined) {
      const ended = breaker.succeeded(source);
      if (ended !== undefined) log.info({ source }, 'metrics source answers again');
      return;
    }
    const begun = breaker.failed(source, failure, identity);
    if (begun !== undefined) log.warn({ source, reason: failure }, 'metrics source is down, its checks fail at once');
  }

  async function ask<T extends SourceAnswer>(source: string, request: () => Promise<T>, identity?: string): Promise<T> {
    // Asked again here: while this one waited, the source may have turned out to be down.
    refuse(source, breaker.admit(source));
    try {
      const answer = await request();
      report(source, downStatuses.has(answer.status) ? `status ${answer.status}` : undefined);
      return answer;
    } catch (error) {
      // No connection is the source's own doing. Silence may be that of one query which nobody could answer in time.
      if (isOutage(error)) report(source, error.message, error.reason === 'timeout' ? identity : undefined);
      throw error;
    }
  }

  return {
    async run<T extends SourceAnswer>(
      source: string,
      request: () => Promise<T>,
      signal: AbortSignal,
      identity?: string,
    ): Promise<T> {
      refuse(source, breaker.peek(source));
      const turn = limitedWait(source, concurrency, clock);
      const start = (): Promise<T> => {
        turn.end();
        return ask(source, request, identity);
      };
      try {
        return await limit.run(source, start, AbortSignal.any([signal, turn.signal]));
      } finally {
        turn.end();
      }
    },
  };
}

/** A signal that ends a wait for a free place, unless that has ended before. */
function limitedWait(
  source: string,
  concurrency: number,
  clock: Clock,
): { readonly signal: AbortSignal; readonly end: () => void } {
  const waiting = new AbortController();
  const end = clock.schedule(maxWaitMs, () => {
    const text = `${source} is busy: no free place among ${concurrency} requests within ${formatDuration(maxWaitMs)}`;
    waiting.abort(new MetricQueryError(text));
  });
  return { signal: waiting.signal, end };
}

function downError(source: string, outage: Outage, announced: WeakSet<Outage>): SourceDownError {
  const fact = `${source} has not answered since ${isoSeconds(outage.sinceMs)}: ${outage.reason}`;
  return new SourceDownError(`${fact} (asked again every ${formatDuration(probeEveryMs)})`, () => {
    if (announced.has(outage)) return undefined;
    announced.add(outage);
    return `Metrics source ${fact}; checks that need it fail without being made until it answers`;
  });
}

/** The same client behind the guard; each origin is a source of its own. */
export function guardHttp(http: HttpClient, guard: SourceGuard): HttpClient {
  return {
    send: (request): Promise<HttpAnswer> => {
      const origin = URL.parse(request.url)?.origin ?? request.url;
      const signal = request.signal ?? new AbortController().signal;
      const identity = sha256Hex(`${request.url}\n${request.body ?? ''}`);
      return guard.run(origin, () => http.send(request), signal, identity);
    },
    close: () => {
      http.close();
    },
  };
}

/** The same request behind the guard, with a deadline: the API server may wait long for whoever knows a metric. */
export function guardKubernetes(get: KubernetesGet, guard: SourceGuard, clock: Clock): KubernetesGet {
  return (request) =>
    guard.run('Kubernetes API', () => getInTime(get, request, clock), request.signal, JSON.stringify(request));
}

async function getInTime(
  get: KubernetesGet,
  request: Parameters<KubernetesGet>[0],
  clock: Clock,
): ReturnType<KubernetesGet> {
  const deadline = new AbortController();
  const cancelTimer = clock.schedule(queryTimeoutMs, () => {
    deadline.abort();
  });
  try {
    return await get({ ...request, signal: AbortSignal.any([request.signal, deadline.signal]) });
  } catch (error) {
    request.signal.throwIfAborted();
    if (deadline.signal.aborted) throw new HttpFailure('timeout', `no answer within ${formatDuration(queryTimeoutMs)}`);
    throw new HttpFailure('connection', errorText(error));
  } finally {
    cancelTimer();
  }
}

/** An untrusted certificate or an abort says nothing about other requests to the same source. */
function isOutage(error: unknown): error is HttpFailure {
  return error instanceof HttpFailure && (error.reason === 'connection' || error.reason === 'timeout');
}

function isoSeconds(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
