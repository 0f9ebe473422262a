// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey } from '../../../api/index.js';
import { objectAt, textAt, withFields, type JsonObject } from '../json.js';
import type { ResourceType } from '../kinds/resource-type.js';
import { withMetadata, type ServedMetadata, type ServedObject } from '../served-object.js';
import { alreadyExists, badRequest, forbidden, internalError, invalid } from '../status-error.js';
import { timeText } from '../time-text.js';
import { metadataProblems } from '../validation/metadata.js';
import { kindSubjectOf, subjectOf, type ClusterState } from './cluster-state.js';
import { checkUnknownFields, decodeBody } from './decode-body.js';
import { randomSuffix, randomUuid } from './random-names.js';
import type { WriteOptions, WriteResult } from './write-options.js';

/** A request to create an object. */
export interface CreateRequest {
  readonly resource: ResourceType;
  /** Of the URL; empty for kinds without namespace. */
  readonly namespace: string;
  readonly body: unknown;
  readonly options: WriteOptions;
}

/** @throws StatusError */
export function createObject(state: ClusterState, request: CreateRequest): WriteResult {
  const { resource, namespace, body, options } = request;
  const decoded = decodeBody(body, resource, state.registry);
  const warnings = checkUnknownFields(decoded, resource, options.fieldValidation ?? 'Warn');
  requireNamespace(objectAt(decoded.object, 'metadata'), namespace, resource);
  const object = newObject(state, decoded.object, { resource, namespace });
  requireLivingNamespace(state, resource, object);
  const admitted = resource.rules.onCreate(object, state);
  const { rules, schema } = resource;
  const problems = [
    ...metadataProblems(admitted, rules.nameProblems, schema.kind === 'typed'),
    ...rules.problems(admitted),
  ];
  if (problems.length > 0) throw invalid(kindSubjectOf(resource, admitted.metadata.name), problems);
  const key: ObjectKey = { namespace, name: admitted.metadata.name };
  if (state.find(resource, key) !== undefined) throw alreadyExists(subjectOf(resource, key.name));
  if (options.isDryRun === true) {
    // What is not stored has no version.
    const { resourceVersion: _none, ...metadata } = admitted.metadata;
    return { object: { ...admitted, metadata: metadata as ServedMetadata }, isCreated: true, warnings }; // as said above
  }
  if (textAt(objectAt(decoded.object, 'metadata'), 'resourceVersion') !== '') {
    throw internalError('resourceVersion should not be set on objects to be created');
  }
  return { object: state.put(resource, admitted, undefined), isCreated: true, warnings };
}

/** @throws StatusError 400 when the object says that it lives elsewhere */
export function requireNamespace(metadata: JsonObject, namespace: string, resource: ResourceType): void {
  const own = textAt(metadata, 'namespace');
  if (own === '' || own === namespace || !resource.isNamespaced) return;
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** Fields that the client sets and the server keeps. */
const keptFields = ['labels', 'annotations', 'ownerReferences', 'finalizers', 'generateName'] as const;

interface Place {
  readonly resource: ResourceType;
  readonly namespace: string;
}

function newObject(state: ClusterState, decoded: JsonObject, { resource, namespace }: Place): ServedObject {
  const given = objectAt(decoded, 'metadata');
  const kept = Object.fromEntries(
    keptFields.flatMap((field) => (given[field] === undefined ? [] : [[field, given[field]]])),
  );
  const metadata = {
    name: nameOf(given, state),
    ...(resource.isNamespaced && { namespace }),
    uid: randomUuid(state.random),
    resourceVersion: '',
    ...generationOf(given, resource),
    creationTimestamp: timeText(state.clock.nowMs()),
    ...kept,
  };
  // The decoder has checked the types of the fields that were kept.
  return { ...withFields(decoded, { metadata }), metadata } as unknown as ServedObject;
}

function nameOf(metadata: JsonObject, state: ClusterState): string {
  const name = textAt(metadata, 'name');
  const prefix = textAt(metadata, 'generateName');
  return name === '' && prefix !== '' ? prefix + randomSuffix(state.random) : name;
}

/** Kinds that do not count generations keep whatever a client says. */
function generationOf(given: JsonObject, { rules }: ResourceType): JsonObject {
  if (rules.generation !== 'none') return { generation: 1 };
  return given.generation === undefined ? {} : { generation: given.generation };
}

/** @throws StatusError 404 or 403 */
function requireLivingNamespace(state: ClusterState, resource: ResourceType, object: ServedObject): void {
  if (!resource.isNamespaced) return;
  const { namespace: name = '' } = object.metadata;
  const namespaces = state.registry.find('', 'v1', 'namespaces');
  if (namespaces === undefined) return;
  const namespace = state.get(namespaces, { namespace: '', name });
  if (namespace.metadata.deletionTimestamp === undefined) return;
  throw forbidden(
    subjectOf(resource, object.metadata.name),
    `unable to create new content in namespace ${name} because it is being terminated`,
    [{ reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' }],
  );
}

/** The object with the next generation. */
export function withNextGeneration(object: ServedObject): ServedObject {
  return withMetadata(object, { generation: (object.metadata.generation ?? 0) + 1 });
}
