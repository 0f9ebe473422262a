// SPDX-License-Identifier: Apache-2.0
import type { ConfigMap, ObjectMeta, OwnerReference, Secret } from '../api/kubernetes.js';
import { configTrackingAnnotation, primaryName } from '../api/names.js';
import { sameJson } from '../lib/hash.js';
import { includedByPrefix, isCanaryReference } from './metadata.js';
import { configKey } from './config-references.js';
import type { ConfigKey } from './config-references.js';
import { binaryChecksum, binaryChecksumAnnotation, configKindOf, isSecret } from './tracked-configs.js';

/** What makes the `-primary` copy of a config as wanted. */
export type ConfigCopyChange<T extends ConfigMap | Secret> =
  | { readonly kind: 'none' }
  | { readonly kind: 'create'; readonly object: T }
  /** `object` has the resourceVersion of the copy that it replaces. */
  | { readonly kind: 'replace'; readonly object: T }
  /** The copy cannot be changed in place (immutable, or of another Secret type): delete exactly `previous`, create `object`. */
  | { readonly kind: 'recreate'; readonly previous: T; readonly object: T }
  /** An object of that name exists that is no copy of anything; it is not touched. */
  | { readonly kind: 'foreign'; readonly message: string };

export interface ConfigCopyContext {
  /** The Canary. */
  readonly owner: OwnerReference;
  readonly includeLabelPrefix: readonly string[];
  /** Copies that the primary already runs with, from `copiesInUse`: ours, even if nothing on them says so. */
  readonly inUse: ReadonlySet<ConfigKey>;
}

/**
 * The `-primary` copy of a ConfigMap or Secret with all of its contents, `binaryData` and `immutable` included (D20). Other
 * owners of an earlier copy stay owners, so that the copy outlives any one of the Canaries that share it.
 */
export function primaryConfig<T extends ConfigMap | Secret>(
  source: T,
  previous: T | undefined,
  context: ConfigCopyContext,
): ConfigCopyChange<T> {
  const created = { ...source, metadata: newMetadata(source, previous, context) };
  if (previous === undefined) return { kind: 'create', object: created };
  if (!isOurs(previous, source, context)) return foreignCopy(source);

  const { labels, annotations, ownerReferences } = created.metadata;
  const metadata = {
    ...previous.metadata,
    labels,
    annotations: { ...previous.metadata.annotations, ...annotations },
    ownerReferences,
  };
  if (sameContents(previous, source)) {
    return sameMetadata(previous.metadata, metadata)
      ? { kind: 'none' }
      : { kind: 'replace', object: { ...source, metadata } };
  }
  if (canChangeInPlace(previous, source)) return { kind: 'replace', object: { ...source, metadata } };
  return { kind: 'recreate', previous, object: created };
}

/** The other Canaries that own the copy: promoting one of them changes what the others' primaries run with (D22). */
export function otherCanaries(copy: ConfigMap | Secret, owner: OwnerReference): readonly OwnerReference[] {
  return (copy.metadata.ownerReferences ?? []).filter(
    (reference) => isCanaryReference(reference) && reference.name !== owner.name,
  );
}

type CopyMetadata = ObjectMeta & Required<Pick<ObjectMeta, 'labels' | 'annotations' | 'ownerReferences'>>;

function newMetadata(
  source: ConfigMap | Secret,
  previous: ConfigMap | Secret | undefined,
  { owner, includeLabelPrefix }: ConfigCopyContext,
): CopyMetadata {
  const others = (previous?.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== owner.uid);
  return {
    name: primaryName(source.metadata.name),
    ...(source.metadata.namespace !== undefined && { namespace: source.metadata.namespace }),
    labels: includedByPrefix(source.metadata.labels, includeLabelPrefix),
    annotations: { [binaryChecksumAnnotation]: binaryChecksum(source) },
    // An object has one controller at most.
    ownerReferences: [owner, ...others.map((reference) => ({ ...reference, controller: false }))],
  };
}

/** A copy without an owner is left when a Canary was deleted without its dependents. */
function isOurs(previous: ConfigMap | Secret, source: ConfigMap | Secret, { inUse }: ConfigCopyContext): boolean {
  const { ownerReferences = [], annotations = {} } = previous.metadata;
  return (
    ownerReferences.some(isCanaryReference) ||
    annotations[binaryChecksumAnnotation] !== undefined ||
    inUse.has(configKey(configKindOf(source), source.metadata.name))
  );
}

function foreignCopy(source: ConfigMap | Secret): { readonly kind: 'foreign'; readonly message: string } {
  const { name, namespace = '' } = source.metadata;
  const copy = primaryName(name);
  return {
    kind: 'foreign',
    message:
      `${source.kind} ${copy}.${namespace} exists and belongs to no Canary, so it cannot hold the primary's copy of ` +
      `${name}: rename it, or switch tracking of ${name} off with the annotation ${configTrackingAnnotation}: disabled`,
  };
}

function sameContents(left: ConfigMap | Secret, right: ConfigMap | Secret): boolean {
  return (
    sameJson(left.data ?? {}, right.data ?? {}) &&
    binaryChecksum(left) === binaryChecksum(right) &&
    secretType(left) === secretType(right)
  );
}

/** The API server refuses new contents for an immutable object and a new type for any Secret. */
function canChangeInPlace(previous: ConfigMap | Secret, source: ConfigMap | Secret): boolean {
  return previous.immutable !== true && secretType(previous) === secretType(source);
}

function secretType(object: ConfigMap | Secret): string | undefined {
  return isSecret(object) ? (object.type ?? 'Opaque') : undefined;
}

function sameMetadata(left: ObjectMeta, right: ObjectMeta): boolean {
  return (
    sameJson(left.labels ?? {}, right.labels) &&
    sameJson(left.annotations ?? {}, right.annotations) &&
    sameJson(left.ownerReferences ?? [], right.ownerReferences)
  );
}
