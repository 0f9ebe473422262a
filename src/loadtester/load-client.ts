// SPDX-License-Identifier: Apache-2.0
import http from 'node:http';
import https from 'node:https';
import type { Clock } from '../lib/clock.js';
import type { LoadPlan } from './load-plan.js';

export type LoadAnswer =
  | { readonly kind: 'answered'; readonly status: number }
  /** The code is short and one of few, such as ECONNREFUSED. */
  | { readonly kind: 'failed'; readonly code: string };

/** No whole answer within this time is a failure. */
const requestTimeoutMs = 10_000;

/** Sends GET requests of one load over connections that are kept. */
export class LoadClient {
  private readonly agent: http.Agent;
  private readonly isHttps: boolean;
  private readonly options: https.RequestOptions;

  constructor(
    private readonly plan: Pick<LoadPlan, 'url' | 'host' | 'connections'>,
    private readonly clock: Clock,
  ) {
    const { url, host, connections } = plan;
    this.isHttps = new URL(url).protocol === 'https:';
    const agentOptions = { keepAlive: true, maxSockets: connections };
    this.agent = this.isHttps ? new https.Agent(agentOptions) : new http.Agent(agentOptions);
    const serverName = this.isHttps && host !== undefined ? { servername: host.replace(/:\d+$/, '') } : {};
    const headers = { 'user-agent': 'flagger-loadtester', ...(host === undefined ? {} : { host }) };
    this.options = { agent: this.agent, headers, ...serverName };
  }

  /** Sends one request and reads the whole answer. Never rejects. */
  send(): Promise<LoadAnswer> {
    return new Promise((resolve) => {
      const settle = (answer: LoadAnswer): void => {
        cancelTimeout();
        resolve(answer);
      };
      const fail = (error: Error): void => settle({ kind: 'failed', code: codeOf(error) });
      const { get } = this.isHttps ? https : http;
      const outgoing = get(this.plan.url, this.options, (response) => {
        response.on('error', fail);
        response.on('end', () => settle({ kind: 'answered', status: response.statusCode ?? 0 }));
        response.resume();
      });
      outgoing.on('error', fail);
      const cancelTimeout = this.clock.schedule(requestTimeoutMs, () => outgoing.destroy(new TimedOut()));
    });
  }

  /** Breaks off all requests. */
  close(): void {
    this.agent.destroy();
  }
}

class TimedOut extends Error {
  readonly code = 'ETIMEDOUT';
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'other';
}
