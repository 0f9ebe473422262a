// SPDX-License-Identifier: Apache-2.0
import type { JsonObject } from '../json.js';
import type { ServedObject } from '../served-object.js';
import type { FieldValidation } from './decode-body.js';

export type Subresource = 'status' | 'scale';

export interface WriteOptions {
  /** All is done but for the write itself. */
  readonly isDryRun?: boolean;
  /** Who writes, for managedFields. */
  readonly fieldManager?: string;
  /** Default Warn. */
  readonly fieldValidation?: FieldValidation;
}

export interface UpdateOptions extends WriteOptions {
  readonly subresource?: Subresource | undefined;
}

export interface WriteResult {
  /** As it now is. Of a dry run, as it would be. */
  readonly object: ServedObject;
  readonly isCreated: boolean;
  /** What the server remarks about the request, a sentence each. */
  readonly warnings: readonly string[];
}

export type Patch =
  | { readonly kind: 'json'; readonly operations: readonly unknown[] }
  | { readonly kind: 'merge' | 'strategic'; readonly patch: JsonObject }
  | { readonly kind: 'apply'; readonly object: JsonObject; readonly isForced: boolean };

export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

export interface DeleteOptions {
  readonly isDryRun?: boolean | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly propagationPolicy?: PropagationPolicy | undefined;
}

export interface DeleteResult {
  /** As it was at the end, or as it is while finalizers or a grace period keep it. */
  readonly object: ServedObject;
  readonly isGone: boolean;
}
