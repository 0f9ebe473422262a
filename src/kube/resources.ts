// SPDX-License-Identifier: Apache-2.0
import type { AlertProviderObject } from '../api/alert-provider.js';
import type { Canary } from '../api/canary.js';
import type {
  ConfigMap,
  ControllerRevision,
  CoreEvent,
  DaemonSet,
  Deployment,
  EndpointSlice,
  HorizontalPodAutoscaler,
  Ingress,
  KubeObject,
  Lease,
  ObjectKey,
  ReplicaSet,
  ScaledObject,
  Secret,
  Service,
} from '../api/kubernetes.js';
import type { MetricTemplateObject } from '../api/metric-template.js';

declare const objectType: unique symbol;

/** A namespaced kind as the API serves it. `T` is the type of its objects and exists for the compiler only. */
export interface ResourceKind<T extends KubeObject = KubeObject> {
  readonly apiVersion: string;
  readonly kind: string;
  /** The name in URLs and RBAC rules. */
  readonly plural: string;
  readonly [objectType]?: T;
}

/** Declares a kind. Only for kinds that live in a namespace. */
export function resourceKind<T extends KubeObject>(apiVersion: string, kind: string, plural: string): ResourceKind<T> {
  return { apiVersion, kind, plural };
}

/** An object whose type says nothing beyond its metadata; whoever reads it checks what it finds. */
export interface UntypedObject extends KubeObject {
  readonly spec?: unknown;
  readonly status?: unknown;
  readonly data?: unknown;
}

/** Every kind that the operator reads or writes. */
export const resources = {
  canaries: resourceKind<Canary>('flagger.app/v1beta1', 'Canary', 'canaries'),
  metricTemplates: resourceKind<MetricTemplateObject>('flagger.app/v1beta1', 'MetricTemplate', 'metrictemplates'),
  alertProviders: resourceKind<AlertProviderObject>('flagger.app/v1beta1', 'AlertProvider', 'alertproviders'),
  deployments: resourceKind<Deployment>('apps/v1', 'Deployment', 'deployments'),
  daemonSets: resourceKind<DaemonSet>('apps/v1', 'DaemonSet', 'daemonsets'),
  replicaSets: resourceKind<ReplicaSet>('apps/v1', 'ReplicaSet', 'replicasets'),
  controllerRevisions: resourceKind<ControllerRevision>('apps/v1', 'ControllerRevision', 'controllerrevisions'),
  services: resourceKind<Service>('v1', 'Service', 'services'),
  endpointSlices: resourceKind<EndpointSlice>('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices'),
  ingresses: resourceKind<Ingress>('networking.k8s.io/v1', 'Ingress', 'ingresses'),
  horizontalPodAutoscalers: resourceKind<HorizontalPodAutoscaler>(
    'autoscaling/v2',
    'HorizontalPodAutoscaler',
    'horizontalpodautoscalers',
  ),
  scaledObjects: resourceKind<ScaledObject>('keda.sh/v1alpha1', 'ScaledObject', 'scaledobjects'),
  configMaps: resourceKind<ConfigMap>('v1', 'ConfigMap', 'configmaps'),
  secrets: resourceKind<Secret>('v1', 'Secret', 'secrets'),
  events: resourceKind<CoreEvent>('v1', 'Event', 'events'),
  leases: resourceKind<Lease>('coordination.k8s.io/v1', 'Lease', 'leases'),
} as const;

/** URL path of a kind's collection: in one namespace, or in all when `namespace` is undefined. */
export function collectionPath(kind: ResourceKind, namespace: string | undefined): string {
  const root = kind.apiVersion.includes('/') ? `/apis/${kind.apiVersion}` : `/api/${kind.apiVersion}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${kind.plural}`;
}

/** URL path of one object. */
export function objectPath(kind: ResourceKind, key: ObjectKey): string {
  return `${collectionPath(kind, key.namespace)}/${encodeURIComponent(key.name)}`;
}
