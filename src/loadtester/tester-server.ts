// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Clock } from '../lib/clock.js';
import { errorText, OperatorError } from '../lib/operator-error.js';
import { type Answer, type Route, textAnswer } from './answer.js';

export interface TesterServer {
  /** The port that is listened on. */
  readonly port: number;
  /** Takes no new connections, and lets open calls end until a moment after their tasks have gone. */
  stop(tasksGone: Promise<void>): Promise<void>;
}

/** The port cannot be listened on, e.g. because it is in use. */
export class TesterServerFailed extends OperatorError {
  readonly code = 'TESTER_SERVER_FAILED';
  readonly retry = 'never';

  constructor(cause: unknown) {
    super(`Load tester API cannot listen: ${errorText(cause)}`, { cause });
  }
}

const plainText = 'text/plain; charset=utf-8';
const largestBodyBytes = 2 ** 20;
/** Until the whole of a request is there; its answer may take as long as its task. */
const requestTimeoutMs = 30_000;
/** Longer than the idle limit of common clients, Flagger's 90 s included: they must not send on a connection that is being closed. */
const keepAliveMs = 120_000;
const mostConnections = 1_000;
const shutdownMs = 1_000;

/**
 * Serves the route on all addresses.
 * @param port 0 takes a free one
 * @throws TesterServerFailed
 */
export async function startTesterServer(port: number, route: Route, clock: Clock): Promise<TesterServer> {
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs },
    (request, response) => {
      void answerTo(route, request, response).then((answer) => {
        // Nobody keeps a connection to a server that stops.
        response.shouldKeepAlive &&= server.listening;
        if (answer !== undefined) send(request, response, answer);
      });
    },
  );
  server.keepAliveTimeout = keepAliveMs;
  server.maxConnections = mostConnections;
  await new Promise<void>((resolve, reject) => {
    server.on('error', (error) => reject(new TesterServerFailed(error)));
    server.listen(port, resolve);
  });
  return { port: listeningPort(server), stop: (tasksGone) => stop(server, clock, tasksGone) };
}

function listeningPort(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TesterServerFailed(new Error('no port'));
  return address.port;
}

async function stop(server: Server, clock: Clock, tasksGone: Promise<void>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await tasksGone;
  const cancel = clock.schedule(shutdownMs, () => server.closeAllConnections());
  await closed;
  cancel();
}

/** @returns undefined when the caller broke off in the middle of the request */
async function answerTo(route: Route, request: IncomingMessage, response: ServerResponse): Promise<Answer | undefined> {
  const caller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) caller.abort();
  });
  const body = await readBody(request);
  if (body.kind === 'brokenOff') return undefined;
  if (body.kind === 'tooLarge') return { ...textAnswer(413, 'Body too large'), headers: { connection: 'close' } };
  const { method = 'GET', url = '/', headers } = request;
  const call = {
    method,
    path: pathOf(url),
    authorization: headers.authorization,
    isFromWebPage: headers.origin !== undefined,
    body: body.text,
    signal: caller.signal,
  };
  return route(call);
}

/** Without the query, and with doubled slashes made one: webhook addresses are often put together from parts. */
function pathOf(url: string): string {
  const withoutOrigin = url.replace(/^https?:\/\/[^/?]*/i, '');
  const [path = ''] = withoutOrigin.split('?');
  return `/${path}`.replaceAll(/\/{2,}/g, '/');
}

type Body =
  { readonly kind: 'whole'; readonly text: string } | { readonly kind: 'tooLarge' } | { readonly kind: 'brokenOff' };

function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > largestBodyBytes) resolve({ kind: 'tooLarge' });
      else chunks.push(chunk);
    });
    request.once('end', () => resolve({ kind: 'whole', text: Buffer.concat(chunks).toString('utf8') }));
    request.once('error', () => resolve({ kind: 'brokenOff' }));
    request.once('close', () => resolve({ kind: 'brokenOff' }));
  });
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status, body, contentType = plainText, headers = {} } = answer;
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body), ...headers });
  response.end(request.method === 'HEAD' ? undefined : body);
}
