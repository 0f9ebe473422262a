// SPDX-License-Identifier: Apache-2.0
import type { DaemonSet, Deployment } from '../api/kubernetes.js';
import { primaryName, revisionAnnotation } from '../api/names.js';
import { configKey, configReferences, primaryKey } from './config-references.js';
import type { ConfigKey } from './config-references.js';
import { differingFields } from '../lib/differing-fields.js';
import { promotedTemplate } from './pod-template.js';
import type { PrimaryNaming } from './pod-template.js';
import { configDigest, configDigestOf, isRevision, revisionOf, templateHash, templateHashOf } from './revision.js';
import type { Revision, TemplateHash } from './revision.js';
import type { SelectorLabel } from './selector-label.js';
import { binaryChecksum } from './tracked-configs.js';
import type { ConfigCopyFacts, ConfigEntry, ConfigFacts } from './tracked-configs.js';

export interface PrimaryFacts {
  readonly primary: Deployment | DaemonSet;
  readonly target: Deployment | DaemonSet;
  /** Of the Canary. */
  readonly canaryUid: string;
  readonly selectorLabel: SelectorLabel;
  /** Copies that the primary's template refers to, by the key of what they are copies of. */
  readonly copies: ReadonlyMap<ConfigKey, ConfigCopyFacts>;
  /** Configs of which there are copies, as far as they exist. */
  readonly sources: ReadonlyMap<ConfigKey, ConfigFacts>;
  /** Whether configs are tracked at all; if not, only templates are compared. */
  readonly configTracking: boolean;
}

/** Keys of the copies that a primary's template refers to, to be read before `primaryRevision` is asked. */
export function copiedConfigKeys(primary: Deployment | DaemonSet): readonly ConfigKey[] {
  const suffix = primaryName('');
  return configReferences(primary.spec.template)
    .filter(({ name }) => name.endsWith(suffix))
    .map(({ kind, name }) => configKey(kind, name.slice(0, -suffix.length)));
}

/**
 * Keys of the copies that a primary runs with. What the target itself refers to under such a name is the user's own object.
 */
export function copiesInUse(primary: Deployment | DaemonSet, target: Deployment | DaemonSet): ReadonlySet<ConfigKey> {
  const users = referredKeys(target);
  return new Set(copiedConfigKeys(primary).filter((key) => !users.has(primaryKey(key))));
}

/**
 * The revision that a primary runs (R1): the one written on it, as long as its config copies still agree; for a primary that
 * Flagger made, the one that its template and copies amount to, so that taking over starts no rollout. Undefined when the
 * copies disagree.
 */
export function primaryRevision(facts: PrimaryFacts): Revision | undefined {
  const written = facts.primary.metadata.annotations?.[revisionAnnotation];
  if (!isRevision(written)) {
    return revisionOf(promotedTemplateHash(facts), facts.configTracking ? adoptedEntries(facts) : []);
  }
  if (!facts.configTracking) return revisionOf(templateHashOf(written), []);
  return copiesAgree(ownCopies(facts), written) ? written : undefined;
}

/**
 * Renaming loses the difference between "x" and "x-primary" where a template speaks of both. So the target is renamed in the
 * same way: when nothing else tells the two apart, the primary was made from it.
 */
function promotedTemplateHash(facts: PrimaryFacts): TemplateHash {
  const naming = promotedNaming(facts);
  const promoted = templateHash(promotedTemplate(facts.primary.spec.template, naming));
  const isOfTarget = promoted === templateHash(promotedTemplate(facts.target.spec.template, naming));
  return isOfTarget ? templateHash(facts.target.spec.template) : promoted;
}

function promotedNaming(facts: PrimaryFacts): PrimaryNaming {
  const { primary, target, selectorLabel } = facts;
  const ofTarget = referredKeys(target);
  const isCopy = (key: ConfigKey): boolean => isOwnCopy(facts, key) || ofTarget.has(key);
  const trackedConfigs = new Set(copiedConfigKeys(primary).filter(isCopy));
  return { targetName: target.metadata.name, selectorLabel, trackedConfigs };
}

/**
 * Fields in which the template of a primary differs from the revision that is written on it, because somebody edited it. Known
 * only while the target still carries that revision; empty otherwise. A restart of the primary by hand is no difference.
 */
export function templateDrift(facts: PrimaryFacts): readonly string[] {
  const { primary, target } = facts;
  const written = primary.metadata.annotations?.[revisionAnnotation];
  if (!isRevision(written) || templateHash(target.spec.template) !== templateHashOf(written)) return [];
  if (promotedTemplateHash(facts) === templateHashOf(written)) return [];
  const naming = promotedNaming(facts);
  const [ofPrimary, ofTarget] = [primary, target].map(({ spec }) => promotedTemplate(spec.template, naming));
  return differingFields(ofPrimary, ofTarget).filter((field) => !field.includes(restartedAtAnnotation));
}

const restartedAtAnnotation = 'kubectl.kubernetes.io/restartedAt';

function ownCopies(facts: PrimaryFacts): readonly ConfigCopyFacts[] {
  return copiedConfigKeys(facts.primary)
    .filter((key) => isOwnCopy(facts, key))
    .flatMap((key) => facts.copies.get(key) ?? []);
}

function isOwnCopy({ primary, target, copies, canaryUid }: PrimaryFacts, key: ConfigKey): boolean {
  const copy = copies.get(key);
  if (copy === undefined) return false;
  return copy.canaryUids.includes(canaryUid) || copiesInUse(primary, target).has(key);
}

function referredKeys(workload: Deployment | DaemonSet): ReadonlySet<ConfigKey> {
  return new Set(configReferences(workload.spec.template).map(({ kind, name }) => configKey(kind, name)));
}

/** Flagger copied no `binaryData`: whatever the sources hold now is taken for promoted, silently. */
function adoptedEntries(facts: PrimaryFacts): readonly ConfigEntry[] {
  return ownCopies(facts).map(({ key, checksum, binaryChecksum: copied }) => ({
    key,
    checksum,
    binaryChecksum: copied ?? facts.sources.get(key)?.binaryChecksum ?? emptyBinaryChecksum,
  }));
}

/**
 * Whether the config copies of a primary are those of the revision that is written on it, and if not, whether they can be made
 * so again: the target's configs still are.
 * @param revision of the primary, as `primaryRevision` says
 */
export function configCopies(
  primary: Deployment | DaemonSet,
  revision: string | undefined,
  configs: readonly ConfigEntry[],
): 'asPromoted' | 'restorable' | 'unknown' {
  const written = primary.metadata.annotations?.[revisionAnnotation];
  if (revision !== undefined || !isRevision(written)) return 'asPromoted';
  return revisionOf(templateHashOf(written), configs) === written ? 'restorable' : 'unknown';
}

function copiesAgree(copies: readonly ConfigCopyFacts[], written: Revision): boolean {
  const expected = configDigestOf(written);
  if (expected === undefined) return copies.length === 0;
  const found = configDigest(copies.map((copy) => ({ ...copy, binaryChecksum: copy.binaryChecksum ?? '' })));
  const isComparable = copies.every((copy) => copy.binaryChecksum !== undefined);
  return found.data === expected.data && (!isComparable || found.binary === expected.binary);
}

const emptyBinaryChecksum = binaryChecksum({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '' } });
