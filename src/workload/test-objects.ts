// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import type { Canary } from '../api/canary.js';
import type {
  ConfigMap,
  DaemonSet,
  Deployment,
  HorizontalPodAutoscaler,
  KubeObject,
  OwnerReference,
  PodSpec,
  PodTemplate,
  Secret,
  Service,
  StringMap,
} from '../api/kubernetes.js';
import { normaliseSpec } from '../api/normalise-spec.js';
import type { RolloutSpec, ServiceSpec } from '../api/rollout-spec.js';
import { withoutNulls } from '../api/plain-json.js';
import type { SelectorLabel } from './selector-label.js';

/*
 * Objects for the tests of this folder: builders, and a namespace as a real Flagger left it.
 */

export const selectorLabels = ['app', 'name', 'app.kubernetes.io/name'];
export const podinfoLabel: SelectorLabel = { key: 'app', value: 'podinfo' };
export const owner: OwnerReference = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  name: 'podinfo',
  uid: '269d1e85-17ac-42ca-98fe-58061b734c03',
  controller: true,
  blockOwnerDeletion: true,
};

export interface ObjectTypes {
  readonly Canary: Canary;
  readonly Deployment: Deployment;
  readonly Service: Service;
  readonly HorizontalPodAutoscaler: HorizontalPodAutoscaler;
  readonly ConfigMap: ConfigMap;
  readonly Secret: Secret;
}

export interface FlaggerState {
  readonly spec: RolloutSpec;
  get<K extends keyof ObjectTypes>(kind: K, name: string): ObjectTypes[K];
  with(...changed: readonly KubeObject[]): FlaggerState;
}

export const moments = ['after-init', 'after-promote', 'after-rollback', 'mid-rollout-weight-20'] as const;

/** Objects that a real Flagger left in namespace "test". */
export function flaggerState(moment: (typeof moments)[number]): FlaggerState {
  const file = new URL(`../../test/fixtures/flagger-state/${moment}.json`, import.meta.url);
  const list = JSON.parse(readFileSync(file, 'utf8')) as { readonly items: readonly KubeObject[] }; // our own fixture
  return stateOf(list.items);
}

function stateOf(items: readonly KubeObject[]): FlaggerState {
  const get = <K extends keyof ObjectTypes>(kind: K, name: string): ObjectTypes[K] => {
    const found = items.find((item) => item.kind === kind && item.metadata.name === name);
    if (found === undefined) throw new Error(`The fixture has no ${kind} ${name}`);
    return found as ObjectTypes[K]; // our own fixture
  };
  const normalised = normaliseSpec(get('Canary', 'podinfo'), { provider: 'skipper', intervalFloorMs: 10_000 });
  if (normalised.kind === 'invalid') throw new Error(normalised.problems.join('; '));
  const isSame = (left: KubeObject, right: KubeObject): boolean =>
    left.kind === right.kind && left.metadata.name === right.metadata.name;
  return {
    spec: normalised.spec,
    get,
    with: (...changed) =>
      stateOf([...items.filter((item) => !changed.some((object) => isSame(object, item))), ...changed]),
  };
}

/** What of an object its writer decides: without what the API server and controllers fill in, and without empty maps. */
export function written(object: KubeObject): Readonly<Record<string, unknown>> {
  const { metadata } = object;
  const { name, namespace, ownerReferences, labels = {}, annotations = {} } = metadata;
  const members: readonly (readonly [string, unknown])[] = Object.entries(object);
  return {
    ...Object.fromEntries(
      members
        .filter(([member]) => member !== 'status')
        .map(([member, value]) => [member, member === 'spec' ? withoutAllocated(value) : value]),
    ),
    metadata: { name, namespace, ownerReferences, labels, annotations },
  };
}

function withoutAllocated(spec: unknown): unknown {
  return Object.fromEntries(Object.entries(spec ?? {}).filter(([field]) => !allocatedServiceFields.has(field)));
}

const allocatedServiceFields = new Set([
  'clusterIP',
  'clusterIPs',
  'sessionAffinity',
  'ipFamilies',
  'ipFamilyPolicy',
  'internalTrafficPolicy',
]);

export interface DeploymentOptions {
  readonly name?: string;
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  readonly replicas?: number;
  readonly spec?: Partial<Deployment['spec']>;
  readonly template?: PodTemplate;
  readonly status?: Deployment['status'];
  readonly generation?: number;
}

export function aTemplate(spec: Partial<PodSpec> = {}, metadata: PodTemplate['metadata'] = {}): PodTemplate {
  return {
    metadata: { ...metadata, labels: { app: 'podinfo', ...metadata.labels } },
    spec: { containers: [{ name: 'app', image: 'podinfo:1' }], ...spec },
  };
}

export function aDeployment(options: DeploymentOptions = {}): Deployment {
  const { name = 'podinfo', labels = {}, annotations = {}, replicas = 2, template = aTemplate() } = options;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace: 'test',
      uid: `uid-${name}`,
      resourceVersion: '7',
      labels,
      annotations,
      ...(options.generation !== undefined && { generation: options.generation }),
    },
    spec: { replicas, selector: { matchLabels: { app: name } }, template, ...options.spec },
    ...(options.status !== undefined && { status: options.status }),
  };
}

export function aDaemonSet(
  spec: Partial<DaemonSet['spec']> = {},
  status?: DaemonSet['status'],
  metadata: Partial<DaemonSet['metadata']> = {},
): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'podinfo', namespace: 'test', uid: 'uid-podinfo', resourceVersion: '7', ...metadata },
    spec: { selector: { matchLabels: { app: 'podinfo' } }, template: aTemplate(), ...spec },
    ...(status !== undefined && { status }),
  };
}

export function aConfigMap(
  fields: Partial<Omit<ConfigMap, 'metadata'>> = {},
  metadata: Partial<ConfigMap['metadata']> = {},
): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'env', namespace: 'test', ...metadata }, ...fields };
}

export function aSecret(
  fields: Partial<Omit<Secret, 'metadata'>> = {},
  metadata: Partial<Secret['metadata']> = {},
): Secret {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token', namespace: 'test', ...metadata }, ...fields };
}

export function aServiceSpec(fields: Partial<ServiceSpec> = {}): ServiceSpec {
  const none = { labels: {}, annotations: {} };
  return {
    name: 'podinfo',
    port: 80,
    portName: 'http',
    targetPort: 9898,
    targetPortSet: true,
    portDiscovery: false,
    headless: false,
    apex: none,
    primary: none,
    canary: none,
    unmanagedAnnotations: [],
    unmanagedLabels: [],
    ...fields,
  };
}

/** JSON as it comes back from the API server. */
export function roundTrip(value: unknown): unknown {
  return withoutNulls(JSON.parse(JSON.stringify(value)), 40);
}
