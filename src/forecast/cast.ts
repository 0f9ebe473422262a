// SPDX-License-Identifier: Apache-2.0
import type { DaemonSet, Deployment, KubeObject, PodTemplate, Service } from '../api/kubernetes.js';
import type { RolloutSpec } from '../api/rollout-spec.js';
import { type ResourceKind, resources } from '../kube/index.js';
import { configReferences } from '../workload/index.js';
import { BadManifestError } from './bad-manifest.js';
import {
  assumedHost,
  assumedReplicas,
  madeUpAutoscaler,
  madeUpConfig,
  madeUpDaemonSet,
  madeUpDeployment,
  madeUpIngress,
  madeUpMetricTemplate,
  madeUpScaledObject,
  madeUpService,
} from './made-up-objects.js';
import type { Manifests } from './manifests.js';

/** Something that was taken for granted. */
export interface Assumption {
  /** Such as "Ingress podinfo". */
  readonly about: string;
  readonly text: string;
}

export interface Member {
  readonly kind: ResourceKind;
  readonly object: KubeObject;
}

/** Everything that has a part in a rollout, given or made up. */
export interface Cast {
  readonly members: readonly Member[];
  readonly target: Deployment | DaemonSet | Service;
  readonly assumptions: readonly Assumption[];
  /** What was given and has no part in it, such as "Service redis". */
  readonly unused: readonly string[];
}

/** @throws BadManifestError when a given object is of a version that no cluster of today serves */
export function castOf(manifests: Manifests, spec: RolloutSpec): Cast {
  return new Casting(manifests, spec).cast();
}

class Casting {
  readonly #members = new Map<KubeObject, Member>();
  readonly #assumptions: Assumption[] = [];

  constructor(
    private readonly manifests: Manifests,
    private readonly spec: RolloutSpec,
  ) {}

  cast(): Cast {
    const target = this.#target();
    this.#autoscaler();
    this.#ingress();
    this.#giveIfThere(resources.services, this.spec.service.name);
    if ('template' in target.spec) this.#configs(target.spec.template);
    this.#templates();
    for (const { providerRef } of this.spec.analysis.alerts)
      this.#giveIfThere(resources.alertProviders, providerRef.name, providerRef.namespace);
    const unused = this.manifests.others.filter((object) => !this.#members.has(object));
    return {
      members: [...this.#members.values()],
      target,
      assumptions: this.#assumptions,
      unused: unused.map((object) => `${object.kind} ${object.metadata.name}`),
    };
  }

  #target(): Deployment | DaemonSet | Service {
    const { spec, manifests } = this;
    const { name, kind } = spec.target;
    const { namespace } = manifests;
    const pods = `${assumedReplicas} replicas`;
    switch (kind) {
      case 'Deployment':
        return this.#startable(
          this.#give(resources.deployments, name, madeUpDeployment(spec, namespace), `one of ${pods}`),
        );
      case 'DaemonSet':
        return this.#give(resources.daemonSets, name, madeUpDaemonSet(spec, namespace), 'one');
      case 'Service':
        return this.#give(resources.services, name, madeUpService(spec, namespace), 'one with pods behind it');
    }
  }

  /** A Deployment taken from a cluster where its Canary is at rest has no replicas. */
  #startable(deployment: Deployment): Deployment {
    if (deployment.spec.replicas !== 0) return deployment;
    this.#assume(
      'Deployment',
      deployment.metadata.name,
      `has 0 replicas, as at rest; assumed to start with ${assumedReplicas}`,
    );
    const started = { ...deployment, spec: { ...deployment.spec, replicas: assumedReplicas } };
    this.#members.delete(deployment);
    this.#members.set(started, { kind: resources.deployments, object: started });
    return started;
  }

  #autoscaler(): void {
    const { autoscaler } = this.spec;
    if (autoscaler === undefined) return;
    const { namespace } = this.manifests;
    const { name } = autoscaler;
    const bounds = `one from ${assumedReplicas} to ${2 * assumedReplicas} replicas`;
    if (autoscaler.kind === 'ScaledObject')
      this.#give(
        resources.scaledObjects,
        name,
        madeUpScaledObject(name, this.spec, namespace),
        'one with a Prometheus trigger',
      );
    else this.#give(resources.horizontalPodAutoscalers, name, madeUpAutoscaler(name, this.spec, namespace), bounds);
  }

  #ingress(): void {
    const { ingressName } = this.spec;
    if (ingressName === undefined || this.spec.provider === 'kubernetes') return;
    const { namespace } = this.manifests;
    const text = `one that leads ${assumedHost}/ to Service ${this.spec.service.name}`;
    this.#give(resources.ingresses, ingressName, madeUpIngress(ingressName, this.spec, namespace), text);
  }

  #configs(template: PodTemplate): void {
    const { namespace } = this.manifests;
    for (const { kind, name, optional } of configReferences(template)) {
      const [resource, title] =
        kind === 'configmap'
          ? ([resources.configMaps, 'ConfigMap'] as const)
          : ([resources.secrets, 'Secret'] as const);
      if (optional) this.#giveIfThere(resource, name);
      else this.#give<KubeObject>(resource, name, madeUpConfig(title, name, namespace), 'one that stays as it is');
    }
  }

  #templates(): void {
    for (const { templateRef } of this.spec.analysis.metrics) {
      if (templateRef === undefined) continue;
      const { name, namespace } = templateRef;
      const text = 'one whose query is in order';
      this.#give(resources.metricTemplates, name, madeUpMetricTemplate(name, namespace), text);
    }
  }

  #give<T extends KubeObject>(kind: ResourceKind<T>, name: string, madeUp: T, assumed: string): T {
    const namespace = madeUp.metadata.namespace ?? '';
    const given = this.#giveIfThere(kind, name, namespace);
    if (given !== undefined) return given;
    const place = namespace === this.manifests.namespace ? name : `${name}.${namespace}`;
    const isKnown = [...this.#members.keys()].some((one) => isSame(one, madeUp));
    if (!isKnown) {
      this.#assume(kind.kind, place, `not given, assumed ${assumed}`);
      this.#members.set(madeUp, { kind, object: madeUp });
    }
    return madeUp;
  }

  #giveIfThere<T extends KubeObject>(
    kind: ResourceKind<T>,
    name: string,
    namespace = this.manifests.namespace,
  ): T | undefined {
    const wanted = { kind: kind.kind, metadata: { name, namespace } };
    const given = this.manifests.others.find((object) => isSame(object, wanted));
    if (given === undefined) return undefined;
    if (given.apiVersion !== kind.apiVersion) {
      const text = `has apiVersion ${given.apiVersion}; write it as ${kind.apiVersion}`;
      throw new BadManifestError(`${kind.kind} ${name} ${text}`);
    }
    this.#members.set(given, { kind, object: given });
    // Parse boundary: the API server that it is given to refuses what does not have the fields of its kind.
    return given as T;
  }

  #assume(kind: string, name: string, text: string): void {
    this.#assumptions.push({ about: `${kind} ${name}`, text });
  }
}

function isSame(object: Pick<KubeObject, 'kind' | 'metadata'>, other: Pick<KubeObject, 'kind' | 'metadata'>): boolean {
  const [one, two] = [object.metadata, other.metadata];
  return object.kind === other.kind && one.name === two.name && one.namespace === two.namespace;
}
