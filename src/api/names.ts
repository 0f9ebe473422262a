// SPDX-License-Identifier: Apache-2.0
import { rememberedFor } from '../lib/remembered.js';
import type { Canary } from './canary.js';
import type { KubeObject, ObjectKey, OwnerReference, StringMap } from './kubernetes.js';

export const canaryGroup = 'flagger.app';
export const canaryVersion = 'v1beta1';
export const canaryApiVersion = `${canaryGroup}/${canaryVersion}`;
export const canaryKind = 'Canary';
export const metricTemplateKind = 'MetricTemplate';
export const alertProviderKind = 'AlertProvider';

/** On the primary workload: the revision whose template it carries, written in the same request as the template. */
export const revisionAnnotation = 'flagger.app/revision';
/** On the object that holds the routes: RFC 3339 moment of the last change of weights. */
export const routesChangedAtAnnotation = 'flagger.app/routes-changed-at';
/** On the object that holds the routes: JSON of the failed rollout that is being rolled back. */
export const verdictAnnotation = 'flagger.app/verdict';
/** On an apex Service that somebody else made: what the operator changed of it, as JSON, so that it can be given back. */
export const adoptedServiceAnnotation = 'flagger.app/adopted-service';
/** On a user's ConfigMap or Secret: a value that starts with "disable" keeps it shared between primary and canary. */
export const configTrackingAnnotation = 'flagger.app/config-tracking';
/** On the primary's pod template: an id of the promoted revision; a new one rolls the primary's pods. */
export const podRevisionAnnotation = 'flagger-id';
/** Key in the pod `nodeSelector` of a DaemonSet that shall run no pods. */
export const scaleToZeroNodeSelector = 'flagger.app/scale-to-zero';
/** On a KEDA ScaledObject: keeps its workload at this many replicas. */
export const pausedReplicasAnnotation = 'autoscaling.keda.sh/paused-replicas';
/** On a Canary with `revertOnDeletion`. */
export const canaryFinalizer = 'finalizer.flagger.app';

export const skipperWeightsAnnotation = 'zalando.org/backend-weights';
export const skipperPredicateAnnotation = 'zalando.org/skipper-predicate';
export const skipperFilterAnnotation = 'zalando.org/skipper-filter';
export const skipperRoutesAnnotation = 'zalando.org/skipper-routes';

/** In place of the address of a Prometheus: the operator reads the built-in metrics from Skipper itself. */
export const skipperMetricsServer = 'skipper';

/** Where kubectl keeps the object as the user last applied it. */
export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** Labels and annotations whose key contains this belong to Flux and are never copied to a generated object. */
export const fluxKeyPart = 'toolkit.fluxcd.io';

/** Tells both Flux controllers to leave an object alone although a user's manifest may hold one of the same name. */
export const fluxOffSwitch: StringMap = {
  'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
  'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
};

/** Name of the copy that serves production: of a workload, Service, ConfigMap, Secret or autoscaler. */
export function primaryName(name: string): string {
  return `${name}-primary`;
}

/** Name of the generated Service or Ingress that leads to the target's pods. */
export function canaryName(name: string): string {
  return `${name}-canary`;
}

/** The object's place within its kind; the namespace is empty for cluster-scoped objects. */
export function objectKey(object: KubeObject): ObjectKey {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

/** The reference that makes an object a Canary's own: garbage-collected with it, and with this uid only. */
export const ownerReferenceOf = rememberedFor((canary: Canary): OwnerReference => ({
  apiVersion: canaryApiVersion,
  kind: canaryKind,
  name: canary.metadata.name,
  uid: canary.metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
}));
