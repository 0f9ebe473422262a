// SPDX-License-Identifier: Apache-2.0
import type {
  DaemonSet,
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  KubeObject,
  PodTemplate,
  ScaledObject,
  Service,
} from '../api/kubernetes.js';
import type { MetricTemplateObject } from '../api/metric-template.js';
import { canaryApiVersion, metricTemplateKind } from '../api/names.js';
import type { RolloutSpec } from '../api/rollout-spec.js';

/*
 * Objects in place of those that a Canary refers to and that nobody has given: as plain as the Canary allows.
 */

export const assumedHost = 'app.example.com';
export const assumedReplicas = 2;

export function madeUpTemplate({ target, service }: RolloutSpec): PodTemplate {
  const { targetPort } = service;
  const port =
    typeof targetPort === 'number'
      ? { name: 'http', containerPort: targetPort }
      : { name: targetPort, containerPort: 8080 };
  return {
    metadata: { labels: { app: target.name } },
    spec: { containers: [{ name: 'app', image: `${target.name}:1`, ports: [port] }] },
  };
}

export function madeUpDeployment(spec: RolloutSpec, namespace: string): Deployment {
  const { name } = spec.target;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      replicas: assumedReplicas,
      selector: { matchLabels: { app: name } },
      progressDeadlineSeconds: spec.progressDeadlineMs / 1_000,
      template: madeUpTemplate(spec),
    },
  };
}

export function madeUpDaemonSet(spec: RolloutSpec, namespace: string): DaemonSet {
  const { name } = spec.target;
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, labels: { app: name } },
    spec: { selector: { matchLabels: { app: name } }, template: madeUpTemplate(spec) },
  };
}

export function madeUpService({ target, service }: RolloutSpec, namespace: string): Service {
  const { name } = target;
  const port = { name: service.portName, port: service.port, targetPort: service.targetPort };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [port] },
  };
}

export function madeUpIngress(name: string, { service }: RolloutSpec, namespace: string): Ingress {
  const backend = { service: { name: service.name, port: { number: service.port } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace },
    spec: {
      ingressClassName: 'skipper',
      rules: [{ host: assumedHost, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}

export function madeUpAutoscaler(name: string, { target }: RolloutSpec, namespace: string): HorizontalPodAutoscaler {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: {
      scaleTargetRef: { apiVersion: target.apiVersion, kind: target.kind, name: target.name },
      minReplicas: assumedReplicas,
      maxReplicas: 2 * assumedReplicas,
    },
  };
}

export function madeUpScaledObject(name: string, { target, autoscaler }: RolloutSpec, namespace: string): ScaledObject {
  const names = Object.keys(autoscaler?.primaryScalerQueries ?? {});
  const triggers = (names.length > 0 ? names : ['requests']).map((trigger) => ({
    type: 'prometheus',
    name: trigger,
    metadata: { query: `sum(rate(requests_total{app="${target.name}"}[1m]))` },
  }));
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name, namespace },
    spec: { scaleTargetRef: { name: target.name }, triggers },
  };
}

export function madeUpMetricTemplate(name: string, namespace: string): MetricTemplateObject {
  return {
    apiVersion: canaryApiVersion,
    kind: metricTemplateKind,
    metadata: { name, namespace },
    spec: { provider: { type: 'prometheus', address: 'http://prometheus:9090' }, query: 'vector(0)' },
  };
}

export function madeUpConfig(kind: 'ConfigMap' | 'Secret', name: string, namespace: string): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace } };
}

/** Stands for KEDA's own: the same names, and a schema that takes everything. */
export const scaledObjectDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'scaledobjects.keda.sh' },
  spec: {
    group: 'keda.sh',
    scope: 'Namespaced',
    names: { kind: 'ScaledObject', listKind: 'ScaledObjectList', plural: 'scaledobjects', singular: 'scaledobject' },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        },
      },
    ],
  },
} as const;
