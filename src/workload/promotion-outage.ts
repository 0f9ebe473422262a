// SPDX-License-Identifier: Apache-2.0
import type { DaemonSet, Deployment } from '../api/kubernetes.js';
import { defined } from '../lib/defined.js';
import { canReachZeroAvailable, daemonSetCanReachZeroAvailable } from './rolling-update.js';

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

/** The same for a DaemonSet: the target's strategy acts on the primary's nodes. */
export function daemonSetLosesAllPods(primary: DaemonSet, target: DaemonSet | undefined): boolean {
  if (target === undefined) return daemonSetCanReachZeroAvailable(primary);
  const { updateStrategy: _replaced, ...rest } = primary.spec;
  const spec = { ...rest, ...defined({ updateStrategy: target.spec.updateStrategy }) };
  return daemonSetCanReachZeroAvailable({ ...primary, spec });
}
