// SPDX-License-Identifier: Apache-2.0
import { STATUS_CODES } from 'node:http';
import type { Readable } from 'node:stream';

import axios, { AxiosError, type AxiosResponse } from 'axios';

import type { Clock } from './clock.js';
import { formatDuration } from './duration.js';
import { AgentPool } from './http-agents.js';
import { failureOf, HttpFailure } from './http-failure.js';
import { firstHop, nextHop, type Hop, type HttpHeaders } from './http-hop.js';
import type { ProxySettings } from './proxy-settings.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Absolute; user and password in it become Basic authentication unless `headers` has an Authorization. */
  readonly url: string;
  readonly headers?: HttpHeaders;
  readonly body?: string;
  /** For everything together: connection, redirects and body. */
  readonly timeoutMs: number;
  /** So many bytes of the decompressed body are read, no more. */
  readonly limitBytes: number;
  /** Reading stops where this matches, within 4 KiB: for streams that the server may leave open at their end. */
  readonly until?: RegExp;
  /** Takes the body piece by piece as it arrives, decompressed; the answer's own `body` stays empty then. Must not throw. */
  readonly sink?: (piece: Buffer) => void;
  /** Accept any server certificate. */
  readonly insecureSkipVerify?: boolean;
  readonly ignoreProxy?: boolean;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** The standard text of the status, "Bad Request". */
  readonly statusText: string;
  /** Keys in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body was longer than the limit. */
  readonly isTruncated: boolean;
}

/** Sends requests over shared connections. Every status is an answer, not an error. */
export interface HttpClient {
  /** @throws HttpFailure when there is no answer: refused, reset, too slow, aborted, bad certificate, too many redirects */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Closes all connections. */
  close(): void;
}

export interface HttpClientDeps {
  readonly clock: Clock;
  readonly proxy?: ProxySettings;
  /** How long an unused connection is kept. Default 60 s. */
  readonly idleMs?: number;
}

const maxRedirects = 10;
/** A pool may hold several connections that the server has closed meanwhile; a lost GET is repeated past all of them. */
const maxStaleConnections = 9;
const defaultIdleMs = 60_000;
const tailCharacters = 4_096;

type Response = AxiosResponse<Readable>;

export function createHttpClient({ clock, proxy = {}, idleMs = defaultIdleMs }: HttpClientDeps): HttpClient {
  const agents = new AgentPool(proxy, idleMs);
  return {
    async send(request) {
      const deadline = new AbortController();
      const stop = (): void => {
        deadline.abort(new HttpFailure('aborted', 'aborted'));
      };
      request.signal?.addEventListener('abort', stop, { once: true });
      if (request.signal?.aborted === true) stop();
      const cancelTimer = clock.schedule(request.timeoutMs, () => {
        deadline.abort(new HttpFailure('timeout', `no answer within ${formatDuration(request.timeoutMs)}`));
      });
      try {
        return await follow(agents, request, deadline.signal);
      } catch (error) {
        throw failureOf(deadline.signal.aborted ? deadline.signal.reason : error);
      } finally {
        cancelTimer();
        request.signal?.removeEventListener('abort', stop);
      }
    },
    close: () => {
      agents.close();
    },
  };
}

async function follow(agents: AgentPool, request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  let hop = firstHop(request);
  for (let count = 0; ; count += 1) {
    const response = await open(agents, request, hop, signal);
    const { location } = headersOf(response);
    const next = nextHop(hop, response.status, location);
    if (next === undefined) return await readAnswer(response, request);
    response.data.destroy();
    if (count >= maxRedirects) throw new HttpFailure('redirects', `stopped after ${maxRedirects} redirects`);
    hop = next;
  }
}

async function open(agents: AgentPool, request: HttpRequest, hop: Hop, signal: AbortSignal): Promise<Response> {
  const { insecureSkipVerify = false, ignoreProxy = false } = request;
  const { http, https, isProxied } = agents.select(hop.url, { insecureSkipVerify, ignoreProxy });
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await axios.request<Readable>({
        method: hop.method,
        url: hop.url.href,
        headers: sentHeaders(hop.headers),
        data: hop.body,
        httpAgent: http,
        httpsAgent: https,
        // `false` would also keep the agents from using their proxy; left out, axios sees that they have one.
        ...(isProxied ? {} : { proxy: false }),
        maxRedirects: 0,
        responseType: 'stream',
        validateStatus: () => true,
        signal,
      });
    } catch (error) {
      const isRepeatable = hop.method === 'GET' && attempt < maxStaleConnections && isStaleConnection(error);
      if (!isRepeatable) throw error;
    }
  }
}

/** Whether a kept connection turned out to be closed by the server: the request never reached it. */
function isStaleConnection(error: unknown): boolean {
  if (!(error instanceof AxiosError) || (error.code !== 'ECONNRESET' && error.code !== 'EPIPE')) return false;
  const request: unknown = error.request;
  return typeof request === 'object' && request !== null && 'reusedSocket' in request && request.reusedSocket === true;
}

function sentHeaders(headers: HttpHeaders): Record<string, string | string[]> {
  const sent: Record<string, string | string[]> = { 'user-agent': 'flagger' };
  for (const [name, value] of Object.entries(headers)) sent[name] = typeof value === 'string' ? value : [...value];
  return sent;
}

function headersOf(response: Response): Readonly<Record<string, string>> {
  const entries = Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  return Object.fromEntries(entries);
}

async function readAnswer(response: Response, { limitBytes, until, sink }: HttpRequest): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  let tail = '';
  const stream: AsyncIterable<unknown> = response.data;
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) continue;
    if (sink === undefined) chunks.push(chunk);
    else sink(chunk);
    length += chunk.length;
    // Leaving the loop destroys the stream and its connection, so that nobody waits for the rest.
    if (length > limitBytes) break;
    if (until === undefined) continue;
    tail = tail.slice(-tailCharacters) + chunk.toString('latin1');
    if (until.test(tail)) break;
  }
  return {
    status: response.status,
    statusText: STATUS_CODES[response.status] ?? response.statusText,
    headers: headersOf(response),
    body: Buffer.concat(chunks).subarray(0, limitBytes).toString('utf8'),
    isTruncated: length > limitBytes,
  };
}
