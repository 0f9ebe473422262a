// SPDX-License-Identifier: Apache-2.0
import type { ConfigMap, DaemonSet, Deployment, PodTemplate, Secret, Service } from '../api/kubernetes.js';
import { exhaustive } from '../lib/exhaustive.js';
import { resources } from '../kube/index.js';
import {
  configFacts,
  configReferences,
  revisionOf,
  serviceRevision,
  templateHash,
  trackedConfigs,
} from '../workload/index.js';
import { appName, configName, secretName, type Quality, type TargetKind } from './app.js';
import type { Cluster } from './cluster.js';
import { findRolledOut } from './target.js';

/** Versions of the app: how each behaves, and by which revisions the operator knows it. */
export class Versions {
  readonly #qualities = new Map<string, Quality>();
  readonly #revisions = new Map<string, Set<string>>();
  /** Checksums of the configs that a revision has. */
  readonly #configs = new Map<string, string>();

  constructor(
    private readonly cluster: Cluster,
    private readonly kind: TargetKind,
  ) {}

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
    const target = findRolledOut(this.cluster, this.kind, appName);
    const revision = this.#currentRevision();
    if (target === undefined || revision === undefined) return;
    const known = this.#revisions.get(target.version) ?? new Set();
    this.#revisions.set(target.version, known.add(revision));
  }

  revisionsOf(version: string): readonly string[] {
    return [...(this.#revisions.get(version) ?? [])];
  }

  /** Revisions whose configs include one of exactly this content. */
  revisionsWith(config: ConfigMap | Secret): readonly string[] {
    const { checksum } = configFacts(config);
    return [...this.#configs].filter(([, checksums]) => checksums.includes(checksum)).map(([revision]) => revision);
  }

  #currentRevision(): string | undefined {
    switch (this.kind) {
      case 'Deployment': {
        const target = this.cluster.find<Deployment>(resources.deployments, appName);
        return target && this.#revisionOf(target.spec.template);
      }
      case 'DaemonSet': {
        const target = this.cluster.find<DaemonSet>(resources.daemonSets, appName);
        return target && this.#revisionOf(target.spec.template);
      }
      case 'Service': {
        const target = this.cluster.find<Service>(resources.services, appName);
        return target && serviceRevision(target);
      }
      default:
        return exhaustive(this.kind);
    }
  }

  #revisionOf(template: PodTemplate): string {
    const config = this.cluster.find<ConfigMap>(resources.configMaps, configName);
    const secret = this.cluster.find<Secret>(resources.secrets, secretName);
    const sources = [config, secret].flatMap((object) => (object === undefined ? [] : [configFacts(object)]));
    const known = configReferences(template).length === 0 ? [] : sources;
    const { entries } = trackedConfigs(template, new Map(known.map((facts) => [facts.key, facts])));
    const revision = revisionOf(templateHash(template), entries);
    this.#configs.set(revision, entries.map(({ checksum }) => checksum).join(' '));
    return revision;
  }
}
