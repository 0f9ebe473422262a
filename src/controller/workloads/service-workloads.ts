// SPDX-License-Identifier: Apache-2.0
import type { Service } from '../../api/kubernetes.js';
import { canaryName, primaryName, revisionAnnotation } from '../../api/names.js';
import { parseStatus } from '../../api/status-schema.js';
import type { ServiceChange, ServiceCopyContext } from '../../workload/index.js';
import {
  adoptedPrimaryService,
  isCanaryReference,
  isRevision,
  newPrimaryService,
  promotedService,
  reconcileCanaryCopy,
  serviceRevision,
  serviceTargetProblem,
} from '../../workload/index.js';
import { MissingPart, RevisionUnknown } from '../errors.js';
import { ObjectWrites } from '../cluster/object-writes.js';
import type { Lookup, PrimaryWorkloadState, Workloads, WorkloadState, WorkloadWriter, WriteRun } from './workloads.js';

/**
 * A target of kind Service: pods are the user's concern, and a rollout changes to which of them the Service leads. The primary
 * is a Service, too. Nothing is scaled, and no configs are tracked.
 */
export function observeServiceTarget(look: Lookup): Workloads {
  const { spec, owner, deps } = look;
  const names = { primary: primaryName(spec.service.name), canary: canaryName(spec.service.name) };
  const target = look.find(deps.cache.services, spec.target.name);
  const primary = look.find(deps.cache.services, names.primary);
  const canary = look.find(deps.cache.services, names.canary);
  const apex = look.find(deps.cache.services, spec.service.name);
  for (const name of [spec.service.name, names.primary, names.canary]) look.interestedIn('endpointslices', name);
  tellObstacles(look, { target, primary, canary });
  const context = { owner, service: spec.service, includeLabelPrefix: deps.settings.includeLabelPrefixes };
  const change = target === undefined ? undefined : canaryChange(canary, target, context);
  const revision = target === undefined ? undefined : serviceRevision(target);
  const copies = change === undefined ? [] : [change.service, primary ?? change.service];
  return {
    targetState: revision === undefined ? undefined : targetState(look, revision),
    primaryState: primary === undefined ? undefined : primaryState(look, primary, revision),
    target: undefined,
    primary: undefined,
    selectorLabel: undefined,
    configs: [],
    services: change === undefined ? {} : { canary: change },
    routedServices: apex === undefined ? copies : [apex, ...copies],
    apexIsTarget: true,
    writer: serviceWriter(target, primary, context),
  };
}

interface ServiceTrio {
  readonly target: Service | undefined;
  readonly primary: Service | undefined;
  readonly canary: Service | undefined;
}

function tellObstacles(look: Lookup, { target, primary, canary }: ServiceTrio): void {
  const problem = target === undefined ? undefined : serviceTargetProblem(target);
  if (problem !== undefined) look.obstacle(problem);
  const { phase } = parseStatus(look.canary.status);
  // Flagger's promotion takes our owner reference from the primary Service: from then on it is known by its use (S7).
  const inUse = phase !== '' && phase !== 'Initializing';
  for (const service of [primary, canary]) {
    if (service === undefined || isOurs(service) || (service === primary && inUse)) continue;
    const { name } = service.metadata;
    look.obstacle(
      `Service ${name}.${look.namespace} exists and was not made for a Canary; delete or rename it, or choose another ` +
        'spec.service.name',
    );
  }
}

function isOurs({ metadata }: Service): boolean {
  const owned = metadata.ownerReferences?.some(isCanaryReference) === true;
  return owned || isRevision(metadata.annotations?.[revisionAnnotation]);
}

function canaryChange(observed: Service | undefined, target: Service, context: ServiceCopyContext): ServiceChange {
  return observed === undefined || isOurs(observed)
    ? reconcileCanaryCopy(observed, target, context)
    : { kind: 'none', service: observed, problems: [] };
}

/** A canary Service that has just followed the target still has the endpoints of before, which say nothing of its new pods. */
function targetState({ deps, namespace, spec }: Lookup, revision: string): WorkloadState {
  const canary = { namespace, name: canaryName(spec.service.name) };
  const isBehind =
    deps.cache.readyEndpoints(canary) > 0 && !deps.cache.sameEndpoints(canary, { namespace, name: spec.target.name });
  const message = `waiting for rollout to finish: endpoints of ${canary.name} are not yet those of ${spec.target.name}`;
  return {
    revision,
    configProblem: undefined,
    trackedConfigs: undefined,
    // Its pods are always there, as far as the operator is concerned.
    replicas: 1,
    readiness: isBehind ? { kind: 'waiting', cause: 'stale-endpoints', message } : { kind: 'ready' },
    templateChangedAtMs: undefined,
  };
}

function primaryState(
  { deps, namespace, spec }: Lookup,
  primary: Service,
  target: string | undefined,
): PrimaryWorkloadState {
  const written = primary.metadata.annotations?.[revisionAnnotation];
  const revision = isRevision(written) ? written : serviceRevision(primary);
  const key = { namespace, name: primaryName(spec.service.name) };
  // As soon as it is the target's copy it leads to the same pods: until then its endpoints are those of before.
  const isBehind =
    revision === target && !deps.cache.sameEndpoints(key, { namespace, name: canaryName(spec.service.name) });
  const message = `waiting for rollout to finish: endpoints of ${key.name} are not yet those of the promoted service`;
  return {
    replicas: 1,
    revision,
    annotated: isRevision(written),
    copies: 'asPromoted',
    readiness: isBehind ? { kind: 'waiting', cause: 'stale-endpoints', message } : { kind: 'ready' },
    // Its endpoints are exchanged at once, not pod by pod.
    canReachZeroAvailable: false,
  };
}

function serviceWriter(
  target: Service | undefined,
  primary: Service | undefined,
  context: ServiceCopyContext,
): WorkloadWriter {
  const create = async (revision: Parameters<WorkloadWriter['createPrimary']>[0], run: WriteRun): Promise<void> => {
    if (target === undefined) throw new MissingPart('target');
    const { client, cache } = run.deps;
    const created = await new ObjectWrites(client).create(cache.services, newPrimaryService(target, revision, context));
    run.log.info({}, `Service ${created.metadata.name}.${run.situation.namespace} created`);
  };
  return {
    createPrimary: create,
    async rebuildPrimary(revision, run) {
      // A Service has no history: what was promoted is known only while the target still is that.
      if (target !== undefined && serviceRevision(target) === revision) return create(revision, run);
      throw new RevisionUnknown(run.situation.spec.target.name, revision);
    },
    async annotatePrimary(revision, { deps }) {
      if (primary === undefined) throw new MissingPart('primary');
      const adopted = adoptedPrimaryService(primary, revision, context.owner);
      await new ObjectWrites(deps.client).replace(deps.cache.services, adopted);
    },
    async copyToPrimary(revision, { deps }) {
      if (target === undefined || primary === undefined) throw new MissingPart('primary');
      const promoted = promotedService(primary, target, revision, context);
      await new ObjectWrites(deps.client).replace(deps.cache.services, promoted);
    },
    scaleTarget: () => Promise.resolve(),
  };
}
