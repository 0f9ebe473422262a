// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../../api/index.js';
import { objectAt, textAt, type JsonObject } from '../json.js';
import type { ResourceType } from '../kinds/resource-type.js';
import { jsonPatch } from '../patch/json-patch.js';
import { mergePatch } from '../patch/merge-patch.js';
import { PatchError } from '../patch/patch-error.js';
import { strategicMerge } from '../patch/strategic-merge.js';
import { badRequest, conflict, invalid, modified, StatusError } from '../status-error.js';
import { parseRevision } from '../store/revision.js';
import { subjectOf, type ClusterState } from './cluster-state.js';
import { requireNamespace } from './create-object.js';
import { checkUnknownFields, decodeBody, type DecodedBody } from './decode-body.js';
import { storeChange } from './update-object.js';
import type { Patch, Subresource, WriteOptions, WriteResult } from './write-options.js';

/** A request to change parts of an object. */
export interface PatchRequest {
  readonly resource: ResourceType;
  readonly key: ObjectKey;
  readonly patch: Exclude<Patch, { readonly kind: 'apply' }>;
  readonly options: WriteOptions;
  readonly subresource: Exclude<Subresource, 'scale'> | undefined;
}

/** PATCH with a JSON, merge or strategic merge patch. @throws StatusError */
export function patchObject(state: ClusterState, request: PatchRequest): WriteResult {
  const { resource, key, patch, options, subresource } = request;
  const previous = state.get(resource, key);
  const body = patched(previous, patch, resource);
  const decoded = decodeBody(body, resource, state.registry);
  const warnings = unknownFieldWarnings(decoded, request);
  const metadata = objectAt(decoded.object, 'metadata');
  const name = textAt(metadata, 'name');
  if (name !== key.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${key.name})`);
  requireNamespace(metadata, key.namespace, resource);
  const version = parseRevision(textAt(metadata, 'resourceVersion'));
  if (version !== 0 && String(version) !== previous.metadata.resourceVersion) {
    throw conflict(subjectOf(resource, key.name), modified);
  }
  const object = storeChange(state, { resource, decoded: decoded.object, previous, subresource, options });
  return { object, isCreated: false, warnings };
}

/**
 * The object with the patch applied, not yet decoded.
 * @throws StatusError 422 when the patch does not fit, 415 when the kind does not know it
 */
export function patched(object: JsonObject, patch: PatchRequest['patch'], resource: ResourceType): JsonObject {
  try {
    switch (patch.kind) {
      case 'json':
        return jsonPatch(object, patch.operations);
      case 'merge':
        return mergePatch(object, patch.patch);
      case 'strategic':
        if (resource.schema.kind === 'structural') throw unknownPatchType();
        return strategicMerge(object, patch.patch, resource.schema.type);
    }
  } catch (error) {
    if (error instanceof PatchError) throw unfitting(patch, error);
    throw error;
  }
}

function unfitting(patch: PatchRequest['patch'], error: PatchError): StatusError {
  if (patch.kind === 'strategic') return new StatusError(500, '', error.message);
  return new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

/** Custom resources have no Go type that says how lists are merged. */
export function unknownPatchType(): StatusError {
  const types = 'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml';
  const message = `the body of the request was in an unknown format - accepted media types include: ${types}`;
  return new StatusError(415, 'UnsupportedMediaType', message);
}

/** A patch with unknown fields is an invalid patch; a whole object with them is not even read. */
function unknownFieldWarnings(decoded: DecodedBody, { resource, patch, options }: PatchRequest): readonly string[] {
  const validation = options.fieldValidation ?? 'Warn';
  if (validation !== 'Strict' || decoded.unknownFields.length === 0) {
    return checkUnknownFields(decoded, resource, validation);
  }
  const text = patch.kind === 'json' ? JSON.stringify(patch.operations) : JSON.stringify(patch.patch);
  const fields = decoded.unknownFields.map((field) => `unknown field "${field}"`).join(', ');
  const message = `Invalid value: ${JSON.stringify(text)}: strict decoding error: ${fields}`;
  const subject = { group: '', resource: '', name: '' };
  throw invalid(subject, [{ reason: 'FieldValueInvalid', field: 'patch', message }]);
}
