// SPDX-License-Identifier: Apache-2.0
/** A small HTTP server and other support for the tests of this folder. Not part of the program. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../lib/clock.js';
import type { FakeClock } from '../lib/fake-clock.js';
import type { Logger } from '../lib/logger.js';
import { ApiConnection, type ClusterAccess } from './connection.js';

/** A request as the server got it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export type Responder = (response: http.ServerResponse, request: SeenRequest) => void;

export interface TestServer {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  close(): Promise<void>;
}

/** Starts a server on loopback that gives every request to `respond`. */
export async function startServer(respond: Responder, port = 0): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const server = http.createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '/', 'http://server');
      const seen: SeenRequest = {
        method: incoming.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      requests.push(seen);
      respond(response, seen);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  // A server that listens on TCP has an address of this form.
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function answerJson(status: number, body: unknown, headers: http.OutgoingHttpHeaders = {}): Responder {
  return (response) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

/** The body of a failed request, as an apiserver writes it. */
export function statusObject(code: number, reason: string, message = `${reason} happened`): unknown {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}

export function connectTo(
  url: string,
  clock: FakeClock | typeof systemClock,
  options: { readonly requestTimeoutMs?: number; readonly maxBodyBytes?: number } = {},
): ApiConnection {
  const kubeConfig: ClusterAccess = {
    getCurrentCluster: () => ({ server: url }),
    applyToHTTPSOptions: (request) => {
      request.headers = { Authorization: 'Bearer secret' };
      return Promise.resolve();
    },
  };
  return new ApiConnection({ kubeConfig, userAgent: 'flagger/1.2.3', clock, ...options });
}

/** Waits in real time until the condition holds; advances the fake clock, if any, in small steps meanwhile. */
export async function until(condition: () => boolean, clock?: FakeClock): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + 4_000;
  while (!condition()) {
    if (systemClock.monotonicMs() > deadlineMs) throw new Error(`waited in vain for: ${condition.toString()}`);
    await systemClock.sleep(2);
    await clock?.advance(100);
  }
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps its lines. */
export function recordingLogger(lines: LogLine[]): Logger {
  const at =
    (level: LogLine['level']): Logger['info'] =>
    (fields, message) =>
      void lines.push({ level, message, fields });
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  return logger;
}
