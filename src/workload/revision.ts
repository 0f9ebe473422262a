// SPDX-License-Identifier: Apache-2.0
import type { PodTemplate } from '../api/kubernetes.js';
import { scaleToZeroNodeSelector } from '../api/names.js';
import { withoutNulls } from '../api/plain-json.js';
import { canonicalJson, sha256Hex, uuidV5 } from '../lib/hash.js';
import { rememberedFor } from '../lib/remembered.js';
import { entriesWhere, withoutFlux } from './metadata.js';
import { withoutPodRevision } from './pod-template.js';
import type { ConfigEntry } from './tracked-configs.js';

/** Hash of a pod template, "s1-" and 16 hex digits. */
export type TemplateHash = string & { readonly __brand: 'TemplateHash' };

/**
 * What a rollout is about: pod template and tracked configs (R1). Equal revisions run the same pods with the same settings.
 * The text is a template hash and two digests of the configs, or "none"; it looks like nothing that Flagger writes.
 */
export type Revision = string & { readonly __brand: 'Revision' };

/** Digests of a set of tracked configs. */
export interface ConfigDigest {
  /** Over Flagger's checksums. */
  readonly data: string;
  /** Over `binaryData` and `immutable`: apart, because copies that Flagger made cannot be compared by it. */
  readonly binary: string;
}

/** More than the levels that a pod template can have. */
const templateDepth = 40;
const noConfigs = 'none';
const revisionPattern = /^(s1-[0-9a-f]{16})-(?:none|([0-9a-f]{16})-([0-9a-f]{16}))$/;

/**
 * Stable hash of what makes a pod template run: the order of keys, null members, empty label and annotation maps, the entry
 * that scales a DaemonSet to zero, keys of Flux and the primary's own id count for nothing. `kubectl rollout restart` changes it.
 */
export const templateHash = rememberedFor((template: PodTemplate): TemplateHash => {
  const normalised = {
    ...template,
    metadata: {
      ...template.metadata,
      labels: unlessEmpty(withoutFlux(template.metadata?.labels)),
      annotations: unlessEmpty(withoutFlux(withoutPodRevision(template.metadata?.annotations))),
    },
    spec: {
      ...template.spec,
      nodeSelector: unlessEmpty(entriesWhere(template.spec.nodeSelector, (key) => key !== scaleToZeroNodeSelector)),
    },
  };
  return hashOf(normalised);
});

/** The hash of what a target runs, given normalised: what counts for nothing must have been left out. */
export function hashOf(normalised: unknown): TemplateHash {
  return brandTemplateHash(`s1-${shortHash(withoutNulls(normalised, templateDepth))}`);
}

export function configDigest(
  entries: readonly Pick<ConfigEntry, 'key' | 'checksum' | 'binaryChecksum'>[],
): ConfigDigest {
  const sorted = [...entries].sort((left, right) => (left.key < right.key ? -1 : 1));
  return {
    data: shortHash(sorted.map(({ key, checksum }) => [key, checksum])),
    binary: shortHash(sorted.map(({ key, binaryChecksum }) => [key, binaryChecksum])),
  };
}

/** The revision of a template and the configs that it runs with, in any order. */
export function revisionOf(template: TemplateHash, configs: readonly ConfigEntry[]): Revision {
  if (configs.length === 0) return brandRevision(`${template}-${noConfigs}`);
  const { data, binary } = configDigest(configs);
  return brandRevision(`${template}-${data}-${binary}`);
}

/** Whether the text is a revision that this program wrote. A hash by Flagger, or damage, is not. */
export function isRevision(text: string | undefined): text is Revision {
  return text !== undefined && revisionPattern.test(text);
}

export function templateHashOf(revision: Revision): TemplateHash {
  return brandTemplateHash(revisionPattern.exec(revision)?.[1] ?? revision);
}

/** Undefined for a revision without tracked configs. */
export function configDigestOf(revision: Revision): ConfigDigest | undefined {
  const [, , data, binary] = revisionPattern.exec(revision) ?? [];
  return data === undefined || binary === undefined ? undefined : { data, binary };
}

/** The id on the primary's pods: the same for the same Canary and revision, so that a repeated promotion rolls nothing (R2). */
export function flaggerId(canaryUid: string, revision: Revision): string {
  return uuidV5(canaryUid, revision);
}

function shortHash(value: unknown): string {
  return sha256Hex(canonicalJson(value)).slice(0, 16);
}

function unlessEmpty<T extends object>(map: T): T | undefined {
  return Object.keys(map).length === 0 ? undefined : map;
}

function brandTemplateHash(text: string): TemplateHash {
  return text as TemplateHash; // the one place where a template hash comes into being
}

function brandRevision(text: string): Revision {
  return text as Revision; // the one place where a revision comes into being
}
