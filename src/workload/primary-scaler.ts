// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, OwnerReference } from '../api/kubernetes.js';
import type { AutoscalerRef } from '../api/rollout-spec.js';

/** What a primary's autoscaler of every kind is made with, besides that of the target. */
export interface PrimaryScalerContext {
  /** The Canary. */
  readonly owner: OwnerReference;
  readonly targetName: string;
  readonly autoscaler: AutoscalerRef;
}

/** What differs between the kinds of autoscaler. Pure. */
export interface AutoscalerKind<T extends KubeObject> {
  readonly newPrimary: (target: T, context: PrimaryScalerContext) => T;
  /** Undefined when the primary's is as it shall be, or not the Canary's own. */
  readonly promoted: (primary: T, target: T, context: PrimaryScalerContext) => T | undefined;
  /** Undefined when the autoscaler names none. */
  readonly minReplicas: (target: T) => number | undefined;
  /** As events and logs call it. */
  readonly title: string;
}
