// SPDX-License-Identifier: Apache-2.0
import http from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Clock } from '../lib/clock.js';
import { OperatorError } from '../lib/operator-error.js';
import { badAnswer, unreachable } from './errors.js';
import { linkAbort } from './linked-abort.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly accept?: string;
  readonly contentType?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** Called when all is ready, immediately before the first byte leaves. What it throws ends the request unsent. */
  readonly beforeSend?: () => void;
}

export interface HttpAnswer {
  readonly kind: 'answer';
  readonly status: number;
  /** The Retry-After header. */
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** An answer with status 200 whose body is still coming. */
export interface HttpStream {
  readonly kind: 'stream';
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** The part of client-node's KubeConfig that is used here. */
export interface ClusterAccess {
  getCurrentCluster(): { readonly server: string; readonly proxyUrl?: string } | null;
  /** Adds credentials, TLS settings and, for proxies, an agent. */
  applyToHTTPSOptions(options: https.RequestOptions): Promise<void>;
}

export interface ConnectionOptions {
  /** As `loadKubeConfig` gives it. */
  readonly kubeConfig: ClusterAccess;
  /** E.g. `flagger/0.1.0`. */
  readonly userAgent: string;
  readonly clock: Clock;
  /** Longest wait for a whole answer; of a stream, for its head. Default 30 s. */
  readonly requestTimeoutMs?: number;
  /** Larger answers are refused. Default 256 MiB; lists come in pages. */
  readonly maxBodyBytes?: number;
}

/**
 * A silent peer is probed by TCP after this time, and given up some ten seconds later. It finds connections whose other
 * end is gone without a word (a node that lost power) long before any timeout of ours.
 */
const tcpProbeAfterMs = 15_000;

/**
 * HTTP to one API server with the credentials of a kubeconfig, which are looked up for every request: rotated tokens,
 * exec plugins and renewed client certificates take effect at once. No retries here.
 */
export class ApiConnection {
  readonly #options: ConnectionOptions;
  readonly #server: URL;
  readonly #agent: http.Agent;
  readonly #requestTimeoutMs: number;
  readonly #maxBodyBytes: number;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#server = new URL(options.kubeConfig.getCurrentCluster()?.server ?? '');
    const agentOptions = { keepAlive: true, keepAliveMsecs: tcpProbeAfterMs };
    this.#agent = this.#isHttps ? new https.Agent(agentOptions) : new http.Agent(agentOptions);
    this.#requestTimeoutMs = options.requestTimeoutMs ?? 30_000;
    this.#maxBodyBytes = options.maxBodyBytes ?? 256 * 2 ** 20;
  }

