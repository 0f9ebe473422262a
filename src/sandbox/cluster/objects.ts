// SPDX-License-Identifier: Apache-2.0
import type {
  ContainerPort,
  IntOrString,
  LabelSelector,
  OwnerReference,
  PodSpec,
  PodTemplate,
  ServicePort,
  StringMap,
} from '../../api/index.js';
import type { ServedObject } from '../api-server/index.js';

/*
 * The kinds that controllers work on, as the API server keeps them: with all its defaults filled in, so that less is
 * optional here than in what a client sends.
 */

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly lastUpdateTime?: string;
  readonly lastTransitionTime?: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface DeploymentStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly unavailableReplicas?: number;
  readonly terminatingReplicas?: number;
  readonly conditions?: readonly Condition[];
  readonly collisionCount?: number;
}

export interface RollingUpdate {
  readonly maxSurge: IntOrString;
  readonly maxUnavailable: IntOrString;
}

export interface DeploymentObject extends ServedObject {
  readonly spec: {
    readonly replicas: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly strategy: { readonly type: 'RollingUpdate' | 'Recreate'; readonly rollingUpdate?: RollingUpdate };
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly progressDeadlineSeconds?: number;
    readonly paused?: boolean;
  };
  readonly status: DeploymentStatus;
}

export interface ReplicaSetStatus {
  readonly replicas: number;
  readonly fullyLabeledReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly terminatingReplicas?: number;
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
}

export interface ReplicaSetObject extends ServedObject {
  readonly spec: {
    readonly replicas: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly minReadySeconds?: number;
  };
  readonly status: ReplicaSetStatus;
}

export interface DaemonSetStatus {
  readonly currentNumberScheduled: number;
  readonly numberMisscheduled: number;
  readonly desiredNumberScheduled: number;
  readonly numberReady: number;
  readonly observedGeneration?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberAvailable?: number;
  readonly numberUnavailable?: number;
}

export interface DaemonSetObject extends ServedObject {
  readonly spec: {
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly updateStrategy: { readonly type: string; readonly rollingUpdate?: RollingUpdate };
  };
  readonly status: DaemonSetStatus;
}

export interface ControllerRevisionObject extends ServedObject {
  readonly revision: number;
  readonly data: { readonly spec: { readonly template: PodTemplate } };
}

export interface PodCondition extends Condition {
  readonly lastProbeTime?: string | null;
  readonly observedGeneration?: number;
}

export interface PodStatus {
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  readonly conditions?: readonly PodCondition[];
  readonly podIP?: string;
  readonly startTime?: string;
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly [field: string]: unknown;
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: Readonly<Record<string, unknown>>;
  readonly lastState: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface PodObject extends ServedObject {
  readonly spec: PodSpec & {
    readonly nodeName?: string;
    readonly terminationGracePeriodSeconds?: number;
    readonly containers: readonly (PodSpec['containers'][number] & { readonly ports?: readonly ContainerPort[] })[];
  };
  readonly status: PodStatus;
}

export interface ServiceObject extends ServedObject {
  readonly spec: {
    readonly type: string;
    readonly clusterIP?: string;
    readonly selector?: StringMap;
    readonly ports?: readonly ServicePort[];
    readonly publishNotReadyAddresses?: boolean;
  };
}

export interface EndpointSliceObject extends ServedObject {
  readonly addressType: string;
  /** Null when there are none. */
  readonly endpoints: readonly object[] | null;
  readonly ports?: readonly object[] | null;
}

export interface NodeObject extends ServedObject {
  readonly spec?: object;
}

export interface AutoscalerStatus {
  readonly lastScaleTime?: string;
  readonly currentReplicas?: number;
  readonly desiredReplicas: number;
  readonly currentMetrics: readonly object[] | null;
  readonly conditions?: readonly Condition[];
}

export interface AutoscalerObject extends ServedObject {
  readonly spec: {
    readonly scaleTargetRef: { readonly kind: string; readonly name: string };
    readonly minReplicas?: number;
    readonly maxReplicas: number;
    readonly metrics?: readonly {
      readonly type: string;
      readonly resource?: { readonly name: string; readonly target: { readonly averageUtilization?: number } };
    }[];
  };
  readonly status: AutoscalerStatus;
}

/** The owner that runs an object; undefined for orphans and for what users made. */
export function controllerOf({ metadata }: ServedObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** The reference by which a controller's object owns another one. */
export function controlledBy({ apiVersion, kind, metadata }: ServedObject): OwnerReference {
  const { name, uid } = metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

export function isGoing({ metadata }: ServedObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** Older objects come before younger ones; of the same second, by name. */
export function byAge(left: ServedObject, right: ServedObject): number {
  const [a, b] = [left.metadata.creationTimestamp, right.metadata.creationTimestamp];
  if (a !== b) return a < b ? -1 : 1;
  return left.metadata.name < right.metadata.name ? -1 : 1;
}

/** The condition of a type, if the object has one. */
export function conditionOf<C extends Condition>(conditions: readonly C[] | undefined, type: string): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}
