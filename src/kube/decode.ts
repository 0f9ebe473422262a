// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../api/kubernetes.js';
import { isRecord, recordAt, stringAt, type JsonRecord } from './json.js';
import type { ResourceKind } from './resources.js';

/** One page of a collection. */
export interface ObjectPage<T> {
  readonly objects: readonly T[];
  /** The moment that the whole list shows, the same on every page. */
  readonly resourceVersion: string | undefined;
  /** Token for the next page; undefined on the last. */
  readonly continueToken: string | undefined;
}

/**
 * Takes an object out of an answer: names its kind (list items and metadata-only answers do not) and drops managedFields,
 * which are half of its size and which the apiserver keeps when a PUT lacks them.
 * @returns undefined when the value is no Kubernetes object
 */
export function decodeObject<T extends KubeObject>(kind: ResourceKind<T>, value: unknown): T | undefined {
  if (!isRecord(value)) return undefined;
  const metadata = recordAt(value, 'metadata');
  if (stringAt(metadata, 'name') === undefined) return undefined;
  const kept = Object.fromEntries(Object.entries(metadata).filter(([field]) => field !== 'managedFields'));
  const decoded: JsonRecord = { ...value, apiVersion: kind.apiVersion, kind: kind.kind, metadata: kept };
  // Parse boundary: an object that the apiserver serves under this kind has passed its schema.
  return decoded as unknown as T;
}

/** @returns undefined when the value is no list of Kubernetes objects */
export function decodePage<T extends KubeObject>(kind: ResourceKind<T>, value: unknown): ObjectPage<T> | undefined {
  if (!isRecord(value)) return undefined;
  const items = value.items ?? [];
  if (!Array.isArray(items) || !isRecord(value.metadata)) return undefined;
  const objects = items.map((item) => decodeObject(kind, item));
  if (!objects.every((object) => object !== undefined)) return undefined;
  return {
    objects,
    resourceVersion: stringAt(value.metadata, 'resourceVersion'),
    continueToken: stringAt(value.metadata, 'continue'),
  };
}
