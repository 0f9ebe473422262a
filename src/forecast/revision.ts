// SPDX-License-Identifier: Apache-2.0
import type { DaemonSet, Deployment, PodSpec, Service, StringMap } from '../api/kubernetes.js';
import { resources, type MergePatch, type ResourceKind } from '../kube/index.js';

/** The change that begins a rollout, and how its pods are told from those before it. */
export interface Revision {
  readonly kind: ResourceKind;
  readonly patch: MergePatch;
  /** What pods need besides, when they are not the target's own. */
  readonly pods: readonly Deployment[];
}

const mark = '-next';

/** A new revision of a target: another image, or for a Service the pods of another version. */
export function newRevisionOf(target: Deployment | DaemonSet | Service): Revision {
  if (isPodWorkload(target)) {
    const kind = target.kind === 'DaemonSet' ? resources.daemonSets : resources.deployments;
    return { kind, patch: { spec: { template: { spec: withNewImage(target.spec.template.spec) } } }, pods: [] };
  }
  const { selector = {} } = target.spec;
  const next = Object.fromEntries(Object.entries(selector).map(([label, value]) => [label, `${value}${mark}`]));
  return {
    kind: resources.services,
    patch: { spec: { selector: next } },
    pods: [podsOf(target, selector, ''), podsOf(target, next, mark)],
  };
}

function isPodWorkload(target: Deployment | DaemonSet | Service): target is Deployment | DaemonSet {
  return 'template' in target.spec;
}

export function isOfNewRevision({ spec }: { readonly spec: PodSpec }): boolean {
  return spec.containers.some(({ image = '' }) => image.endsWith(mark));
}

function withNewImage({ containers }: PodSpec): { readonly containers: PodSpec['containers'] } {
  const [first, ...rest] = containers;
  return { containers: first === undefined ? [] : [{ ...first, image: `${first.image ?? ''}${mark}` }, ...rest] };
}

/** What somebody else runs behind a Service. */
function podsOf({ metadata, spec }: Service, labels: StringMap, suffix: string): Deployment {
  const name = `${metadata.name}-pods${suffix}`;
  const ports = (spec.ports ?? []).map(({ targetPort, port, name: portName }) =>
    typeof targetPort === 'string'
      ? { name: targetPort, containerPort: 8080 }
      : { ...(portName !== undefined && { name: portName }), containerPort: targetPort ?? port },
  );
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: metadata.namespace ?? '' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'app', image: `app:1${suffix}`, ports }] },
      },
    },
  };
}
