// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../api/canary.js';
import type { Ingress, OwnerReference } from '../api/kubernetes.js';
import type { RolloutSpec } from '../api/rollout-spec.js';
import type { Split } from '../skipper/index.js';
import type { ConfigEntry, PodWorkload, SelectorLabel, ServiceChange, ServiceRole } from '../workload/index.js';
import type { ObservedAutoscaler } from './workloads/autoscaler.js';
import type { WorkloadWriter } from './workloads/workloads.js';

/** The objects behind an observation: what actions are carried out on, with the versions that the decision was made on. */
export interface Situation {
  readonly canary: Canary;
  readonly namespace: string;
  readonly spec: RolloutSpec;
  readonly owner: OwnerReference;
  /** Undefined also for a target that runs no pods itself; `writer` writes those of every kind. */
  readonly target: PodWorkload | undefined;
  readonly primary: PodWorkload | undefined;
  readonly writer: WorkloadWriter;
  /** Undefined when the Canary names none. */
  readonly autoscaler: ObservedAutoscaler | undefined;
  /** Undefined while there is no target, and for one that runs no pods itself. */
  readonly selectorLabel: SelectorLabel | undefined;
  /** Tracked configs of the target, as they were hashed into its revision. */
  readonly configs: readonly ConfigEntry[];
  /** Empty while there is no target. */
  readonly services: Readonly<Partial<Record<ServiceRole, ServiceChange>>>;
  readonly apexIngress: Ingress | undefined;
  /** The user's Ingress can be split: present, valid, leading to the app. */
  readonly apexUsable: boolean;
  readonly canaryIngress: Ingress | undefined;
  /** Ingresses beside it, by name, through which the requests of some users go. */
  readonly helperIngresses: ReadonlyMap<string, Ingress>;
  readonly split: Split;
  /** Ingresses of this Canary that its present specification does not want. */
  readonly staleIngresses: readonly Ingress[];
  /** Everything in the Canary that shapes its traffic, as one text. */
  readonly shape: string;
}
