// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../lib/clock.js';
import { ExpiringCache } from '../lib/expiring-cache.js';
import type { HttpClient } from '../lib/http-client.js';
import type { Logger } from '../lib/logger.js';
import type { KubernetesGet, ProviderDeps } from './providers/provider.js';
import { createSourceGuard, guardHttp, guardKubernetes } from './source-guard.js';

export interface ProviderDepsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly http: HttpClient;
  readonly kubernetes: KubernetesGet;
  readonly environment: ProviderDeps['environment'];
  /** Requests at a time per server. */
  readonly concurrency: number;
}

/** What all providers share: one guard over everything that they send, and the tokens that outlive a query. */
export function createProviderDeps(options: ProviderDepsOptions): ProviderDeps {
  const { clock, http, kubernetes, environment } = options;
  const guard = createSourceGuard(options);
  return {
    clock,
    http: guardHttp(http, guard),
    kubernetes: guardKubernetes(kubernetes, guard, clock),
    environment,
    googleTokens: new ExpiringCache(clock),
    awsCredentials: new ExpiringCache(clock),
  };
}
