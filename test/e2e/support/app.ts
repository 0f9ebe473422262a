// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';
import type { Canary, CanaryStatus, Deployment, Ingress, KubeObject, Phase, Service } from '../../../src/api/index.js';
import { skipperPredicateAnnotation, skipperWeightsAnnotation } from '../../../src/api/index.js';
import { type AnyObject, api, resourcePath } from '../bench/api.js';
import { type WaitOptions, waitFor } from '../bench/wait.js';
import { messagesOf } from './events.js';
import { kubectl, kubectlApply } from './kubectl.js';

/** The version that every app starts with. */
export const firstVersion = '6.0.0';

/** Objects as in JSON merge patch (RFC 7396): null removes, objects merge, all else replaces. */
type Patch = Readonly<Record<string, unknown>>;

export interface AppSpec {
  readonly namespace: string;
  /** Changes of the guide's Canary. */
  readonly canarySpec?: Patch;
  /** Changes of the guide's analysis, on top of the short one. */
  readonly analysis?: Patch;
  /** Changes of podinfo's Deployment. */
  readonly deploymentSpec?: Patch;
  /** Changes of the guide's Ingress. */
  readonly ingress?: Patch;
  /** With podinfo's autoscaler; else two replicas. */
  readonly withAutoscaler?: boolean;
}

/** Waits of the guide made short, so that a rollout takes half a minute. The rules of pace and settling hold as they are. */
const shortAnalysis: Patch = { interval: '2s', threshold: 3, maxWeight: 50, stepWeight: 25 };

/** What is sent where, by the canary Ingress. */
export interface Routes {
  readonly primary: number;
  readonly canary: number;
  readonly predicate: string;
}

/** The guide's podinfo in a namespace of its own, with its own host name. */
export class App {
  readonly host: string;

  constructor(readonly namespace: string) {
    this.host = `${namespace}.example.com`;
  }

  path(resource: string, ...rest: readonly string[]): string {
    return resourcePath(resource, this.namespace, ...rest);
  }

  canary(): Promise<Canary> {
    return api.get<Canary>(this.path('canaries', 'podinfo'));
  }

  async status(): Promise<CanaryStatus> {
    const { status } = await this.canary();
    return status ?? { phase: '', canaryWeight: 0, failedChecks: 0, iterations: 0 };
  }

  deployment(name = 'podinfo'): Promise<Deployment> {
    return api.get<Deployment>(this.path('deployments', name));
  }

  service(name: string): Promise<Service> {
    return api.get<Service>(this.path('services', name));
  }

  ingress(name = 'podinfo-canary'): Promise<Ingress> {
    return api.get<Ingress>(this.path('ingresses', name));
  }

  async routes(): Promise<Routes> {
    const { annotations = {} } = (await this.ingress()).metadata;
    // Parse boundary: the operator writes whole numbers for exactly these two Services.
    const weights = JSON.parse(annotations[skipperWeightsAnnotation] ?? '{}') as Readonly<Record<string, number>>;
    return {
      primary: weights['podinfo-primary'] ?? Number.NaN,
      canary: weights['podinfo-canary'] ?? Number.NaN,
      predicate: annotations[skipperPredicateAnnotation] ?? '',
    };
  }

  messages(): Promise<readonly string[]> {
    return messagesOf(this.namespace);
  }

  /** `kubectl set image`, as the guide starts a rollout. */
  async setImage(tag: string): Promise<void> {
    await kubectl('-n', this.namespace, 'set', 'image', 'deployment/podinfo', `podinfod=stefanprodan/podinfo:${tag}`);
  }

  async patchCanary(spec: Patch): Promise<void> {
    await api.patch(this.path('canaries', 'podinfo'), { spec });
  }

  async waitForPhase(phase: Phase, options?: WaitOptions): Promise<CanaryStatus> {
    let seen: CanaryStatus | undefined;
    try {
      return await waitFor(`phase ${phase}`, async () => (seen = await this.status()).phase === phase && seen, options);
    } catch (error) {
      const messages = (await this.messages()).slice(-8).join('\n  ');
      throw new Error(`${this.namespace}/podinfo is ${JSON.stringify(seen)}; last events:\n  ${messages}`, {
        cause: error,
      });
    }
  }

