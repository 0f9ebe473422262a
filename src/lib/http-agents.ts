// SPDX-License-Identifier: Apache-2.0
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

import { proxyFor, type ProxySettings } from './proxy-settings.js';

/** The connection pools for both schemes. */
export interface AgentPair {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  readonly isProxied: boolean;
}

export interface AgentChoice {
  /** Accept any server certificate. */
  readonly insecureSkipVerify: boolean;
  readonly ignoreProxy: boolean;
}

/** Connection pools by what a connection depends on, so that connections are shared by all requests that may share them. */
export class AgentPool {
  private readonly pairs = new Map<string, AgentPair>();

  constructor(
    private readonly proxy: ProxySettings,
    private readonly idleMs: number,
  ) {}

  select(url: URL, { insecureSkipVerify, ignoreProxy }: AgentChoice): AgentPair {
    const proxy = ignoreProxy ? undefined : proxyFor(url, this.proxy);
    const key = `${insecureSkipVerify} ${proxy ?? ''}`;
    const pair = this.pairs.get(key) ?? this.create(insecureSkipVerify, proxy);
    this.pairs.set(key, pair);
    return pair;
  }

  close(): void {
    for (const { http, https } of this.pairs.values()) {
      http.destroy();
      https.destroy();
    }
    this.pairs.clear();
  }

  private create(insecureSkipVerify: boolean, proxy: string | undefined): AgentPair {
    const options = {
      keepAlive: true,
      maxFreeSockets: 8,
      timeout: this.idleMs,
      ...(proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }),
    };
    return {
      http: new HttpAgent(options),
      https: new HttpsAgent({ ...options, rejectUnauthorized: !insecureSkipVerify }),
      isProxied: proxy !== undefined,
    };
  }
}
