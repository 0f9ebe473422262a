// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { Random } from '../../lib/random.js';
import { backendAnswer, errorAnswer, failureAnswer, lastOf, shuntAnswer, type Answer } from './answers.js';
import { askBackend, type BackendOutcome, type BackendRequest } from './backend.js';
import type { EndpointPools } from './endpoint-pools.js';
import { teeLoopbackHeader } from './predicates.js';
import { changeHeaders, endToEnd, toOutgoing } from './proxy-headers.js';
import { selectRoute, type Route, type RouteTable } from './route-table.js';
import { normaliseHost, type RoutedRequest } from './routed-request.js';
import { unknownRouteId, type SkipperMetrics } from './skipper-metrics.js';

export interface ProxyOptions {
  /** Pass the client's Host header on; otherwise backends see their own address. */
  readonly preserveHost: boolean;
  /** Mirrored copies and loopbacks that one request may cause. */
  readonly maxLoopbacks: number;
  /** Longest wait for the head of a backend's answer. */
  readonly backendTimeoutMs: number;
}

/** Skipper's defaults. */
export const defaultProxyOptions: ProxyOptions = { preserveHost: false, maxLoopbacks: 9, backendTimeoutMs: 60_000 };

export interface ProxyDeps {
  readonly table: () => RouteTable;
  readonly pools: EndpointPools;
  readonly metrics: SkipperMetrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly options: ProxyOptions;
}

/** A request on its way through the table: a client's own, or a copy for a shadow. */
interface Exchange {
  readonly request: RoutedRequest;
  readonly body: Readable | undefined;
  readonly loopbacks: number;
  readonly signal: AbortSignal;
}

/** Methods that may be sent twice when a kept connection breaks. */
const repeatable: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Routes requests to backends and copies the answers back. */
export class Proxy {
  private readonly turns = new WeakMap<Route, number>();

  constructor(private readonly deps: ProxyDeps) {}

