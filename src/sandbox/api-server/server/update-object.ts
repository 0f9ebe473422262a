// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../../api/index.js';
import { isObject, objectAt, sameValue, textAt, withFields, type JsonObject } from '../json.js';
import { contentChanged, type ResourceType } from '../kinds/resource-type.js';
import { withStatus, type ServedMetadata, type ServedObject } from '../served-object.js';
import { badRequest, conflict, invalid, modified, type FieldProblem } from '../status-error.js';
import { parseRevision } from '../store/revision.js';
import { invalidValue } from '../validation/field-problems.js';
import { metadataProblems, metadataUpdateProblems } from '../validation/metadata.js';
import { kindSubjectOf, subjectOf, type ClusterState } from './cluster-state.js';
import { createObject, requireNamespace, withNextGeneration } from './create-object.js';
import { checkUnknownFields, decodeBody } from './decode-body.js';
import type { Subresource, WriteOptions, WriteResult } from './write-options.js';

/** A request to replace an object or its status. */
export interface UpdateRequest {
  readonly resource: ResourceType;
  readonly key: ObjectKey;
  readonly body: unknown;
  readonly options: WriteOptions;
  readonly subresource: Exclude<Subresource, 'scale'> | undefined;
}

/** PUT. @throws StatusError */
export function updateObject(state: ClusterState, request: UpdateRequest): WriteResult {
  const { resource, key, body, options, subresource } = request;
  const decoded = decodeBody(body, resource, state.registry);
  const warnings = checkUnknownFields(decoded, resource, options.fieldValidation ?? 'Warn');
  const metadata = objectAt(decoded.object, 'metadata');
  requireName(metadata, key);
  requireNamespace(metadata, key.namespace, resource);
  const previous = state.find(resource, key);
  if (previous === undefined && resource.rules.createsOnUpdate && subresource === undefined) {
    requireUid(metadata, { resource, key, uid: '' });
    const unversioned = { ...decoded.object, metadata: withFields(metadata, { resourceVersion: undefined }) };
    return createObject(state, { resource, namespace: key.namespace, body: unversioned, options });
  }
  const current = state.get(resource, key);
  requireUid(metadata, { resource, key, uid: current.metadata.uid });
  requireVersion(metadata, current, resource);
  const object = storeChange(state, { resource, decoded: decoded.object, previous: current, subresource, options });
  return { object, isCreated: false, warnings };
}

