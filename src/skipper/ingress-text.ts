// SPDX-License-Identifier: Apache-2.0
import type { Ingress, IngressPath, IngressRule } from '../api/kubernetes.js';

/** "Ingress podinfo.test": how messages name an Ingress. */
export function describeIngress(ingress: Ingress): string {
  return `Ingress ${ingress.metadata.name}.${ingress.metadata.namespace ?? ''}`;
}

/** "app.example.com/img": how messages name the requests that a path is for. */
export function describePath(rule: IngressRule, path: IngressPath): string {
  return `${rule.host ?? '*'}${path.path ?? '/'}`;
}
