// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../../api/canary.js';
import type { KubeObject, ObjectKey, OwnerReference, Service } from '../../api/kubernetes.js';
import type { RolloutSpec } from '../../api/rollout-spec.js';
import type { Logger } from '../../lib/logger.js';
import type { Reader, Writer } from '../../kube/index.js';
import type { PrimaryState, TargetState } from '../../rollout/index.js';
import type {
  AutoscalerFloor,
  ConfigEntry,
  PodWorkload,
  Revision,
  Scale,
  SelectorLabel,
  ServiceChange,
  ServiceRole,
} from '../../workload/index.js';
import type { ClusterCache, WatchedKind } from '../cluster/cluster-cache.js';
import type { ObserverDeps } from '../observe/observe.js';
import type { PrimarySizes } from './primary-sizes.js';
import type { Situation } from '../situation.js';

/** One look at a Canary: who is found is also who wakes it. */
export interface Lookup {
  readonly canary: Canary;
  readonly namespace: string;
  readonly spec: RolloutSpec;
  readonly owner: OwnerReference;
  readonly deps: ObserverDeps;
  /** Looks an object up, whether it is there or not: its coming and going wakes the Canary. */
  find<T extends KubeObject>(watched: WatchedKind<T, T>, name: string): T | undefined;
  interestedIn(plural: string, name: string): ObjectKey;
  /** Tells of something that keeps the rollout from going on. */
  obstacle(text: string): void;
}

/** All of the target's state but what its autoscaler and its Service tell. */
export type WorkloadState = Omit<TargetState, 'scaler' | 'readyEndpoints'>;
/** All of the primary's state but what its Service tells. */
export type PrimaryWorkloadState = Omit<PrimaryState, 'readyEndpoints'>;

/** Target and primary of a Canary as they were observed. Here alone the kinds of targets differ. */
export interface Workloads {
  readonly targetState: WorkloadState | undefined;
  readonly primaryState: PrimaryWorkloadState | undefined;
  /** Undefined for a target that runs no pods itself. */
  readonly target: PodWorkload | undefined;
  readonly primary: PodWorkload | undefined;
  /** Undefined without a target, and for one whose pods are not told apart by a label. */
  readonly selectorLabel: SelectorLabel | undefined;
  /** Tracked configs of the target, as they were hashed into its revision. */
  readonly configs: readonly ConfigEntry[];
  /** Generated or adopted Services; empty while there is no target. */
  readonly services: Readonly<Partial<Record<ServiceRole, ServiceChange>>>;
  /** Services as they will be once written, whose ports the Ingress must find (R17). */
  readonly routedServices: readonly Service[];
  /** Whether the apex Service is the target itself: it never moves to the primary. */
  readonly apexIsTarget: boolean;
  readonly writer: WorkloadWriter;
}

export interface WriteRun {
  readonly deps: {
    readonly client: Reader & Writer;
    readonly cache: ClusterCache;
    readonly sizes: Pick<PrimarySizes, 'lastKnown'>;
    readonly settings: { readonly includeLabelPrefixes: readonly string[] };
  };
  readonly situation: Situation;
  readonly log: Logger;
}

/** What is done to target and primary; each is idempotent. */
export interface WorkloadWriter {
  /** Makes the primary from the observed target, which must be at this revision (S3). */
  createPrimary(revision: Revision, run: WriteRun): Promise<void>;
  /** Makes a missing primary anew from exactly this revision, or throws RevisionUnknown (R14). */
  rebuildPrimary(revision: Revision, run: WriteRun): Promise<void>;
  annotatePrimary(revision: Revision, run: WriteRun): Promise<void>;
  copyToPrimary(revision: Revision, run: WriteRun): Promise<void>;
  scaleTarget(scale: Scale, floor: AutoscalerFloor | undefined, run: WriteRun): Promise<void>;
}
