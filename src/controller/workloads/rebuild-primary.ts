// SPDX-License-Identifier: Apache-2.0
import type { PodTemplate } from '../../api/kubernetes.js';
import { primaryName } from '../../api/names.js';
import type { ConfigKey, ConfigReference } from '../../workload/index.js';
import { configKey, configReferences } from '../../workload/index.js';
import type { ConfigCopyDeps } from './copy-configs.js';

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
