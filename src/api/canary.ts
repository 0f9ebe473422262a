// SPDX-License-Identifier: Apache-2.0
import type { CanaryStatus } from './canary-status.js';
import type { KubeObject } from './kubernetes.js';

/**
 * A Canary as the API server stores it. `spec` has passed the CRD's schema at most, possibly an older one:
 * read it through `normaliseSpec` only.
 */
export interface Canary extends KubeObject {
  readonly spec: unknown;
  readonly status?: CanaryStatus;
}
