// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';
import type { DaemonSet, Deployment, Ingress, KubeObject } from '../../../src/api/index.js';
import { type AnyObject, api, collectionPath, resourcePath } from '../bench/api.js';
import { waitFor } from '../bench/wait.js';
import { App } from './app.js';
import { kubectl } from './kubectl.js';
import { type Patch, mergePatch } from './merge-patch.js';

/** The version that every app starts with. */
export const firstVersion = '6.0.0';

export interface AppSpec {
  readonly namespace: string;
  /** Default: podinfo. */
  readonly name?: string;
  /** Changes of the guide's Canary, on top of the short analysis. */
  readonly canarySpec?: Patch;
  /** Changes of podinfo's Deployment. */
  readonly deploymentSpec?: Patch;
  /** podinfo is a DaemonSet, and so is the target. */
  readonly asDaemonSet?: boolean;
  /** Changes of the guide's Ingress. */
  readonly ingress?: Patch;
  /** With podinfo's autoscaler; else two replicas. */
  readonly withAutoscaler?: boolean;
  /** The app is live before it has a Canary: with a Service of its own, as most apps have. */
  readonly withService?: boolean;
}

/**
 * Waits of the guide made short, so that a rollout takes half a minute; the rules of pace and settling hold as they are.
 * The bound of the duration is that of a machine on which many scenarios run at once.
 */
const shortAnalysis: Patch = {
  interval: '2s',
  threshold: 3,
  maxWeight: 50,
  stepWeight: 25,
  metrics: [
    { name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } },
    { name: 'request-duration', interval: '1m', thresholdRange: { max: 5_000 } },
  ],
};

/** The namespace, unless it is there. */
export async function ensureNamespace(name: string): Promise<void> {
  const found = await api.find(resourcePath('namespaces', undefined, name));
  if (found !== undefined) return;
  await api.create(resourcePath('namespaces'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

/** Applies the guide's podinfo and Ingress, adjusted, and waits for the pods. The Canary comes later: `applyCanary`. */
export async function installApp(spec: AppSpec): Promise<App> {
  const workloads = spec.asDaemonSet === true ? 'daemonsets' : 'deployments';
  const app = new App(spec.namespace, spec.name, undefined, workloads);
  await ensureNamespace(spec.namespace);
  const objects = [
    ...(await podinfoObjects(spec)),
    guideIngress(app, spec),
    ...(spec.withService === true ? [service] : []),
  ];
  await create(app, objects);
  await waitFor('podinfo is available', async () => {
    if (spec.asDaemonSet === true) return isAvailable(await api.get<DaemonSet>(app.path('daemonsets', app.name)));
    const { status, spec: wanted } = await app.target;
    return (status?.availableReplicas ?? 0) >= (wanted.replicas ?? 1);
  });
  return app;
}

function isAvailable({ status }: DaemonSet): boolean {
  const desired = status?.desiredNumberScheduled ?? 0;
  return desired > 0 && status?.numberAvailable === desired;
}

/** Applies the guide's Canary, adjusted. */
export async function applyCanary(
  app: App,
  { canarySpec = {}, withAutoscaler, asDaemonSet = false }: Omit<AppSpec, 'namespace'> = {},
): Promise<void> {
  const short = {
    autoscalerRef: withAutoscaler === true ? {} : null,
    analysis: shortAnalysis,
    ...(asDaemonSet ? { targetRef: { kind: 'DaemonSet' } } : {}),
  };
  await create(app, [
    mergePatch(mergePatch(guideObject('podinfo-canary.yaml'), { spec: short }), { spec: canarySpec }),
  ]);
}

/** One of the guide's own files, as an object. */
export function guideObject(file: string): AnyObject {
  // Parse boundary: the file is a Kubernetes object.
  return parse(readFileSync(`test/fixtures/guide/${file}`, 'utf8')) as AnyObject;
}

const service: KubeObject & Patch = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'podinfo' },
  spec: { selector: { app: 'podinfo' }, ports: [{ name: 'http', port: 80, targetPort: 9898 }] },
};

/** Gives the objects the app's name wherever they say podinfo (image and container are called otherwise), and creates them. */
export async function create(app: App, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    const placed = mergePatch(object, { metadata: { namespace: app.namespace } });
    // The text is an object like the one before, under another name.
    const named = JSON.parse(JSON.stringify(placed).replaceAll('"podinfo"', `"${app.name}"`)) as KubeObject;
    await api.create(collectionPath(named), named);
  }
}

const kustomizations = new Map<string, Promise<readonly KubeObject[]>>();

/** What `kubectl kustomize` makes of a folder; worked out once. */
export function kustomized(folder: string): Promise<readonly KubeObject[]> {
  const objects =
    kustomizations.get(folder) ??
    kubectl('kustomize', folder).then((text) =>
      // Parse boundary: kubectl kustomize prints objects.
      parseAllDocuments(text).map((document) => document.toJS() as KubeObject),
    );
  kustomizations.set(folder, objects);
  return objects;
}

async function podinfoObjects({
  deploymentSpec = {},
  withAutoscaler = false,
  asDaemonSet = false,
}: AppSpec): Promise<readonly KubeObject[]> {
  const objects = await kustomized('kustomize/podinfo');
  const size = asDaemonSet || withAutoscaler ? {} : { replicas: 2 };
  const onlyOfDeployments = asDaemonSet ? { strategy: null, progressDeadlineSeconds: null } : {};
  const adjusted: Patch = { minReadySeconds: 0, ...size, ...onlyOfDeployments, ...deploymentSpec };
  const kinds = asDaemonSet ? { kind: 'DaemonSet' } : {};
  return objects
    .filter(({ kind }) => kind === 'Deployment' || withAutoscaler)
    .map((object) => (object.kind === 'Deployment' ? mergePatch(object, { ...kinds, spec: adjusted }) : object));
}

function guideIngress(app: App, { ingress = {} }: AppSpec): KubeObject {
  // Parse boundary: the guide's Ingress is one.
  const object = guideObject('podinfo-ingress.yaml') as unknown as Ingress;
  const rules = (object.spec.rules ?? []).map((rule) => ({ ...rule, host: app.host }));
  return mergePatch(mergePatch(object, { spec: { rules } }), ingress);
}

/** What the target's Deployment looks like as a user would apply it again after deleting it. */
export function withoutServerFields({ apiVersion, kind, metadata, spec }: Deployment): KubeObject & Patch {
  const { name, labels = {} } = metadata;
  return { apiVersion, kind, metadata: { name, labels }, spec };
}
