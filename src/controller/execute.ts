// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../api/canary.js';
import type { Deployment, Ingress, KubeObject, Service } from '../api/kubernetes.js';
import { canaryFinalizer, objectKey } from '../api/names.js';
import type { Clock } from '../lib/clock.js';
import { exhaustive } from '../lib/exhaustive.js';
import type { Logger } from '../lib/logger.js';
import type { NewToken } from '../lib/random.js';
import type { Reader, Writer } from '../kube/index.js';
import { isNotFound, resources } from '../kube/index.js';
import type { Action, Observation } from '../rollout/index.js';
import { disableIngress, sameIngress } from '../skipper/index.js';
import type { PrimaryContext, ServiceRole } from '../workload/index.js';
import {
  adoptedPrimary,
  isRevision,
  newPrimaryDeployment,
  newPrimaryHpa,
  promotedDeployment,
  promotedHpa,
  replicasPatch,
  revertedService,
  scaleUpReplicas,
} from '../workload/index.js';
import type { ClusterCache, WatchedKind } from './cluster-cache.js';
import { MissingPart, RevisionUnknown } from './errors.js';
import { copyConfigs } from './copy-configs.js';
import type { PrimarySizes } from './primary-sizes.js';
import { configsWithCopies, rebuiltTarget } from './rebuild-primary.js';
import type { Situation } from './situation.js';
import { wantedRoutes } from './wanted-routes.js';

export interface ExecutorDeps {
  readonly client: Reader & Writer;
  readonly cache: ClusterCache;
  readonly clock: Clock;
  readonly newToken: NewToken;
  readonly sizes: Pick<PrimarySizes, 'lastKnown'>;
  readonly settings: {
    readonly includeLabelPrefixes: readonly string[];
    readonly ingressIgnoredAnnotationPrefixes: readonly string[];
    readonly enableConfigTracking: boolean;
  };
}

/**
 * Carries out one action at a time on exactly the objects that the decision was made on: every write has their
 * resourceVersion as precondition, and what it returns enters the store at once. No decisions are made here.
 */
export class Executor {
  constructor(private readonly deps: ExecutorDeps) {}

  async execute(action: Action, seen: Observation, situation: Situation, log: Logger): Promise<void> {
    switch (action.kind) {
      case 'writeService':
        return this.writeService(situation, action.role, log);
      case 'createPrimary':
        return this.createPrimary(situation, seen, log);
      case 'rebuildPrimary':
        return this.rebuildPrimary(situation, action.revision, log);
      case 'annotatePrimary':
        return this.annotatePrimary(situation, action.revision);
      case 'restoreConfigCopies':
        return copyConfigs(situation, this.deps, log);
      case 'writePrimaryAutoscaler':
        return this.writeAutoscaler(situation, log);
      case 'setRoutes':
        return this.setRoutes(situation, action, log);
      case 'copyToPrimary':
        return this.copyToPrimary(situation, action.revision, log);
      case 'scaleTargetUp':
        return this.scaleTarget(situation, scaleUp(situation));
      case 'scaleTargetDown':
        log.info({}, `Scaling down ${situation.spec.target.kind} ${situation.spec.target.name}.${situation.namespace}`);
        return this.scaleTarget(situation, 0);
      case 'restoreTarget':
        return this.scaleTarget(situation, restoredReplicas(situation));
      case 'revertApexService':
        return this.revertApexService(situation);
      case 'deleteRoutes':
        return this.deleteRoutes(situation);
      case 'addFinalizer':
      case 'removeFinalizer':
        return this.writeFinalizer(situation.canary, action.kind === 'addFinalizer', log);
      case 'disableStaleRoutes':
        return this.disableStaleRoutes(situation);
      case 'deleteStaleRoutes':
        return this.deleteStaleRoutes(situation);
      default:
        return exhaustive(action);
    }
  }

  /** The one write of a Canary's status. */
  async writeStatus(canary: Canary): Promise<void> {
    this.deps.cache.canaries.admit(await this.deps.client.replaceStatus(resources.canaries, canary));
  }

  /** Adds or removes our finalizer and leaves those of others. */
  async writeFinalizer(canary: Canary, wanted: boolean, log: Logger): Promise<void> {
    const others = (canary.metadata.finalizers ?? []).filter((finalizer) => finalizer !== canaryFinalizer);
    const { name, namespace = '', resourceVersion = '' } = canary.metadata;
    if (!wanted && canary.metadata.deletionTimestamp === undefined) {
      log.info({}, `${name}.${namespace} opting out, deleting finalizers`);
    }
    const patch = { metadata: { resourceVersion, finalizers: wanted ? [...others, canaryFinalizer] : others } };
    const written = await this.deps.client
      .mergePatch(resources.canaries, { namespace, name }, patch)
      .catch((error: unknown) => {
        // Somebody else removed it, and the Canary went with it.
        if (!wanted && isNotFound(error)) return undefined;
        throw error;
      });
    // The last finalizer of a deleted object ends it: there is nothing to keep then.
    const stays = wanted || canary.metadata.deletionTimestamp === undefined;
    if (stays && written !== undefined) this.deps.cache.canaries.admit(written);
  }

