// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { errorText, OperatorError } from '../lib/operator-error.js';

export interface HttpServerDeps {
  /** 0 takes a free port. */
  readonly port: number;
  readonly registry: Registry;
  /** What is not synced yet, by name; empty when the operator is ready. */
  readonly missing: () => readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** `/metrics`, `/healthz` (the process answers) and `/readyz` (it has seen the whole cluster). */
export interface HttpServer {
  /** The port that is listened on. */
  readonly port: number;
  /** Lets open requests end, for at most 3 s. May be called again. */
  stop(): Promise<void>;
}

/** The port cannot be listened on, e.g. because it is in use. */
export class HttpServerCrashed extends OperatorError {
  readonly code = 'HTTP_SERVER_CRASHED';
  readonly retry = 'never';

  constructor(cause: unknown) {
    super(`HTTP server crashed ${errorText(cause)}`, { cause });
  }
}

const requestTimeoutMs = 5_000;
const responseTimeoutMs = 60_000;
const keepAliveMs = 15_000;
const shutdownMs = 3_000;

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}

const plainText = 'text/plain; charset=utf-8';

/**
 * Starts serving on all addresses.
 * @throws HttpServerCrashed when the port cannot be listened on
 */
export async function startHttpServer(deps: HttpServerDeps): Promise<HttpServer> {
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs },
    (request, response) => {
      void respond(deps, request, response);
    },
  );
  server.timeout = responseTimeoutMs;
  server.keepAliveTimeout = keepAliveMs;
  await listen(server, deps.port);
  server.on('error', (error) => deps.log.error({ error }, 'HTTP server error'));
  let stopping: Promise<void> | undefined;
  return {
    port: listeningPort(server),
    stop: () => (stopping ??= stop(server, deps.clock)),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new HttpServerCrashed(error));
    server.once('error', fail);
    server.listen(port, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function listeningPort(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new HttpServerCrashed(new Error('no port'));
  return address.port;
}

async function stop(server: Server, clock: Clock): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cancel = clock.schedule(shutdownMs, () => server.closeAllConnections());
  await closed;
  cancel();
}

async function respond(deps: HttpServerDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const {
    status,
    body,
    type = plainText,
  } = await answer(deps, request).catch((error: unknown): Answer => {
    deps.log.error({ error, path: request.url }, 'request failed');
    return { status: 500, body: 'Internal error\n' };
  });
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answer({ registry, missing }: HttpServerDeps, { method, url }: IncomingMessage): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: 'Method not allowed\n' };
  switch ((url ?? '').split('?')[0]) {
    case '/healthz':
      return { status: 200, body: 'OK' };
    case '/readyz':
      return readiness(missing());
    case '/metrics':
      return { status: 200, body: await registry.metrics(), type: registry.contentType };
    default:
      return { status: 404, body: 'Not found\n' };
  }
}

function readiness(missing: readonly string[]): Answer {
  if (missing.length === 0) return { status: 200, body: 'OK' };
  return { status: 503, body: `Not synced: ${missing.join(', ')}\n` };
}
