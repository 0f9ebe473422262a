// SPDX-License-Identifier: Apache-2.0
import type { Deployment } from '../api/kubernetes.js';
import { defined } from '../lib/defined.js';
import { canReachZeroAvailable } from '../workload/index.js';

/**
 * Whether promoting the target may leave the primary without any available pod for a while (R11): the promotion brings the
 * target's strategy along, and without an autoscaler its size, and it is these that act while the primary rolls.
 */
export function losesAllPods(primary: Deployment, target: Deployment | undefined, hasAutoscaler: boolean): boolean {
  if (target === undefined) return canReachZeroAvailable(primary);
  const { strategy, replicas = 1 } = target.spec;
  const { strategy: _replaced, ...rest } = primary.spec;
  const size = hasAutoscaler || replicas === 0 ? {} : { replicas };
  return canReachZeroAvailable({ ...primary, spec: { ...rest, ...defined({ strategy }), ...size } });
}