  private async revertApexService({ namespace, spec, selectorLabel }: Situation): Promise<void> {
    if (selectorLabel === undefined) throw new MissingPart('target');
    const { services } = this.deps.cache;
    const apex = services.store.get({ namespace, name: spec.service.name });
    if (apex === undefined) return;
    const patch = revertedService(apex, selectorLabel);
    services.admit(await this.deps.client.mergePatch(resources.services, objectKey(apex), patch));
  }

  /** The one that sends copies comes before the one that takes them. */
  private async deleteRoutes({ canaryIngress, helperIngresses, staleIngresses }: Situation): Promise<void> {
    const current = canaryIngress === undefined ? [] : [canaryIngress];
    const all = [...current, ...helperIngresses.values(), ...staleIngresses];
    for (const { metadata } of all) {
      const key = { namespace: metadata.namespace ?? '', name: metadata.name };
      await this.deps.client.delete(resources.ingresses, key, { uid: metadata.uid ?? '' });
    }
  }

  private async writeService({ services }: Situation, role: ServiceRole, log: Logger): Promise<void> {
    const change = services[role];
    if (change === undefined) throw new MissingPart('target');
    const { services: watched } = this.deps.cache;
    const { name, namespace = '' } = change.service.metadata;
    switch (change.kind) {
      case 'none':
        return;
      case 'create':
        await this.create(watched, change.service);
        log.info({}, `Service ${name}.${namespace} created`);
        return;
      case 'replace':
        await this.replace(watched, change.service);
        break;
      case 'patch':
        watched.admit(
          await this.deps.client.mergePatch<Service>(resources.services, objectKey(change.service), change.patch),
        );
        break;
    }
    log.info({}, `Service ${name} updated`);
  }

  private async createPrimary(situation: Situation, seen: Observation, log: Logger): Promise<void> {
    const { target } = situation;
    const revision = seen.target?.revision;
    if (target === undefined || !isRevision(revision)) throw new MissingPart('target');
    await copyConfigs(situation, this.deps, log);
    const context = this.primaryContext(situation, revision);
    const floor = situation.targetAutoscaler?.spec.minReplicas;
    const primary = await this.create(this.deps.cache.deployments, newPrimaryDeployment(target, context, floor));
    log.info({}, `Deployment ${primary.metadata.name}.${situation.namespace} created`);
  }

  private async rebuildPrimary(situation: Situation, revision: string, log: Logger): Promise<void> {
    if (!isRevision(revision)) throw new RevisionUnknown(situation.spec.target.name, revision);
    const target = await rebuiltTarget(situation, revision, this.deps, log);
    const trackedConfigs = configsWithCopies(target.spec.template, situation.namespace, this.deps.cache);
    const context = { ...this.primaryContext(situation, revision), trackedConfigs };
    const floor = Math.max(situation.targetAutoscaler?.spec.minReplicas ?? 1, this.lastSize(situation, target));
    const primary = await this.create(this.deps.cache.deployments, newPrimaryDeployment(target, context, floor));
    log.info({}, `Deployment ${primary.metadata.name}.${situation.namespace} created`);
  }

  private lastSize({ canary }: Situation, target: Deployment): number {
    return this.deps.sizes.lastKnown(canary.metadata.uid ?? '', target) ?? 1;
  }

  private async annotatePrimary({ primary }: Situation, revision: string): Promise<void> {
    if (primary === undefined || !isRevision(revision)) throw new MissingPart('primary');
    await this.replace<Deployment>(this.deps.cache.deployments, adoptedPrimary(primary, revision));
  }

  private async copyToPrimary(situation: Situation, revision: string, log: Logger): Promise<void> {
    const { target, primary, spec } = situation;
    if (target === undefined || primary === undefined || !isRevision(revision)) throw new MissingPart('primary');
    await copyConfigs(situation, this.deps, log);
    const context = this.primaryContext(situation, revision);
    const promoted = promotedDeployment(primary, target, context, spec.autoscaler !== undefined);
    await this.replace<Deployment>(this.deps.cache.deployments, promoted);
    if (spec.autoscaler !== undefined) await this.writeAutoscaler(situation, log);
  }

