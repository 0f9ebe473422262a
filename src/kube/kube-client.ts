// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, ObjectKey } from '../api/kubernetes.js';
import type { ObjectPage } from './decode.js';
import type { ResourceKind } from './resources.js';
import type { WatchFrame } from './watch-stream.js';

export interface RequestOptions {
  /** Ends the request, its retries included, with the signal's reason. A write may have been carried out nevertheless. */
  readonly signal?: AbortSignal;
  /** Requests in all, the first included, in place of the client's own policy. */
  readonly attempts?: number;
}

export interface ListOptions extends RequestOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface PageOptions extends ListOptions {
  readonly limit: number;
  readonly continueToken?: string | undefined;
  /** Asks the server for metadata alone: `T` then holds nothing else. */
  readonly metadataOnly?: boolean;
}

export interface WatchOptions {
  readonly resourceVersion: string;
  /** After this time the server ends the watch. */
  readonly timeoutSeconds: number;
  readonly metadataOnly?: boolean;
  readonly signal: AbortSignal;
}

/** One operation of RFC 6902. */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** A merge patch of RFC 7386: null deletes a field. */
export type MergePatch = Readonly<Record<string, unknown>>;

export interface Reader {
  /** @returns undefined when there is no such object */
  get<T extends KubeObject>(kind: ResourceKind<T>, key: ObjectKey, options?: RequestOptions): Promise<T | undefined>;
  /** All objects of a kind, in one namespace or in all (undefined), read in pages. */
  list<T extends KubeObject>(
    kind: ResourceKind<T>,
    namespace: string | undefined,
    options?: ListOptions,
  ): Promise<readonly T[]>;
}

/**
 * Every method returns the object as it now is, throws ApiError, or throws NotLeadingError and sends nothing.
 * Where a resourceVersion is given and the object has moved on, the error is a conflict (`isConflict`).
 */
export interface Writer {
  create<T extends KubeObject>(kind: ResourceKind<T>, object: T, options?: RequestOptions): Promise<T>;
  /** PUT. The object's resourceVersion is the precondition and must be there. */
  replace<T extends KubeObject>(kind: ResourceKind<T>, object: T, options?: RequestOptions): Promise<T>;
  /** PUT of the status subresource, with the same precondition. All but the status is ignored by the server. */
  replaceStatus<T extends KubeObject>(kind: ResourceKind<T>, object: T, options?: RequestOptions): Promise<T>;
  mergePatch<T extends KubeObject>(
    kind: ResourceKind<T>,
    key: ObjectKey,
    patch: MergePatch,
    options?: PatchOptions,
  ): Promise<T>;
  /** A failed `test` operation is a conflict, too. */
  jsonPatch<T extends KubeObject>(
    kind: ResourceKind<T>,
    key: ObjectKey,
    operations: readonly JsonPatchOperation[],
    options?: PatchOptions,
  ): Promise<T>;
  /** Deletes with background propagation. An object that is already gone is fine. */
  delete(kind: ResourceKind, key: ObjectKey, options?: DeleteOptions): Promise<void>;
}

export interface PatchOptions extends RequestOptions {
  /** The version on which the patch was decided. Without it the patch applies to whatever is there. */
  readonly resourceVersion?: string;
}

export interface DeleteOptions extends RequestOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** What a reflector needs. No retries: the reflector decides what a failure means. */
export interface Watcher {
  listPage<T extends KubeObject>(
    kind: ResourceKind<T>,
    namespace: string | undefined,
    options: PageOptions,
  ): Promise<ObjectPage<T>>;
  /** Resolves when the server has opened the watch. The frames are read to the end, or the signal is aborted. */
  watch<T extends KubeObject>(
    kind: ResourceKind<T>,
    namespace: string | undefined,
    options: WatchOptions,
  ): Promise<AsyncGenerator<WatchFrame<T>>>;
}

export interface KubeClient extends Reader, Writer, Watcher {
  /** The API server's version, e.g. `v1.35.4`. */
  serverVersion(options?: RequestOptions): Promise<string>;
}
