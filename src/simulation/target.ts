// SPDX-License-Identifier: Apache-2.0
import type { DaemonSet, Deployment, KubeObject, Service } from '../api/kubernetes.js';
import { canaryName, primaryName, scaleToZeroNodeSelector } from '../api/names.js';
import { sameJson } from '../lib/hash.js';
import { resources, type ResourceKind } from '../kube/index.js';
import { appName, versionOf, type TargetKind } from './app.js';
import type { Cluster } from './cluster.js';
import type { Variant } from './routed-traffic.js';

/** What is to be seen of a target or its primary, whatever its kind. */
export interface RolledOut {
  /** What its pods run, or the pods that it leads to. */
  readonly version: string;
  /** Pods that it asks for; of a DaemonSet 1 or 0, for there is one node. A Service asks for none and always has some. */
  readonly size: number;
  /** Everything that the operator must not change. */
  readonly users: unknown;
  /** Whether a change of it may leave no pod serving for a while. */
  readonly losesAllPods: boolean;
}

const kinds: Readonly<Record<TargetKind, ResourceKind>> = {
  Deployment: resources.deployments,
  DaemonSet: resources.daemonSets,
  Service: resources.services,
};

export function resourceOf(kind: TargetKind): ResourceKind {
  return kinds[kind];
}

/** What a target or primary of this kind is. The object has passed the server's schema of its kind. */
export function rolledOut(kind: TargetKind, object: KubeObject): RolledOut {
  // Parse boundary in each case, as above.
  switch (kind) {
    case 'Deployment':
      return deploymentAsSeen(object as Deployment);
    case 'DaemonSet':
      return daemonSetAsSeen(object as DaemonSet);
    case 'Service':
      return serviceAsSeen(object as Service);
  }
}

/** The target or the primary; undefined when there is none. */
export function findRolledOut(cluster: Cluster, kind: TargetKind, name: string): RolledOut | undefined {
  const object = cluster.find(kinds[kind], name);
  return object === undefined ? undefined : rolledOut(kind, object);
}

function deploymentAsSeen({ spec: { replicas = 1, ...spec } }: Deployment): RolledOut {
  const losesAllPods = spec.strategy?.type === 'Recreate';
  return { version: versionOf(spec.template), size: replicas, users: spec, losesAllPods };
}

function daemonSetAsSeen({ spec }: DaemonSet): RolledOut {
  const { [scaleToZeroNodeSelector]: switchedOff, ...nodeSelector } = spec.template.spec.nodeSelector ?? {};
  const users = { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, nodeSelector } } };
  return { version: versionOf(spec.template), size: switchedOff === undefined ? 1 : 0, users, losesAllPods: true };
}

function serviceAsSeen({ spec }: Service): RolledOut {
  return { version: spec.selector?.version ?? '', size: 1, users: spec, losesAllPods: false };
}

/** Whose pods a Service leads to. Services that lead to the same pods lead to the primary's: nobody meets another version. */
export function variantBehind(kind: TargetKind, service: Service, services: readonly Service[]): Variant | undefined {
  const { name } = service.metadata;
  if (kind === 'Service') {
    const primary = services.find(({ metadata }) => metadata.name === primaryName(appName));
    return name === primaryName(appName) || sameJson(primary?.spec.selector, service.spec.selector)
      ? 'primary'
      : 'target';
  }
  switch (service.spec.selector?.app) {
    case appName:
      return 'target';
    case primaryName(appName):
      return 'primary';
    default:
      return undefined;
  }
}

/** Name of the Service that leads to a variant. */
export function serviceOfVariant(variant: Variant): string {
  return variant === 'target' ? canaryName(appName) : primaryName(appName);
}
