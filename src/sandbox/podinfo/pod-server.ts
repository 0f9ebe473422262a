// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Clock } from '../../lib/clock.js';
import type { Random } from '../../lib/random.js';
import { faultOf, slowAnswerMs, type PodBehaviour, type PodFault } from './pod-behaviour.js';
import { PodMetrics } from './pod-metrics.js';
import { podRoutes, type PodAnswer, type PodRequest, type PodRoute } from './pod-routes.js';

export interface PodServerDeps {
  /** The pod at an address of this machine; undefined when there is no live one. Asked for each connection and request. */
  readonly resolve: (localAddress: string) => PodBehaviour | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** Longer than proxies keep idle connections, so that it is never the pod that closes one first. */
const keepAliveTimeoutMs = 120_000;

/**
 * One HTTP server that is all podinfo pods of a cluster: it tells them apart by the address that a client connected to.
 * A connection to an address without live pod is reset at once.
 */
export class PodServer {
  private readonly sockets = new Map<string, Set<Socket>>();
  private readonly metrics = new Map<string, { readonly podName: string; readonly metrics: PodMetrics }>();
  private readonly server = createServer(
    { keepAliveTimeout: keepAliveTimeoutMs, requestTimeout: 0 },
    (request, response) => this.handle(request, response),
  );

  constructor(private readonly deps: PodServerDeps) {
    this.server.on('connection', (socket) => this.accept(socket));
  }

  /** Listens; a port of 0 takes any. Resolves with the port. Rejects when the address cannot be bound. */
  listen({ host, port }: { readonly host: string; readonly port: number }): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        const bound = this.server.address();
        resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
      });
    });
  }

  /** Resets all connections to an address, as the kernel does when a program dies. Returns how many there were. */
  reset(address: string): number {
    const open = [...(this.sockets.get(address) ?? [])];
    for (const socket of open) socket.resetAndDestroy();
    return open.length;
  }

  /** Stops listening and cuts all connections. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private accept(socket: Socket): void {
    const address = localAddressOf(socket);
    if (this.livePod(address) === undefined) {
      socket.resetAndDestroy();
      return;
    }
    const open = this.sockets.get(address) ?? new Set<Socket>();
    this.sockets.set(address, open.add(socket));
    socket.once('close', () => {
      open.delete(socket);
      if (open.size === 0) this.sockets.delete(address);
    });
  }

  private livePod(address: string): PodBehaviour | undefined {
    const pod = this.deps.resolve(address);
    const isListening = pod?.state === 'serving' && faultIn(pod) !== 'crash';
    return isListening ? pod : undefined;
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const address = localAddressOf(request.socket);
    const pod = this.livePod(address);
    if (pod === undefined) {
      request.socket.resetAndDestroy();
      return;
    }
    const metrics = this.metricsOf(address, pod);
    const path = (request.url ?? '/').replace(/\?.*$/s, '');
    if (path === '/metrics') {
      void metrics
        .text()
        .then((series) => response.writeHead(200, { 'content-type': metrics.contentType }).end(series));
      return;
    }
    // A client that leaves while its body is read leaves nothing to answer.
    this.serve(pod, { request, response, path, metrics }).catch(() => request.socket.destroy());
  }

  private async serve(pod: PodBehaviour, { request, response, path, metrics }: Call): Promise<void> {
    const { clock } = this.deps;
    const startMs = clock.monotonicMs();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const { method = 'GET' } = request;
    const route = podRoutes.find(({ pattern, methods }) => pattern.test(path) && methods.includes(method));
    const podRequest = { method, path, body: await text(request) };
    const answer = await this.answer(pod, route, { request: podRequest, signal: gone.signal });
    if (answer === undefined) {
      request.socket.resetAndDestroy();
      return;
    }
    const body = `${JSON.stringify(answer.body, null, 2)}\n`;
    const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) };
    response.writeHead(answer.status, headers).end(body);
    const labels = { method, path: route?.label ?? 'not_found', status: String(answer.status) };
    metrics.observe(labels, (clock.monotonicMs() - startMs) / 1_000);
  }

  /** Undefined: the connection breaks instead of an answer. */
  private async answer(
    pod: PodBehaviour,
    route: PodRoute | undefined,
    { request, signal }: { readonly request: PodRequest; readonly signal: AbortSignal },
  ): Promise<PodAnswer | undefined> {
    const { clock, random } = this.deps;
    const fault = faultIn(pod);
    if (fault === 'cut') return undefined;
    if (fault === 'hang') await aborted(signal);
    if (fault === 'slow') await clock.sleep(slowAnswerMs, signal);
    if (fault === 'error' || (fault === 'flaky' && random() < 0.5)) return failure(500, 'Internal Server Error');
    if (route === undefined) return failure(404, 'Not Found');
    const number = Number(route.pattern.exec(request.path)?.[1] ?? 0);
    return route.answer({ pod, request, number, clock, signal });
  }

  private metricsOf(address: string, pod: PodBehaviour): PodMetrics {
    const known = this.metrics.get(address);
    if (known?.podName === pod.name) return known.metrics;
    const metrics = new PodMetrics();
    this.metrics.set(address, { podName: pod.name, metrics });
    return metrics;
  }
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly metrics: PodMetrics;
}

function faultIn({ fault, version }: PodBehaviour): PodFault {
  return fault ?? faultOf(version);
}

function failure(status: number, message: string): PodAnswer {
  return { status, body: { code: status, message } };
}

/** A dual-stack listener sees IPv4 clients at mapped addresses. */
function localAddressOf(socket: Socket): string {
  return (socket.localAddress ?? '').replace(/^::ffff:/, '');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