  /**
   * Sends a request and reads the whole answer, whatever its status.
   * @throws ApiError API_UNREACHABLE; the signal's reason when it is aborted
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    return this.#withDeadline(request, async (signal) => {
      const response = await this.#open(request, signal, 'gzip');
      return this.#readAnswer(response);
    });
  }

  /**
   * Sends a request and returns once the head of a successful answer is there, or the whole of an unsuccessful one.
   * Chunks are read from the network only as fast as the caller takes them. The caller reads to the end or aborts.
   * @throws as `send`; reading throws ApiError API_UNREACHABLE when the connection breaks
   */
  async stream(request: HttpRequest): Promise<HttpStream | HttpAnswer> {
    return this.#withDeadline(request, async (signal) => {
      const response = await this.#open(request, signal, 'identity');
      if (response.statusCode !== 200) return this.#readAnswer(response);
      // The deadline lets go of the caller's signal when this returns; from then on it ends the stream directly.
      const abort = (): void => void response.destroy();
      request.signal?.addEventListener('abort', abort, { once: true });
      response.once('close', () => request.signal?.removeEventListener('abort', abort));
      return { kind: 'stream', chunks: withContext(response, request) };
    });
  }

  /** Closes idle connections; busy ones end with their request. */
  close(): void {
    this.#agent.destroy();
  }

  get #isHttps(): boolean {
    return this.#server.protocol === 'https:';
  }

  /** Runs the exchange with a signal that is aborted at the deadline, and gives its failures a meaning. */
  async #withDeadline<T>(request: HttpRequest, exchange: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = linkAbort(request.signal);
    const cancelTimer = this.#options.clock.schedule(this.#requestTimeoutMs, () => {
      deadline.abort(new Error(`no answer within ${this.#requestTimeoutMs / 1_000} s`));
    });
    try {
      return await exchange(deadline.signal);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (error instanceof OperatorError) throw error;
      if (error instanceof AnswerTooLarge) throw badAnswer(describe(request), error.message);
      throw unreachable(describe(request), deadline.signal.aborted ? deadline.signal.reason : error);
    } finally {
      cancelTimer();
      deadline.unlink();
    }
  }

  async #open(request: HttpRequest, signal: AbortSignal, encoding: string): Promise<http.IncomingMessage> {
    // An exec plugin may hang; the deadline is for it too.
    const options = await Promise.race([this.#requestOptions(request, encoding), rejectOnAbort(signal)]);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    request.beforeSend?.();
    return new Promise((resolve, reject) => {
      const outgoing = (this.#isHttps ? https : http).request({ ...options, signal }, resolve);
      outgoing.on('error', reject);
      if (body !== undefined) outgoing.setHeader('Content-Length', Buffer.byteLength(body));
      outgoing.end(body);
    });
  }

  async #requestOptions(request: HttpRequest, encoding: string): Promise<https.RequestOptions> {
    const { kubeConfig, userAgent } = this.#options;
    const credentials: https.RequestOptions = {};
    await kubeConfig.applyToHTTPSOptions(credentials);
    const usesProxy = (kubeConfig.getCurrentCluster()?.proxyUrl ?? '') !== '';
    return {
      ...credentials,
      // client-node's own agent opens a connection per request; it is needed only where it tunnels through a proxy.
      agent: usesProxy ? credentials.agent : this.#agent,
      protocol: this.#server.protocol,
      host: this.#server.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: this.#server.port,
      method: request.method,
      path: this.#server.pathname.replace(/\/$/, '') + request.path + queryText(request.query ?? {}),
      headers: {
        ...trimmed(credentials.headers),
        Accept: request.accept ?? 'application/json',
        'Accept-Encoding': encoding,
        'User-Agent': userAgent,
        ...(request.body === undefined ? {} : { 'Content-Type': request.contentType ?? 'application/json' }),
      },
    };
  }

  async #readAnswer(response: http.IncomingMessage): Promise<HttpAnswer> {
    const collect = async (source: AsyncIterable<Uint8Array>): Promise<string> => {
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of source) {
        bytes += chunk.length;
        if (bytes > this.#maxBodyBytes) throw new AnswerTooLarge(`more than ${this.#maxBodyBytes} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString('utf8');
    };
    const isGzip = response.headers['content-encoding'] === 'gzip';
    const body = await (isGzip ? pipeline(response, createGunzip(), collect) : pipeline(response, collect));
    return { kind: 'answer', status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body };
  }
}

class AnswerTooLarge extends Error {}

async function* withContext(response: http.IncomingMessage, request: HttpRequest): AsyncGenerator<Uint8Array> {
  try {
    // An IncomingMessage without encoding gives Buffers, which its type does not say.
    for await (const chunk of response as AsyncIterable<Uint8Array>) yield chunk;
  } catch (error) {
    request.signal?.throwIfAborted();
    throw unreachable(describe(request), error);
  }
}

/** "GET /api/v1/…", for messages. */
export function describe(request: HttpRequest): string {
  return `${request.method} ${request.path}`;
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const refuse = (): void => reject(new Error('aborted', { cause: signal.reason }));
    if (signal.aborted) refuse();
    else signal.addEventListener('abort', refuse, { once: true });
  });
}

function queryText(query: Readonly<Record<string, string | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, value);
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

/** Token files often end with a newline, which no header may carry. */
function trimmed(headers: https.RequestOptions['headers']): http.OutgoingHttpHeaders {
  const entries = Object.entries(headers ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, typeof value === 'string' ? value.trim() : value]));
}
