// SPDX-License-Identifier: Apache-2.0
import type { ConfigMap, Secret } from '../../api/kubernetes.js';
import { objectKey, primaryName } from '../../api/names.js';
import { exhaustive } from '../../lib/exhaustive.js';
import type { Logger } from '../../lib/logger.js';
import type { Reader, ResourceKind, Writer } from '../../kube/index.js';
import { resources } from '../../kube/index.js';
import type { ConfigEntry, ConfigKey } from '../../workload/index.js';
import { configFacts, copiesInUse, primaryConfig } from '../../workload/index.js';
import type { ClusterCache } from '../cluster/cluster-cache.js';
import { splitConfigKey } from '../cluster/config-facts.js';
import { ConfigMoved, ForeignConfigCopy } from '../errors.js';
import type { Situation } from '../situation.js';

export interface ConfigCopyDeps {
  readonly client: Reader & Writer;
  readonly cache: Pick<ClusterCache, 'configMaps' | 'secrets'>;
  readonly settings: { readonly includeLabelPrefixes: readonly string[] };
}

/**
 * Makes the `-primary` copies hold exactly what the target's revision was computed from.
 * @throws ConfigMoved when a config was changed since, ForeignConfigCopy when a copy's name is taken
 */
export async function copyConfigs(situation: Situation, deps: ConfigCopyDeps, log: Logger): Promise<void> {
  for (const entry of situation.configs) {
    if (splitConfigKey(entry.key).plural === 'secrets') {
      await copyConfig(resources.secrets, entry, { situation, deps, log });
    } else {
      await copyConfig(resources.configMaps, entry, { situation, deps, log });
    }
  }
}

interface CopyRun {
  readonly situation: Situation;
  readonly deps: ConfigCopyDeps;
  readonly log: Logger;
}

async function copyConfig<T extends ConfigMap | Secret>(
  kind: ResourceKind<T>,
  entry: ConfigEntry,
  { situation, deps, log }: CopyRun,
): Promise<void> {
  const { namespace, owner, primary, target } = situation;
  const { client, cache, settings } = deps;
  const { name } = splitConfigKey(entry.key);
  const source = await client.get(kind, { namespace, name });
  if (source === undefined || !isSame(entry, source)) throw new ConfigMoved(entry.key, namespace);
  const previous = await client.get(kind, { namespace, name: primaryName(name) });
  const inUse = primary !== undefined && target !== undefined ? copiesInUse(primary, target) : new Set<ConfigKey>();
  const change = primaryConfig(source, previous, { owner, includeLabelPrefix: settings.includeLabelPrefixes, inUse });
  const watched = kind.plural === 'secrets' ? cache.secrets : cache.configMaps;
  switch (change.kind) {
    case 'none':
      return;
    case 'foreign':
      throw new ForeignConfigCopy(change.message);
    case 'create':
      watched.admit(await client.create(kind, change.object));
      break;
    case 'replace':
      watched.admit(await client.replace(kind, change.object));
      break;
    case 'recreate':
      await client.delete(kind, objectKey(change.previous), { uid: change.previous.metadata.uid ?? '' });
      watched.admit(await client.create(kind, change.object));
      break;
    default:
      exhaustive(change);
  }
  log.info({}, `${source.kind} ${primaryName(name)}.${namespace} synced`);
}

function isSame(entry: ConfigEntry, source: ConfigMap | Secret): boolean {
  const { checksum, binaryChecksum } = configFacts(source);
  return checksum === entry.checksum && binaryChecksum === entry.binaryChecksum;
}
