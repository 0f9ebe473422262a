// SPDX-License-Identifier: Apache-2.0
// Builders for the tests of this folder.
import type { Ingress, IngressPath, IngressRule, OwnerReference, StringMap } from '../api/kubernetes.js';
import { renderCanaryIngress } from './canary-ingress.js';
import type { CanaryIngressInput } from './canary-ingress.js';
import { toolMetadata } from './copied-metadata.js';
import type { RouteIntent } from './route-state.js';

export const owner: OwnerReference = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  name: 'podinfo',
  uid: '269d1e85-17ac-42ca-98fe-58061b734c03',
  controller: true,
  blockOwnerDeletion: true,
};

export const changedAt = '2026-11-23T09:02:15.123Z';

export function aPath(service: string, path: string | undefined = '/', pathType = 'Prefix'): IngressPath {
  return { ...(path !== '' && { path }), pathType, backend: { service: { name: service, port: { number: 80 } } } };
}

export function aRule(host: string, ...paths: readonly IngressPath[]): IngressRule {
  return { ...(host !== '' && { host }), http: { paths } };
}

export interface IngressOptions {
  readonly name?: string;
  readonly namespace?: string;
  readonly annotations?: StringMap;
  readonly labels?: StringMap;
  readonly rules?: readonly IngressRule[];
  readonly spec?: Partial<Ingress['spec']>;
}

/** An apex Ingress that sends app.example.com to Service podinfo, unless told otherwise. */
export function anIngress(options: IngressOptions = {}): Ingress {
  const { annotations, labels } = options;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: options.name ?? 'podinfo',
      namespace: options.namespace ?? 'test',
      ...(annotations && { annotations }),
      ...(labels && { labels }),
    },
    spec: { rules: options.rules ?? [aRule('app.example.com', aPath('podinfo'))], ...options.spec },
  };
}

export function anIntent(intent: Partial<RouteIntent> = {}): RouteIntent {
  return { canaryWeight: 20, enabled: true, changedAt, shape: 'shape-1', ...intent };
}

export function render(apex: Ingress, input: Partial<CanaryIngressInput> = {}): Ingress {
  return renderCanaryIngress({
    apex,
    observed: undefined,
    owner,
    serviceName: 'podinfo',
    intent: anIntent(),
    excludedMetadata: toolMetadata,
    ...input,
  });
}

/** "host/path -> service" of every path, in the order in which Skipper reads them. */
export function pathsOf(ingress: Ingress): readonly string[] {
  return (ingress.spec.rules ?? []).flatMap((rule) =>
    (rule.http?.paths ?? []).map(
      (path) => `${rule.host ?? '*'}${path.path ?? ''} -> ${path.backend.service?.name ?? 'no Service'}`,
    ),
  );
}

export function annotation(ingress: Ingress, key: string): string | undefined {
  return ingress.metadata.annotations?.[key];
}
