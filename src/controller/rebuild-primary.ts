// SPDX-License-Identifier: Apache-2.0
import type { Deployment, PodTemplate } from '../api/kubernetes.js';
import { primaryName } from '../api/names.js';
import type { Logger } from '../lib/logger.js';
import { resources } from '../kube/index.js';
import type { ConfigKey, ConfigReference, Revision } from '../workload/index.js';
import {
  configKey,
  configReferences,
  findTemplate,
  replicaSetTemplates,
  revisionOf,
  templateHash,
  templateHashOf,
  withTemplate,
} from '../workload/index.js';
import type { ConfigCopyDeps } from './copy-configs.js';
import { copyConfigs } from './copy-configs.js';
import { MissingPart, RevisionUnknown } from './errors.js';
import type { Situation } from './situation.js';

/** Configs of a template of which the primary's copies exist. */
export function configsWithCopies(
  template: PodTemplate,
  namespace: string,
  cache: ConfigCopyDeps['cache'],
): ReadonlySet<ConfigKey> {
  const hasCopy = ({ kind, name }: ConfigReference): boolean => {
    const { store } = kind === 'secret' ? cache.secrets : cache.configMaps;
    return store.get({ namespace, name: primaryName(name) }) !== undefined;
  };
  return new Set(
    configReferences(template)
      .filter(hasCopy)
      .map(({ kind, name }) => configKey(kind, name)),
  );
}

/**
 * The target as it was when the given revision was promoted: as it is now, or with a template from its history (R14).
 * The config copies of the lost primary are still there, since they belong to the Canary.
 * @throws RevisionUnknown when nothing of that revision is left
 */
export async function rebuiltTarget(
  situation: Situation,
  revision: Revision,
  deps: ConfigCopyDeps,
  log: Logger,
): Promise<Deployment> {
  const { target, namespace, configs } = situation;
  if (target === undefined) throw new MissingPart('target');
  const wanted = templateHashOf(revision);
  if (templateHash(target.spec.template) === wanted) {
    // Copies are refreshed only from what was promoted: a config that moved on since stays a new revision.
    if (revisionOf(wanted, configs) === revision) await copyConfigs(situation, deps, log);
    return target;
  }
  const replicaSets = await deps.client.list(resources.replicaSets, namespace);
  const template = findTemplate(replicaSetTemplates(replicaSets, target), wanted);
  if (template === undefined) throw new RevisionUnknown(target.metadata.name, revision);
  return withTemplate(target, template);
}