function requireName(metadata: JsonObject, { name }: ObjectKey): void {
  const own = textAt(metadata, 'name');
  if (own === '') throw badRequest('the name of the object must be specified');
  if (own === name) return;
  throw badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`);
}

interface UidCheck {
  readonly resource: ResourceType;
  readonly key: ObjectKey;
  /** Of the object in the store. */
  readonly uid: string;
}

function requireUid(metadata: JsonObject, { resource, key, uid }: UidCheck): void {
  const own = textAt(metadata, 'uid');
  if (own === '' || own === uid) return;
  const { plural } = resource;
  const path = `/registry/${plural}/${key.namespace}/${key.name}`;
  throw conflict(
    subjectOf(resource, key.name),
    `StorageError: invalid object, Code: 4, Key: ${path}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${own}, UID in object meta: ${uid}`,
  );
}

function requireVersion(metadata: JsonObject, current: ServedObject, resource: ResourceType): void {
  const given = parseRevision(textAt(metadata, 'resourceVersion'));
  const subject = subjectOf(resource, current.metadata.name);
  if (given === 0) {
    if (resource.rules.allowsUnconditionalUpdate) return;
    throw invalid(subject, [invalidValue('metadata.resourceVersion', 0, 'must be specified for an update')]);
  }
  if (String(given) !== current.metadata.resourceVersion) throw conflict(subject, modified);
}

export interface Change {
  readonly resource: ResourceType;
  /** The whole new object. */
  readonly decoded: JsonObject;
  readonly previous: ServedObject;
  readonly subresource: Exclude<Subresource, 'scale'> | undefined;
  readonly options: WriteOptions;
}

/**
 * Stores a new state of an object after all that its kind demands. What changes nothing is not written; an object that is
 * going away and has nobody left to wait for is removed.
 * @throws StatusError
 */
export function storeChange(state: ClusterState, change: Change): ServedObject {
  const { resource, previous, options } = change;
  const next = change.subresource === 'status' ? withNewStatus(change) : withNewContent(state, change);
  const problems = changeProblems(next, change);
  if (problems.length > 0) throw invalid(kindSubjectOf(resource, previous.metadata.name), problems);
  if (isSame(next, previous)) return previous;
  if (options.isDryRun === true) return next;
  if (!isReadyToGo(next)) return state.put(resource, next, previous);
  state.remove(resource, previous);
  return next;
}

function withNewContent(state: ClusterState, { resource, decoded, previous }: Change): ServedObject {
  const { rules } = resource;
  const metadata = mergedMetadata(objectAt(decoded, 'metadata'), previous);
  // The decoder has checked the types of the metadata's fields.
  const given = { ...decoded, metadata } as unknown as ServedObject;
  const content = rules.onUpdate(rules.hasStatus ? withStatus(given, previous.status) : given, previous, state);
  const isNewGeneration = rules.generation !== 'none' && rules.generation(content, previous);
  return isNewGeneration ? withNextGeneration(content) : content;
}

/** A status goes without the rest; of custom resources without any metadata. */
function withNewStatus({ resource, decoded, previous }: Change): ServedObject {
  const metadata = mergedMetadata(objectAt(decoded, 'metadata'), previous);
  const status = decoded.status;
  if (resource.schema.kind === 'structural') return withStatus(previous, status);
  if (resource.kind !== 'Deployment') return withStatus({ ...previous, metadata }, status);
  const { labels: _labels, ...unlabelled } = metadata;
  const { labels } = previous.metadata;
  return withStatus({ ...previous, metadata: { ...unlabelled, ...(labels !== undefined && { labels }) } }, status);
}

/** The client's metadata with what it cannot change, or need not repeat. */
function mergedMetadata(given: JsonObject, { metadata: before }: ServedObject): ServedMetadata {
  const merged = withFields(given, {
    uid: textAt(given, 'uid') || before.uid,
    creationTimestamp: before.creationTimestamp,
    namespace: before.namespace,
    generateName: before.generateName,
    generation: before.generation,
    resourceVersion: before.resourceVersion,
    deletionTimestamp: before.deletionTimestamp ?? given.deletionTimestamp,
    deletionGracePeriodSeconds: before.deletionGracePeriodSeconds,
    selfLink: undefined,
    managedFields: undefined,
  });
  // The decoder has checked the types of the fields.
  return merged as unknown as ServedMetadata;
}

function changeProblems(next: ServedObject, { resource, previous, subresource }: Change): readonly FieldProblem[] {
  const { rules, schema } = resource;
  const ofMetadata = metadataUpdateProblems(next, previous);
  if (subresource === 'status') return schema.kind === 'typed' ? ofMetadata : [...ofMetadata, ...rules.problems(next)];
  const isSameMetadata = sameValue(next.metadata, previous.metadata);
  const isSameContent = !contentChanged(next, previous) && (rules.hasStatus || sameValue(next.status, previous.status));
  return [
    ...(isSameMetadata ? [] : [...ofMetadata, ...metadataProblems(next, () => [], schema.kind === 'typed')]),
    ...(isSameContent ? [] : [...rules.problems(next), ...rules.updateProblems(next, previous)]),
  ];
}

function isSame(next: ServedObject, previous: ServedObject): boolean {
  return next === previous || sameValue(next, previous);
}

/** Whether an object that is being deleted has lost its last finalizer. A pod's grace period ends by another DELETE. */
function isReadyToGo({ metadata, spec }: ServedObject): boolean {
  if (metadata.deletionTimestamp === undefined || (metadata.finalizers ?? []).length > 0) return false;
  const hasOwnFinalizers = isObject(spec) && Array.isArray(spec.finalizers) && spec.finalizers.length > 0;
  return (metadata.deletionGracePeriodSeconds ?? 0) === 0 && !hasOwnFinalizers;
}
