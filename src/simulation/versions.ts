// SPDX-License-Identifier: Apache-2.0
import type { ConfigMap, Deployment } from '../api/kubernetes.js';
import { resources } from '../kube/index.js';
import {
  configFacts,
  configKey,
  configReferences,
  revisionOf,
  templateHash,
  trackedConfigs,
} from '../workload/index.js';
import { appName, configName, versionOf, type Quality } from './app.js';
import type { Cluster } from './cluster.js';

/** Versions of the app: how each behaves, and by which revisions the operator knows it. */
export class Versions {
  readonly #qualities = new Map<string, Quality>();
  readonly #revisions = new Map<string, Set<string>>();

  constructor(private readonly cluster: Cluster) {}

  /** A version that nobody has seen yet. */
  add(quality: Quality): string {
    const version = `v${this.#qualities.size + 1}`;
    this.#qualities.set(version, quality);
    return version;
  }

  get all(): readonly string[] {
    return [...this.#qualities.keys()];
  }

  qualityOf(version: string): Quality {
    return this.#qualities.get(version) ?? 'good';
  }

  /** Takes note of what the target is now. */
  note(): void {
    const target = this.cluster.find<Deployment>(resources.deployments, appName);
    const config = this.cluster.find<ConfigMap>(resources.configMaps, configName);
    if (target === undefined) return;
    const { template } = target.spec;
    const sources = new Map(
      config === undefined ? [] : [[configKey('configmap', configName), configFacts(config)] as const],
    );
    const { entries } = trackedConfigs(template, configReferences(template).length === 0 ? new Map() : sources);
    const version = versionOf(template);
    const known = this.#revisions.get(version) ?? new Set();
    this.#revisions.set(version, known.add(revisionOf(templateHash(template), entries)));
  }

  revisionsOf(version: string): readonly string[] {
    return [...(this.#revisions.get(version) ?? [])];
  }
}
