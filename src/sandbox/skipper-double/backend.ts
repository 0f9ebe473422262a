// SPDX-License-Identifier: Apache-2.0
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Clock } from '../../lib/clock.js';
import type { EndpointPool } from './endpoint-pools.js';

/** A request as a backend gets it. */
export interface BackendRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Readable | undefined;
  readonly timeoutMs: number;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

export type BackendFailure =
  /** No connection came about, so the request certainly reached nobody. */
  | 'dial'
  /** The kept connection turned out to be closed by the other side. */
  | 'stale'
  /** The connection broke after the request went out. */
  | 'network'
  | 'timeout';

export type BackendOutcome =
  | { readonly kind: 'answered'; readonly response: IncomingMessage }
  | { readonly kind: 'failed'; readonly failure: BackendFailure };

/** Sends one request over one pool and waits for the head of the answer. Never rejects. */
export function askBackend(pool: EndpointPool, request: BackendRequest, clock: Clock): Promise<BackendOutcome> {
  return new Promise((resolve) => {
    const { agent, host, port } = pool;
    const { method, target: path, headers, signal, body } = request;
    const outgoing = httpRequest({ agent, host, port, method, path, headers, signal, setHost: false });
    let isConnected = false;
    let isTimedOut = false;
    const cancelTimeout = clock.schedule(request.timeoutMs, () => {
      isTimedOut = true;
      outgoing.destroy();
    });
    outgoing.once('socket', (socket) => {
      isConnected = !socket.connecting;
      if (!isConnected) socket.once('connect', () => (isConnected = true));
    });
    outgoing.once('response', (response) => {
      cancelTimeout();
      resolve({ kind: 'answered', response });
    });
    outgoing.on('error', () => {
      cancelTimeout();
      body?.unpipe(outgoing);
      const broken = outgoing.reusedSocket ? 'stale' : 'network';
      const lost = isConnected ? broken : 'dial';
      resolve({ kind: 'failed', failure: isTimedOut ? 'timeout' : lost });
    });
    if (body === undefined) outgoing.end();
    else body.pipe(outgoing);
  });
}