  /** Until the status shows this canary weight in phase Progressing. */
  async waitForWeight(percent: number, options?: WaitOptions): Promise<void> {
    await waitFor(
      `canary weight ${percent} in ${this.namespace}`,
      async () => {
        const { phase, canaryWeight } = await this.status();
        if (phase === 'Failed') throw new Error('the rollout failed');
        return phase === 'Progressing' && canaryWeight === percent;
      },
      options,
    );
  }

  /** Until an Event with exactly this text, or one that matches, exists. Returns its text. */
  waitForMessage(wanted: string | RegExp, options?: WaitOptions): Promise<string> {
    return waitFor(
      `event ${String(wanted)} in ${this.namespace}`,
      async () =>
        (await this.messages()).find((text) => (typeof wanted === 'string' ? text === wanted : wanted.test(text))),
      options,
    );
  }

  /** Image tag of the first container. */
  async version(deployment: 'podinfo' | 'podinfo-primary'): Promise<string> {
    const { spec } = await this.deployment(deployment);
    return spec.template.spec.containers[0]?.image?.split(':').at(-1) ?? '';
  }
}

/** Creates the namespace and applies the guide's objects, adjusted. Returns before any operator has seen them. */
export async function installApp(spec: AppSpec): Promise<App> {
  const app = new App(spec.namespace);
  await api.create(resourcePath('namespaces'), {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: spec.namespace },
  });
  const objects = [...(await podinfoObjects(spec)), guideIngress(app, spec)];
  await kubectlApply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  await waitFor('podinfo is available', async () => {
    const { status, spec: wanted } = await app.deployment();
    return (status?.availableReplicas ?? 0) >= (wanted.replicas ?? 1);
  });
  return app;
}

/** Applies the guide's Canary, adjusted. */
export async function applyCanary(
  app: App,
  { canarySpec = {}, analysis = {}, withAutoscaler }: AppSpec,
): Promise<void> {
  const canary = guideObject('podinfo-canary.yaml');
  const change = {
    metadata: { namespace: app.namespace },
    spec: {
      ...(withAutoscaler === true ? {} : { autoscalerRef: null }),
      ...canarySpec,
      analysis: { ...shortAnalysis, ...analysis },
    },
  };
  await kubectlApply(JSON.stringify(merge(canary, change)));
}

/** One of the guide's own files, as an object. */
export function guideObject(file: string): AnyObject {
  // Parse boundary: the file is a Kubernetes object.
  return parse(readFileSync(`test/fixtures/guide/${file}`, 'utf8')) as AnyObject;
}

async function podinfoObjects({
  namespace,
  deploymentSpec = {},
  withAutoscaler = false,
}: AppSpec): Promise<readonly KubeObject[]> {
  const objects = parseAllDocuments(await kubectl('kustomize', 'kustomize/podinfo')).map(
    (document) => document.toJS() as KubeObject, // Parse boundary: kubectl kustomize prints objects.
  );
  return objects
    .filter(({ kind }) => kind === 'Deployment' || (withAutoscaler && kind === 'HorizontalPodAutoscaler'))
    .map((object) => merge(object, { metadata: { namespace } }))
    .map((object) =>
      object.kind === 'Deployment'
        ? merge(object, { spec: { minReadySeconds: 0, ...(withAutoscaler ? {} : { replicas: 2 }), ...deploymentSpec } })
        : object,
    );
}

function guideIngress(app: App, { ingress = {} }: AppSpec): KubeObject {
  const object = guideObject('podinfo-ingress.yaml');
  const [rule, ...others] = (object as unknown as Ingress).spec.rules ?? [];
  const change = { metadata: { namespace: app.namespace }, spec: { rules: [{ ...rule, host: app.host }, ...others] } };
  return merge(merge(object, change), ingress);
}

/** JSON merge patch. */
function merge<T extends object>(target: T, patch: Patch): T {
  const result = new Map<string, unknown>(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    const old = result.get(key);
    if (value === null) result.delete(key);
    else result.set(key, isPlainObject(value) ? merge(isPlainObject(old) ? old : {}, value) : value);
  }
  // The patch changes values, not what kind of object it is.
  return Object.fromEntries(result) as T;
}

function isPlainObject(value: unknown): value is Patch {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
