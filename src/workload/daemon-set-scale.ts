// SPDX-License-Identifier: Apache-2.0
import type { DaemonSet } from '../api/kubernetes.js';
import { scaleToZeroNodeSelector } from '../api/names.js';
import { defined } from '../lib/defined.js';

/** Whether a DaemonSet is told to run no pods. */
export function isScaledToZero({ spec }: DaemonSet): boolean {
  return spec.template.spec.nodeSelector?.[scaleToZeroNodeSelector] !== undefined;
}

/**
 * Merge patch of nothing but the node selector's entry that no node answers to; refused when the object changed since it was
 * read.
 */
export function scaleToZeroPatch(target: DaemonSet, toZero: boolean): Readonly<Record<string, unknown>> {
  const nodeSelector = { [scaleToZeroNodeSelector]: toZero ? 'true' : null };
  return {
    metadata: defined({ resourceVersion: target.metadata.resourceVersion }),
    spec: { template: { spec: { nodeSelector } } },
  };
}
