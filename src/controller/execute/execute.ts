// SPDX-License-Identifier: Apache-2.0
import type { Canary } from '../../api/canary.js';
import type { Ingress, Service } from '../../api/kubernetes.js';
import { canaryFinalizer, objectKey } from '../../api/names.js';
import type { Clock } from '../../lib/clock.js';
import { exhaustive } from '../../lib/exhaustive.js';
import type { Logger } from '../../lib/logger.js';
import type { NewToken } from '../../lib/random.js';
import type { Reader, Writer } from '../../kube/index.js';
import { isNotFound, resources } from '../../kube/index.js';
import type { Action, Observation } from '../../rollout/index.js';
import { disableIngress, sameIngress } from '../../skipper/index.js';
import type { Revision, Scale, ServiceRole } from '../../workload/index.js';
import { isRevision, revertedService } from '../../workload/index.js';
import type { ClusterCache } from '../cluster/cluster-cache.js';
import { MissingPart, RevisionUnknown } from '../errors.js';
import { copyConfigs } from '../workloads/copy-configs.js';
import { ObjectWrites } from '../cluster/object-writes.js';
import type { PrimarySizes } from '../workloads/primary-sizes.js';
import type { Situation } from '../situation.js';
import { wantedRoutes } from '../observe/wanted-routes.js';
import type { WriteRun } from '../workloads/workloads.js';

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
  private readonly writes: ObjectWrites;

  constructor(private readonly deps: ExecutorDeps) {
    this.writes = new ObjectWrites(deps.client);
  }

  async execute(action: Action, seen: Observation, situation: Situation, log: Logger): Promise<void> {
    const run: WriteRun = { deps: this.deps, situation, log };
    switch (action.kind) {
      case 'writeService':
        return this.writeService(situation, action.role, log);
      case 'createPrimary':
        return situation.writer.createPrimary(knownRevision(situation, seen.target?.revision), run);
      case 'rebuildPrimary':
        return situation.writer.rebuildPrimary(knownRevision(situation, action.revision), run);
      case 'annotatePrimary':
        return situation.writer.annotatePrimary(knownRevision(situation, action.revision), run);
      case 'restoreConfigCopies':
        return copyConfigs(situation, this.deps, log);
      case 'writePrimaryAutoscaler':
        return situation.autoscaler?.writePrimary(run);
      case 'setRoutes':
        return this.setRoutes(situation, action, log);
      case 'copyToPrimary':
        return this.copyToPrimary(action.revision, run);
      case 'scaleTargetUp':
        return this.scaleTarget('up', run);
      case 'scaleTargetDown':
        return this.scaleTarget('zero', run);
      case 'restoreTarget':
        return this.scaleTarget('as-primary', run);
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
        await this.writes.create(watched, change.service);
        log.info({}, `Service ${name}.${namespace} created`);
        return;
      case 'replace':
        await this.writes.replace(watched, change.service);
        break;
      case 'patch':
        watched.admit(
          await this.deps.client.mergePatch<Service>(resources.services, objectKey(change.service), change.patch),
        );
        break;
    }
    log.info({}, `Service ${name} updated`);
  }

  private async copyToPrimary(revision: string, run: WriteRun): Promise<void> {
    const { writer, autoscaler } = run.situation;
    await writer.copyToPrimary(knownRevision(run.situation, revision), run);
    await autoscaler?.writePrimary(run);
  }

  /** An autoscaler that would scale a target at zero up again is paused before, and let loose before it gets pods. */
  private async scaleTarget(scale: Scale, run: WriteRun): Promise<void> {
    const { writer, autoscaler, spec } = run.situation;
    await autoscaler?.setPaused(scale === 'zero', run);
    const floor = spec.autoscaler === undefined ? undefined : { minReplicas: autoscaler?.minReplicas };
    await writer.scaleTarget(scale, floor, run);
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
      await this.writes.create(ingresses, wanted);
      log.info({}, `Ingress ${name}.${namespace} created`);
    } else if (!sameIngress(observed, wanted)) {
      await this.writes.replace<Ingress>(ingresses, wanted);
      log.info({}, `Ingress ${name} updated`);
    }
  }

  /** As it was seen: one that somebody changed meanwhile is looked at again. */
  private async deleteIngress(ingress: Ingress, log: Logger): Promise<void> {
    const { name, namespace = '', uid = '', resourceVersion = '' } = ingress.metadata;
    await this.deps.client.delete(resources.ingresses, objectKey(ingress), { uid, resourceVersion });
    log.info({}, `Ingress ${name}.${namespace} deleted`);
  }

  private async disableStaleRoutes({ staleIngresses }: Situation): Promise<void> {
    const changedAt = new Date(this.deps.clock.nowMs()).toISOString();
    for (const ingress of staleIngresses) {
      const disabled = disableIngress(ingress, changedAt);
      if (disabled !== ingress) await this.writes.replace<Ingress>(this.deps.cache.ingresses, disabled);
    }
  }

  private async deleteStaleRoutes({ staleIngresses }: Situation): Promise<void> {
    for (const ingress of staleIngresses) {
      const { uid = '', resourceVersion = '' } = ingress.metadata;
      await this.deps.client.delete(resources.ingresses, objectKey(ingress), { uid, resourceVersion });
    }
  }
}

function knownRevision({ spec }: Situation, revision: string | undefined): Revision {
  if (revision === undefined) throw new MissingPart('target');
  if (!isRevision(revision)) throw new RevisionUnknown(spec.target.name, revision);
  return revision;
}
