// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../api/canary.js';
import type { ConfigMap, Deployment, Ingress, KubeObject, PodSpec, PodTemplate, Service } from '../api/kubernetes.js';
import { canaryApiVersion } from '../api/names.js';
import { namespace } from './cluster.js';
import type { Dice } from './dice.js';

/** Name of the Deployment, its Service, its Ingress and its Canary. */
export const appName = 'web';
export const configName = 'settings';

/** How a version of the app behaves once it runs. */
export type Quality = 'good' | 'bad metrics' | 'no data' | 'never ready';

/** What differs from one simulated app to the next. */
export interface AppShape {
  readonly replicas: number;
  readonly strategy: 'RollingUpdate' | 'Recreate';
  readonly readsConfig: boolean;
  readonly hasOwnService: boolean;
  readonly intervalSeconds: number;
  readonly threshold: number;
  readonly stepWeight?: number;
  readonly stepWeights?: readonly number[];
  readonly stepWeightPromotion?: number;
  readonly maxWeight?: number;
  readonly hooks: readonly ('confirm-rollout' | 'pre-rollout' | 'rollout' | 'confirm-promotion' | 'post-rollout')[];
  readonly skipAnalysis: boolean;
  readonly revertOnDeletion: boolean;
  readonly filter?: string;
  readonly predicate?: string;
}

/** A shape that a team might have. */
export function drawShape(dice: Dice): AppShape {
  const steps = dice.pick<Partial<AppShape>>([
    { stepWeight: 50, maxWeight: 50 },
    { stepWeight: 20, maxWeight: 60 },
    { stepWeight: 30, maxWeight: 100 },
    { stepWeights: [1, 10, 50] },
    { stepWeights: [5, 80], stepWeightPromotion: 40 },
  ]);
  const hooks = (['confirm-rollout', 'pre-rollout', 'rollout', 'confirm-promotion', 'post-rollout'] as const).filter(
    () => dice.chance(0.2),
  );
  return {
    replicas: dice.between(1, 3),
    strategy: dice.chance(0.15) ? 'Recreate' : 'RollingUpdate',
    readsConfig: dice.chance(0.3),
    hasOwnService: dice.chance(0.4),
    intervalSeconds: dice.pick([10, 15, 30]),
    threshold: dice.between(1, 3),
    ...steps,
    hooks,
    skipAnalysis: dice.chance(0.08),
    revertOnDeletion: dice.chance(0.3),
    ...(dice.chance(0.3) && { filter: 'ratelimit(20, "1m")' }),
    ...(dice.chance(0.3) && { predicate: 'Header("x-tenant", "one")' }),
  };
}

export function podTemplate(version: string, readsConfig: boolean): PodTemplate {
  const env = [{ name: 'COLOUR', valueFrom: { configMapKeyRef: { name: configName, key: 'colour' } } }];
  const container = { name: 'web', image: `web:${version}`, ports: [{ name: 'http', containerPort: 8080 }] };
  return {
    metadata: { labels: { app: appName } },
    spec: { containers: [{ ...container, ...(readsConfig && { env }) }] },
  };
}

/** The version that a pod or a pod template runs. */
export function versionOf({ spec }: { readonly spec: Pick<PodSpec, 'containers'> }): string {
  return spec.containers[0]?.image?.split(':')[1] ?? '';
}

/** The version that a Deployment asks for; empty when there is none. */
export function versionOfDeployment(deployment: Deployment | undefined): string {
  return deployment === undefined ? '' : versionOf(deployment.spec.template);
}

export function deployment(shape: AppShape, version: string): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: appName, namespace, labels: { app: appName } },
    spec: {
      replicas: shape.replicas,
      selector: { matchLabels: { app: appName } },
      progressDeadlineSeconds: 60,
      strategy: { type: shape.strategy },
      template: podTemplate(version, shape.readsConfig),
    },
  };
}

export function configMap(colour: string): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: configName, namespace }, data: { colour } };
}

export function ownService(): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: appName, namespace, labels: { team: 'shop' }, annotations: { 'example.com/owner': 'shop' } },
    spec: { selector: { app: appName }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}

export function apexIngress({ filter, predicate }: Pick<AppShape, 'filter' | 'predicate'>): Ingress {
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

/** The analysis of a Canary as a user writes it. */
export function analysis(shape: AppShape): Readonly<Record<string, unknown>> {
  const { intervalSeconds, threshold, stepWeight, stepWeights, stepWeightPromotion, maxWeight, hooks } = shape;
  return {
    interval: `${intervalSeconds}s`,
    threshold,
    ...(stepWeight !== undefined && { stepWeight }),
    ...(stepWeights !== undefined && { stepWeights }),
    ...(stepWeightPromotion !== undefined && { stepWeightPromotion }),
    ...(maxWeight !== undefined && { maxWeight }),
    metrics: [{ name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } }],
    webhooks: hooks.map((type) => ({ name: type, type, url: `http://hooks.example.com/${type}`, timeout: '10s' })),
  };
}

export function canary(shape: AppShape): Canary {
  const object: KubeObject & { readonly spec: unknown } = {
    apiVersion: canaryApiVersion,
    kind: 'Canary',
    metadata: { name: appName, namespace },
    spec: {
      provider: 'skipper',
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: appName },
      ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: appName },
      progressDeadlineSeconds: 60,
      service: { port: 80, targetPort: 8080 },
      skipAnalysis: shape.skipAnalysis,
      revertOnDeletion: shape.revertOnDeletion,
      analysis: analysis(shape),
    },
  };
  return object;
}
