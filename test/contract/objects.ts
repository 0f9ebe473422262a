// SPDX-License-Identifier: Apache-2.0

/** Paths and small objects for the cases. */

export const core = '/api/v1';
export const apps = '/apis/apps/v1';
export const networking = '/apis/networking.k8s.io/v1';
export const autoscaling = '/apis/autoscaling/v2';
export const discovery = '/apis/discovery.k8s.io/v1';
export const coordination = '/apis/coordination.k8s.io/v1';
export const rbac = '/apis/rbac.authorization.k8s.io/v1';
export const extensions = '/apis/apiextensions.k8s.io/v1';
export const flagger = '/apis/flagger.app/v1beta1';

/** `inNamespace(apps, 'deployments', 'a', 'b')` is the path of the Deployment b in namespace a. */
export function inNamespace(group: string, resource: string, namespace: string, ...rest: readonly string[]): string {
  return [group, 'namespaces', namespace, resource, ...rest].join('/');
}

const labels = { app: 'web' };
export const selector = { matchLabels: labels };

export function podTemplate(container: object = {}, spec: object = {}): object {
  return { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1.0', ...container }], ...spec } };
}

export function configMap(name: string, data: object = {}, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

export function replicaSet(name: string, spec: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name },
    spec: { replicas: 0, selector, template: podTemplate(), ...spec },
  };
}

export function deployment(name: string, spec: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas: 0, selector, template: podTemplate(), ...spec },
  };
}

export function service(name: string, spec: object = {}): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } };
}

export function ingress(name: string, spec: object = {}): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name },
    spec: { rules: [{ host: 'app.example.com', http: { paths: [ingressPath()] } }], ...spec },
  };
}

export function ingressPath(fields: object = {}): object {
  return {
    path: '/',
    pathType: 'Prefix',
    backend: { service: { name: 'web', port: { number: 80 } } },
    ...fields,
  };
}

export function canary(name: string, spec: object = {}): object {
  return {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      service: { port: 80 },
      analysis: { interval: '1m', threshold: 2, stepWeight: 5, maxWeight: 50 },
      ...spec,
    },
  };
}
