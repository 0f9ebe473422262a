// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../api/canary.js';
import type {
  ConfigMap,
  DaemonSet,
  Deployment,
  EnvVar,
  HorizontalPodAutoscaler,
  Ingress,
  KubeObject,
  PodTemplate,
  Secret,
  Service,
} from '../api/kubernetes.js';
import { canaryApiVersion } from '../api/names.js';
import { withoutNulls } from '../api/plain-json.js';
import { resources, type ResourceKind } from '../kube/index.js';
import { analysis, appName, configName, secretName, targetKindOf, type AppShape } from './app.js';
import { namespace } from './cluster.js';

/** An object that a user applies. */
export interface Manifest {
  readonly kind: ResourceKind;
  readonly object: KubeObject;
}

/** Everything that a user of the app applies, the Canary last. */
export function manifests(shape: AppShape, version: string): readonly Manifest[] {
  const { readsConfig, readsSecret = false, isAutoscaled = false, hasOwnService, target = 'Deployment' } = shape;
  return [
    ...(readsConfig ? [{ kind: resources.configMaps, object: configMap('blue') }] : []),
    ...(readsSecret ? [{ kind: resources.secrets, object: secret('opensesame') }] : []),
    ...workloads(shape, version),
    ...(isAutoscaled ? [{ kind: resources.horizontalPodAutoscalers, object: autoscaler(shape) }] : []),
    ...(target === 'Service' ? [{ kind: resources.services, object: versionedService(version) }] : []),
    ...(hasOwnService && target !== 'Service' ? [{ kind: resources.services, object: ownService() }] : []),
    { kind: resources.ingresses, object: apexIngress(shape) },
    { kind: resources.canaries, object: canary(shape) },
  ];
}

function workloads(shape: AppShape, version: string): readonly Manifest[] {
  switch (targetKindOf(shape)) {
    case 'DaemonSet':
      return [{ kind: resources.daemonSets, object: daemonSet(shape, version) }];
    case 'Service':
      return [{ kind: resources.deployments, object: versionDeployment(shape, version) }];
    case 'Deployment':
      return [{ kind: resources.deployments, object: deployment(shape, version) }];
  }
}

type Configs = Pick<AppShape, 'readsConfig' | 'readsSecret'>;

export function podTemplate(version: string, configs: Configs, labels = { app: appName }): PodTemplate {
  const env: readonly EnvVar[] = [
    ...(configs.readsConfig
      ? [{ name: 'COLOUR', valueFrom: { configMapKeyRef: { name: configName, key: 'colour' } } }]
      : []),
    ...(configs.readsSecret === true
      ? [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: secretName, key: 'password' } } }]
      : []),
  ];
  const container = { name: 'web', image: `web:${version}`, ports: [{ name: 'http', containerPort: 8080 }] };
  return { metadata: { labels }, spec: { containers: [{ ...container, ...(env.length > 0 && { env }) }] } };
}

function deployment(shape: AppShape, version: string): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: appName, namespace, labels: { app: appName } },
    spec: {
      replicas: shape.replicas,
      selector: { matchLabels: { app: appName } },
      progressDeadlineSeconds: 60,
      strategy: { type: shape.strategy },
      template: podTemplate(version, shape),
    },
  };
}

function daemonSet(shape: AppShape, version: string): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: appName, namespace, labels: { app: appName } },
    spec: { selector: { matchLabels: { app: appName } }, template: podTemplate(version, shape) },
  };
}

/** Pods of one version, which a Service may select. */
export function versionDeployment({ replicas }: Pick<AppShape, 'replicas'>, version: string): Deployment {
  const labels = { app: appName, version };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `${appName}-${version}`, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: podTemplate(version, { readsConfig: false }, labels),
    },
  };
}

function autoscaler({ replicas }: AppShape): HorizontalPodAutoscaler {
  const metric = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } };
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: appName, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: appName },
      minReplicas: replicas,
      maxReplicas: replicas + 3,
      metrics: [{ type: 'Resource', resource: metric }],
    },
  };
}

function configMap(colour: string): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: configName, namespace }, data: { colour } };
}

/** Data of a Secret, in base64. */
export function secretData(password: string): Readonly<Record<string, string>> {
  return { password: Buffer.from(password).toString('base64') };
}

function secret(password: string): Secret {
  const data = secretData(password);
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: secretName, namespace }, type: 'Opaque', data };
}

const ports = [{ name: 'http', port: 80, targetPort: 8080 }];

function ownService(): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: appName, namespace, labels: { team: 'shop' }, annotations: { 'example.com/owner': 'shop' } },
    spec: { selector: { app: appName }, ports },
  };
}

function versionedService(version: string): Service {
  const service = ownService();
  return { ...service, spec: { ...service.spec, selector: { app: appName, version } } };
}

function apexIngress({ filter, predicate }: Pick<AppShape, 'filter' | 'predicate'>): Ingress {
  const backend = { service: { name: appName, port: { number: 80 } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: appName,
      namespace,
      annotations: {
        ...(filter !== undefined && { 'zalando.org/skipper-filter': filter }),
        ...(predicate !== undefined && { 'zalando.org/skipper-predicate': predicate }),
      },
    },
    spec: {
      ingressClassName: 'skipper',
      rules: [{ host: 'app.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}

const apiVersions = { Deployment: 'apps/v1', DaemonSet: 'apps/v1', Service: 'v1' } as const;

/** More than the levels of a Canary. */
const depth = 20;

export function canary(shape: AppShape): Canary {
  const { target: kind = 'Deployment', isAutoscaled = false } = shape;
  const spec = {
    ...routing(shape),
    targetRef: { apiVersion: apiVersions[kind], kind, name: appName },
    ...(isAutoscaled && {
      autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: appName },
    }),
    progressDeadlineSeconds: 60,
    service: { port: 80, ...(kind !== 'Service' && { targetPort: 8080 }) },
    skipAnalysis: shape.skipAnalysis,
    revertOnDeletion: shape.revertOnDeletion,
    analysis: analysis(shape),
  };
  const object: KubeObject & { readonly spec: unknown } = {
    apiVersion: canaryApiVersion,
    kind: 'Canary',
    metadata: { name: appName, namespace },
    spec: withoutNulls(spec, depth),
  };
  return object;
}

/** The members of `spec` that say by whom requests are divided. */
export function routing({ provider }: Pick<AppShape, 'provider'>): Readonly<Record<string, unknown>> {
  if (provider !== undefined) return { provider, ingressRef: null };
  return { provider: 'skipper', ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: appName } };
}
