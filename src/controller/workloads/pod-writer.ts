// SPDX-License-Identifier: Apache-2.0
import type { PodWorkload, PrimaryContext, Revision } from '../../workload/index.js';
import {
  adoptedPrimary,
  findTemplate,
  revisionOf,
  templateHash,
  templateHashOf,
  withTemplate,
} from '../../workload/index.js';
import { copyConfigs } from './copy-configs.js';
import { MissingPart, RevisionUnknown } from '../errors.js';
import { ObjectWrites } from '../cluster/object-writes.js';
import type { ObservedPodKind } from './pod-workloads.js';
import { configsWithCopies } from './rebuild-primary.js';
import type { WorkloadWriter, WriteRun } from './workloads.js';

interface Pods<T extends PodWorkload> {
  readonly kind: ObservedPodKind<T>;
  readonly target: T | undefined;
  readonly primary: T | undefined;
}

/** What is done to a target and a primary that run pods. */
export function podWriter<T extends PodWorkload>(pods: Pods<T>): WorkloadWriter {
  const { kind, target, primary } = pods;
  return {
    async createPrimary(revision, run) {
      if (target === undefined) throw new MissingPart('target');
      await copyConfigs(run.situation, run.deps, run.log);
      const floor = run.situation.autoscaler?.minReplicas;
      await create(pods, { target, context: primaryContext(run, revision), floor }, run);
    },
    async rebuildPrimary(revision, run) {
      const earlier = await rebuiltTarget(pods, revision, run);
      const { deps, situation } = run;
      const trackedConfigs = configsWithCopies(earlier.spec.template, situation.namespace, deps.cache);
      const lastSize = deps.sizes.lastKnown(situation.canary.metadata.uid ?? '', earlier) ?? 1;
      const floor = Math.max(situation.autoscaler?.minReplicas ?? 1, lastSize);
      await create(
        pods,
        { target: earlier, context: { ...primaryContext(run, revision), trackedConfigs }, floor },
        run,
      );
    },
    async annotatePrimary(revision, { deps }) {
      if (primary === undefined) throw new MissingPart('primary');
      await new ObjectWrites(deps.client).replace(kind.watched, adoptedPrimary(primary, revision));
    },
    async copyToPrimary(revision, run) {
      const { deps, situation, log } = run;
      if (target === undefined || primary === undefined) throw new MissingPart('primary');
      await copyConfigs(situation, deps, log);
      const hasAutoscaler = situation.spec.autoscaler !== undefined;
      const promoted = kind.promoted(primary, target, primaryContext(run, revision), hasAutoscaler);
      await new ObjectWrites(deps.client).replace(kind.watched, promoted);
    },
    async scaleTarget(scale, autoscaler, { deps, situation, log }) {
      if (target === undefined) throw new MissingPart('target');
      const patch = kind.scalePatch({ target, primary, autoscaler }, scale);
      if (scale === 'zero') {
        log.info({}, `Scaling down ${target.kind} ${target.metadata.name}.${situation.namespace}`);
      }
      if (patch !== undefined) await new ObjectWrites(deps.client).patch(kind.watched, target, patch);
    },
  };
}

interface NewPrimary<T extends PodWorkload> {
  readonly target: T;
  readonly context: PrimaryContext;
  /** Replicas for a target that has none. */
  readonly floor: number | undefined;
}

async function create<T extends PodWorkload>(
  { kind }: Pods<T>,
  { target, context, floor }: NewPrimary<T>,
  { deps, situation, log }: WriteRun,
): Promise<void> {
  const primary = kind.newPrimary(target, context, floor);
  await new ObjectWrites(deps.client).create(kind.watched, primary);
  log.info({}, `${primary.kind} ${primary.metadata.name}.${situation.namespace} created`);
}

/**
 * The target as it was when the given revision was promoted: as it is now, or with a template from its history (R14).
 * The config copies of the lost primary are still there, since they belong to the Canary.
 * @throws RevisionUnknown when nothing of that revision is left
 */
async function rebuiltTarget<T extends PodWorkload>(
  { kind, target }: Pods<T>,
  revision: Revision,
  { deps, situation, log }: WriteRun,
): Promise<T> {
  if (target === undefined) throw new MissingPart('target');
  const wanted = templateHashOf(revision);
  if (templateHash(target.spec.template) === wanted) {
    // Copies are refreshed only from what was promoted: a config that moved on since stays a new revision.
    if (revisionOf(wanted, situation.configs) === revision) await copyConfigs(situation, deps, log);
    return target;
  }
  const template = findTemplate(await kind.history(deps.client, target), wanted);
  if (template === undefined) throw new RevisionUnknown(target.metadata.name, revision);
  return withTemplate(target, template);
}

function primaryContext({ deps, situation }: WriteRun, revision: Revision): PrimaryContext {
  const { owner, selectorLabel, configs } = situation;
  if (selectorLabel === undefined) throw new MissingPart('target');
  return {
    owner,
    revision,
    selectorLabel,
    trackedConfigs: new Set(configs.map(({ key }) => key)),
    includeLabelPrefix: deps.settings.includeLabelPrefixes,
  };
}
