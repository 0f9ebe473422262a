// SPDX-License-Identifier: Apache-2.0
import { primaryName } from '../../api/names.js';
import type { ClusterCache } from '../cluster/cluster-cache.js';
import type { ConfigFactsReader } from '../cluster/config-facts.js';
import type { ConfigCopyFacts, ConfigKey } from '../../workload/index.js';
import { copiedConfigKeys, templateDrift } from '../../workload/index.js';
import { splitConfigKey } from '../cluster/config-facts.js';
import type { Observed } from './observe.js';

export interface DriftDeps {
  readonly cache: Pick<ClusterCache, 'canaries'>;
  readonly configs: Pick<ConfigFactsReader, 'sources' | 'copies'>;
  readonly settings: { readonly enableConfigTracking: boolean };
}

/**
 * What somebody else did to a Canary at rest that the operator leaves as it is: sentences that name the object, the fact and
 * the way out. Reads nothing that `observe` has not read.
 */
export async function driftWarnings(observed: Observed, deps: DriftDeps): Promise<readonly string[]> {
  const { observation, situation } = observed;
  if (!isAtRest(observed)) return [];
  const { primary, target, selectorLabel, namespace } = situation;
  if (primary === undefined || target === undefined || selectorLabel === undefined) return [];
  const configTracking = deps.settings.enableConfigTracking;
  const keys = configTracking ? copiedConfigKeys(primary) : [];
  const copies = await deps.configs.copies(namespace, keys);
  const sources = await deps.configs.sources(namespace, keys);
  const facts = { primary, target, canaryUid: observation.uid, selectorLabel, copies, sources, configTracking };
  return [
    ...templateWarnings(templateDrift(facts), observed),
    ...copyWarnings(observed),
    ...[...copies.values()].flatMap((copy) => sharedCopyWarnings(copy, observed, deps)),
    ...scaleWarnings(observed),
  ];
}

/** Nothing is rolled out, and nothing new is there to be: what differs was done by somebody else. */
function isAtRest({ observation: { status, target, routes } }: Observed): boolean {
  const atRest = status.phase === 'Initialized' || status.phase === 'Succeeded' || status.phase === 'Failed';
  const isKnown = target?.revision !== undefined && target.revision === status.lastAppliedSpec;
  return atRest && isKnown && status.canaryWeight === 0 && routes.canaryWeight === 0;
}

function templateWarnings(fields: readonly string[], { situation }: Observed): readonly string[] {
  if (fields.length === 0) return [];
  const { target } = situation.spec;
  return [
    `${target.kind} ${primaryName(target.name)}.${situation.namespace} was edited and no longer runs what was promoted: ` +
      `${fields.slice(0, 5).join(', ')} of its template; it stays so until the next promotion replaces it, make the same ` +
      `change in ${target.kind} ${target.name} to keep it`,
  ];
}

function copyWarnings({ observation, situation }: Observed): readonly string[] {
  if (observation.primary?.copies !== 'unknown') return [];
  const { target } = situation.spec;
  const names = situation.primary === undefined ? [] : copiedConfigKeys(situation.primary).map(copyName).sort();
  return [
    `The config copies of ${target.kind} ${primaryName(target.name)}.${situation.namespace} no longer hold what was promoted, ` +
      `and nothing else does: look at ${names.join(', ')}; put the data back, or roll ${target.kind} ${target.name} out again`,
  ];
}

/** D22: one copy under one name, and a primary of each. */
function sharedCopyWarnings(copy: ConfigCopyFacts, { observation, situation }: Observed, deps: DriftDeps): string[] {
  const { namespace } = situation;
  const others = copy.canaryUids.filter((uid) => uid !== observation.uid);
  const names = deps.cache.canaries.store
    .list(namespace)
    .filter(({ metadata }) => others.includes(metadata.uid ?? ''))
    .map(({ metadata }) => `${metadata.name}.${namespace}`)
    .sort();
  if (names.length === 0) return [];
  const { name } = splitConfigKey(copy.key);
  return [
    `${copyName(copy.key)}.${namespace} is also the copy of Canary ${names.join(', ')}: promoting one changes what the ` +
      `other's primary runs with; give each target a ${copy.key.startsWith('secret/') ? 'Secret' : 'ConfigMap'} of its own ` +
      `instead of ${name}`,
  ];
}

function copyName(key: ConfigKey): string {
  const { plural, name } = splitConfigKey(key);
  return `${plural === 'secrets' ? 'Secret' : 'ConfigMap'} ${primaryName(name)}`;
}

/** D39: pods that nobody sends a request to; most often a manifest with `replicas` that is applied again. */
function scaleWarnings({ observation, situation }: Observed): readonly string[] {
  const replicas = observation.target?.replicas ?? 0;
  const { kind, name } = situation.spec.target;
  if (replicas === 0 || kind !== 'Deployment') return [];
  return [
    `${kind} ${name}.${situation.namespace} was scaled up to ${replicas} while nothing is rolled out: its pods get no ` +
      'traffic until the next rollout; leave replicas out of its manifest, or scale it to 0',
  ];
}