  private async writeAutoscaler(situation: Situation, log: Logger): Promise<void> {
    const { spec, owner, namespace, targetAutoscaler, primaryAutoscaler } = situation;
    if (spec.autoscaler === undefined || targetAutoscaler === undefined) return;
    const context = { owner, targetName: spec.target.name, autoscaler: spec.autoscaler };
    const { autoscalers } = this.deps.cache;
    if (primaryAutoscaler === undefined) {
      const created = await this.create(autoscalers, newPrimaryHpa(targetAutoscaler, context));
      log.info({}, `HorizontalPodAutoscaler v2 ${created.metadata.name}.${namespace} created`);
      return;
    }
    const wanted = promotedHpa(primaryAutoscaler, targetAutoscaler, context);
    if (wanted === undefined) return;
    await this.replace(autoscalers, wanted);
    log.info({}, `HorizontalPodAutoscaler v2 ${wanted.metadata.name}.${namespace} updated`);
  }

  private async setRoutes(
    situation: Situation,
    action: Extract<Action, { kind: 'setRoutes' }>,
    log: Logger,
  ): Promise<void> {
    const excludedMetadata = this.deps.settings.ingressIgnoredAnnotationPrefixes;
    const { clock, newToken } = this.deps;
    const wanted = wantedRoutes(situation, { action, nowMs: clock.nowMs(), excludedMetadata, newToken });
    for (const ingress of wanted.writes) await this.writeIngress(situation, ingress, log);
    for (const ingress of wanted.deletions) await this.deleteIngress(ingress, log);
  }

  private async writeIngress(situation: Situation, wanted: Ingress, log: Logger): Promise<void> {
    const { ingresses } = this.deps.cache;
    const { name } = wanted.metadata;
    const { canaryIngress, helperIngresses, namespace } = situation;
    const observed = name === canaryIngress?.metadata.name ? canaryIngress : helperIngresses.get(name);
    if (observed === undefined) {
      await this.create(ingresses, wanted);
      log.info({}, `Ingress ${name}.${namespace} created`);
    } else if (!sameIngress(observed, wanted)) {
      await this.replace<Ingress>(ingresses, wanted);
      log.info({}, `Ingress ${name} updated`);
    }
  }

  /** As it was seen: one that somebody changed meanwhile is looked at again. */
  private async deleteIngress(ingress: Ingress, log: Logger): Promise<void> {
    const { name, namespace = '', uid = '', resourceVersion = '' } = ingress.metadata;
    await this.deps.client.delete(resources.ingresses, objectKey(ingress), { uid, resourceVersion });
    log.info({}, `Ingress ${name}.${namespace} deleted`);
  }

  private async scaleTarget({ target }: Situation, replicas: number): Promise<void> {
    if (target === undefined) throw new MissingPart('target');
    if ((target.spec.replicas ?? 1) === replicas) return;
    const patch = replicasPatch(target, replicas);
    this.deps.cache.deployments.admit(
      await this.deps.client.mergePatch(resources.deployments, objectKey(target), patch),
    );
  }

  private async disableStaleRoutes({ staleIngresses }: Situation): Promise<void> {
    const changedAt = new Date(this.deps.clock.nowMs()).toISOString();
    for (const ingress of staleIngresses) {
      const disabled = disableIngress(ingress, changedAt);
      if (disabled !== ingress) await this.replace<Ingress>(this.deps.cache.ingresses, disabled);
    }
  }

  private async deleteStaleRoutes({ staleIngresses }: Situation): Promise<void> {
    for (const ingress of staleIngresses) {
      const { uid = '', resourceVersion = '' } = ingress.metadata;
      await this.deps.client.delete(resources.ingresses, objectKey(ingress), { uid, resourceVersion });
    }
  }

  private async create<T extends KubeObject>(watched: WatchedKind<T, T>, object: T): Promise<T> {
    const created = await this.deps.client.create(watched.kind, object);
    watched.admit(created);
    return created;
  }

  private async replace<T extends KubeObject>(watched: WatchedKind<T, T>, object: T): Promise<void> {
    watched.admit(await this.deps.client.replace(watched.kind, object));
  }

  private primaryContext(
    { owner, selectorLabel, configs }: Situation,
    revision: PrimaryContext['revision'],
  ): PrimaryContext {
    if (selectorLabel === undefined) throw new MissingPart('target');
    return {
      owner,
      revision,
      selectorLabel,
      trackedConfigs: new Set(configs.map(({ key }) => key)),
      includeLabelPrefix: this.deps.settings.includeLabelPrefixes,
    };
  }
}

/** As many pods as carry the traffic now, or what a rollout would start with. */
function restoredReplicas(situation: Situation): number {
  return Math.max(scaleUp(situation), situation.primary?.spec.replicas ?? 0);
}

function scaleUp({ target, primary, spec, targetAutoscaler }: Situation): number {
  if (target === undefined) throw new MissingPart('target');
  const floor = spec.autoscaler === undefined ? undefined : { minReplicas: targetAutoscaler?.spec.minReplicas };
  return scaleUpReplicas(target, primary, floor);
}
