// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, OwnerReference, StringMap } from '../api/kubernetes.js';
import { canaryGroup, fluxKeyPart, lastAppliedAnnotation } from '../api/names.js';

/*
 * Which labels and annotations of a user's object go to the objects that are generated from it, and whose a generated object is.
 */

/** The entries whose key passes; a new map. */
export function entriesWhere(map: StringMap | undefined, keep: (key: string) => boolean): StringMap {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => keep(key)));
}

/** The map without the keys of Flux, whose controllers would otherwise take the generated object for theirs. */
export function withoutFlux(map: StringMap | undefined): StringMap {
  return entriesWhere(map, isNotFlux);
}

/**
 * The entries that the setting `-include-label-prefix` lets through: those whose key starts with one of the prefixes, all for
 * "*", none for an empty list. Keys of Flux never pass.
 */
export function includedByPrefix(map: StringMap | undefined, prefixes: readonly string[]): StringMap {
  const isIncluded = (key: string): boolean =>
    prefixes.some((prefix) => prefix === '*' || (prefix !== '' && key.startsWith(prefix)));
  return entriesWhere(map, (key) => isNotFlux(key) && isIncluded(key));
}

/** Annotations by which a Kubernetes controller or kubectl describes the very object that carries them. */
export function describesItsObject(key: string): boolean {
  return key === lastAppliedAnnotation || isControllerAnnotation(key);
}

/** Annotations of tools about the very autoscaler that carries them; all others may steer a metrics adapter. */
export function isToolAnnotation(key: string): boolean {
  return toolPrefixes.some((prefix) => key.startsWith(prefix));
}

const toolPrefixes = [
  'kubectl.kubernetes.io/',
  'autoscaling.alpha.kubernetes.io/',
  'argocd.argoproj.io/',
  'meta.helm.sh/',
  'helm.sh/',
];

/** Annotations that Kubernetes itself keeps on a Deployment or a DaemonSet. */
export function isControllerAnnotation(key: string): boolean {
  return key.startsWith('deployment.kubernetes.io/') || key === 'deprecated.daemonset.template.generation';
}

/**
 * Whether the object's controller is the Canary of this reference. Compared by name, not by uid: what a Canary of this name
 * left behind is ours too, until the garbage collector takes it.
 */
export function isControlledBy(object: KubeObject, owner: OwnerReference): boolean {
  const controller = object.metadata.ownerReferences?.find((reference) => reference.controller === true);
  return controller !== undefined && isCanaryReference(controller) && controller.name === owner.name;
}

/** Whether the reference names a Canary, of whatever API version. */
export function isCanaryReference(reference: OwnerReference): boolean {
  return reference.kind === 'Canary' && reference.apiVersion.split('/')[0] === canaryGroup;
}

function isNotFlux(key: string): boolean {
  return !key.includes(fluxKeyPart);
}
