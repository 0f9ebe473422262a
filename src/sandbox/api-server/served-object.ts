// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, ObjectKey, ObjectMeta } from '../../api/index.js';

/** Metadata as the API server keeps it, with what a client cannot set. */
export interface ServedMetadata extends ObjectMeta {
  readonly [field: string]: unknown;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  /** Seconds that a pod may still run. */
  readonly deletionGracePeriodSeconds?: number;
}

/** An object in the store. Never changed in place: whoever holds one holds a snapshot. */
export interface ServedObject extends KubeObject {
  readonly [field: string]: unknown;
  readonly metadata: ServedMetadata;
}

/** The object's name within its kind. */
export function keyOf(object: ServedObject): ObjectKey {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

/** Order of lists: by this text. It is unique within a kind. */
export function keyText({ namespace, name }: ObjectKey): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** The object with fields of its metadata replaced; those given as undefined are left out. */
export function withMetadata(object: ServedObject, fields: Partial<ServedMetadata>): ServedObject {
  const metadata: Record<string, unknown> = { ...object.metadata, ...fields };
  for (const name in fields) if (fields[name] === undefined) Reflect.deleteProperty(metadata, name);
  // The mandatory fields are those of the object, or were replaced by values of their types.
  return { ...object, metadata: metadata as unknown as ServedMetadata };
}

/** The object under another resourceVersion. */
export function atRevision(object: ServedObject, revision: number): ServedObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

/** The object with another status, or without one. */
export function withStatus(object: ServedObject, status: unknown): ServedObject {
  if (object.status === status) return object;
  const { status: _status, ...rest } = object;
  return status === undefined ? rest : { ...rest, status };
}