  /** Serves one request of a client to its end. */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { clock } = this.deps;
    const startMs = clock.monotonicMs();
    const gone = new AbortController();
    const request = routedRequestOf(incoming);
    let isBackendBroken = false;
    const exchange = { request, body: bodyOf(incoming), loopbacks: 0, signal: gone.signal };
    const answered = this.resolve(exchange).then((answer) => {
      send(answer, outgoing, () => (isBackendBroken = true));
      // A body that no backend reads must be drained, or the client's next request is stuck behind it.
      if (typeof answer.body === 'string') incoming.resume();
      return { answer, answeredMs: clock.monotonicMs() };
    });
    outgoing.once('close', () => {
      const endMs = clock.monotonicMs();
      const code = outgoing.writableFinished || isBackendBroken ? outgoing.statusCode : 499;
      gone.abort();
      void answered.then(({ answer, answeredMs }) =>
        this.measure({ request, answer, code }, { serveMs: endMs - startMs, copyMs: Math.max(0, endMs - answeredMs) }),
      );
    });
  }

  private measure({ request, answer, code }: Served, { serveMs, copyMs }: ServeTime): void {
    const { metrics } = this.deps;
    const { route, isProxyError } = answer;
    const hasHost = route !== undefined && route.hosts.length > 0;
    const labels = {
      code,
      method: request.method,
      routeId: route?.id ?? unknownRouteId,
      host: hasHost ? normaliseHost(request.host) : undefined,
    };
    metrics.served(labels, serveMs / 1_000);
    if (!isProxyError) metrics.responded(labels, copyMs / 1_000);
  }

  /** Finds the answer to an exchange. Never rejects. All of the body's readers are attached before this yields. */
  private resolve(exchange: Exchange): Promise<Answer> {
    const selection = selectRoute(this.deps.table(), exchange.request, this.deps.random);
    if (selection === undefined) return Promise.resolve(errorAnswer(404, undefined));
    const { route, ambiguousWith } = selection;
    if (ambiguousWith !== undefined) this.reportAmbiguous(route, ambiguousWith);
    const mirrored = this.mirror(route, exchange);
    switch (route.backend.kind) {
      case 'network':
        return this.forward(route, route.backend.urls, mirrored);
      case 'loopback':
        return this.loopBack(route, mirrored);
      case 'shunt':
      case 'unsupported':
        return Promise.resolve(shuntAnswer(route, exchange.request));
    }
  }

  private reportAmbiguous(route: Route, other: Route): void {
    this.deps.metrics.routeAmbiguous(route.id, other.id);
    this.deps.log.error(
      { code: 'SKIPPER_AMBIGUOUS', route: route.id, other: other.id },
      'two routes have the same right to a request; a real Skipper would choose at random',
    );
  }

  /** Sends the copies that the route asks for; their answers are thrown away. */
  private mirror(route: Route, exchange: Exchange): Exchange {
    const keys = route.effects.flatMap((effect) => (effect.kind === 'mirror' ? [effect.key] : []));
    if (exchange.loopbacks >= this.deps.options.maxLoopbacks) return exchange;
    for (const key of keys) {
      const body = exchange.body?.pipe(new PassThrough());
      const request = {
        ...exchange.request,
        headers: { ...exchange.request.headers, [teeLoopbackHeader]: [key] },
      };
      const signal = new AbortController().signal;
      void this.resolve({ request, body, loopbacks: exchange.loopbacks + 1, signal }).then((answer) => {
        if (typeof answer.body !== 'string') discard(answer.body);
        // A copy that nobody reads any more must not hold up the original.
        body?.resume();
      });
    }
    return exchange;
  }

  private loopBack(route: Route, exchange: Exchange): Promise<Answer> {
    if (exchange.loopbacks >= this.deps.options.maxLoopbacks) return Promise.resolve(errorAnswer(500, route));
    const { target, headers } = this.changed(route, exchange);
    return this.resolve({
      ...exchange,
      request: { ...exchange.request, target, headers },
      loopbacks: exchange.loopbacks + 1,
    });
  }

  private changed(route: Route, { request }: Exchange): Pick<RoutedRequest, 'target' | 'headers'> {
    let { target } = request;
    for (const effect of route.effects) if (effect.kind === 'rewriteTarget') target = effect.rewrite(target);
    const changes = route.effects.flatMap((effect) => (effect.kind === 'requestHeader' ? [effect.change] : []));
    return { target, headers: changeHeaders(request.headers, changes) };
  }

  private async forward(route: Route, urls: readonly string[], exchange: Exchange): Promise<Answer> {
    const request = this.backendRequest(route, exchange);
    const first = await this.ask(route, this.pick(route, urls), request);
    const mayRetry = first.kind === 'failed' && first.failure === 'dial' && urls.length > 1;
    const outcome =
      mayRetry && exchange.body === undefined && !exchange.signal.aborted
        ? await this.ask(route, this.pick(route, urls), request)
        : first;
    if (outcome.kind === 'failed') return failureAnswer(outcome.failure, route);
    return backendAnswer(route, outcome.response, exchange.request);
  }

  private backendRequest(route: Route, exchange: Exchange): BackendRequest {
    const { request, body, signal } = exchange;
    const { target, headers } = route.effects.length === 0 ? request : this.changed(route, exchange);
    const isChunked = body !== undefined && headers['content-length'] === undefined;
    return {
      method: request.method,
      target,
      headers: toOutgoing({ ...endToEnd(headers), ...(isChunked ? { 'transfer-encoding': ['chunked'] } : {}) }),
      body,
      timeoutMs: lastOf(route.effects, 'backendTimeout')?.timeoutMs ?? this.deps.options.backendTimeoutMs,
      signal,
    };
  }

  /** Endpoints take turns per route; the first turn is drawn. */
  private pick(route: Route, urls: readonly string[]): string {
    const turn = this.turns.get(route) ?? Math.floor(this.deps.random() * urls.length);
    this.turns.set(route, turn + 1);
    return urls[turn % urls.length] ?? '';
  }

  private async ask(route: Route, url: string, request: BackendRequest): Promise<BackendOutcome> {
    const { pools, clock, metrics, options } = this.deps;
    const pool = pools.get(url);
    const host = url.replace(/^http:\/\//, '');
    const preserve = lastOf(route.effects, 'preserveHost')?.preserve ?? options.preserveHost;
    const sent = preserve ? request : { ...request, headers: { ...request.headers, host } };
    const startMs = clock.monotonicMs();
    let outcome = await askBackend(pool, sent, clock);
    if (isStale(outcome) && request.body === undefined && repeatable.has(request.method)) {
      // All idle connections to a pod die with it: the repetition has to open a new one.
      pool.dropIdle();
      outcome = await askBackend(pool, sent, clock);
    }
    if (outcome.kind === 'answered') {
      const code = outcome.response.statusCode ?? 0;
      metrics.backendAnswered({ routeId: route.id, host, code }, (clock.monotonicMs() - startMs) / 1_000);
    } else if (!request.signal.aborted) {
      metrics.backendFailed(route.id);
    }
    return outcome;
  }
}

interface Served {
  readonly request: RoutedRequest;
  readonly answer: Answer;
  /** What the client got; 499 when it did not wait. */
  readonly code: number;
}

interface ServeTime {
  readonly serveMs: number;
  readonly copyMs: number;
}

function isStale(outcome: BackendOutcome): boolean {
  return outcome.kind === 'failed' && outcome.failure === 'stale';
}

function routedRequestOf(incoming: IncomingMessage): RoutedRequest {
  const { method = 'GET', headers, headersDistinct, url: target = '/' } = incoming;
  return { method, host: headers.host ?? '', target, headers: headersDistinct };
}

/** Undefined for a request that certainly has no body, which is what makes it safe to send again. */
function bodyOf(incoming: IncomingMessage): Readable | undefined {
  const { 'transfer-encoding': encoding, 'content-length': length } = incoming.headers;
  return encoding === undefined && (length === undefined || Number(length) === 0) ? undefined : incoming;
}

function send(answer: Answer, outgoing: ServerResponse, onBackendBroken: () => void): void {
  if (outgoing.destroyed) {
    if (typeof answer.body !== 'string') answer.body.destroy();
    return;
  }
  const headers = toOutgoing(answer.headers);
  if (typeof answer.body === 'string') {
    const length = answer.status === 204 ? {} : { 'content-length': Buffer.byteLength(answer.body) };
    outgoing.writeHead(answer.status, { ...headers, ...length });
    outgoing.end(answer.body);
    return;
  }
  outgoing.writeHead(answer.status, headers);
  answer.body.once('error', onBackendBroken);
  // On an error both sides are cut, so that the client cannot take a torn answer for a whole one.
  pipeline(answer.body, outgoing, () => undefined);
}

function discard(response: IncomingMessage): void {
  response.on('error', () => undefined);
  response.resume();
}
