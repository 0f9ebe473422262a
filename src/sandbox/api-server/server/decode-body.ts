// SPDX-License-Identifier: Apache-2.0
import { isObject, objectAt, textAt, type JsonObject } from '../json.js';
import { apiVersionOf, type ResourceType } from '../kinds/resource-type.js';
import { pruneCustomResource } from '../schema/prune.js';
import { badRequest } from '../status-error.js';
import { decodeTyped, UndecodableError } from '../types/typed-decoder.js';
import { isChecked } from '../types/checked-values.js';
import { objectType, type ObjectType } from '../types/type-table.js';
import type { ResourceRegistry } from './resource-registry.js';

/** What happens to fields that a kind does not have. They are never stored. */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export interface DecodedBody {
  /** Without unknown fields, with defaults. */
  readonly object: JsonObject;
  readonly unknownFields: readonly string[];
}

/**
 * A request's object as its kind has it.
 * @throws StatusError 400
 */
export function decodeBody(body: unknown, resource: ResourceType, registry: ResourceRegistry): DecodedBody {
  if (!isObject(body)) throw badRequest(`the object provided is unrecognized (must be of type ${resource.kind})`);
  if (resource.schema.kind === 'typed') requireKind(body, resource, registry);
  else requireCustomKind(body, resource);
  try {
    return decoded(body, resource);
  } catch (error) {
    if (error instanceof UndecodableError) throw unhandled(resource, error.message);
    throw error;
  }
}

/** The body's fields as they are, without unknown ones. */
function decoded(body: JsonObject, resource: ResourceType): DecodedBody {
  const { schema, kind, rules } = resource;
  if (schema.kind === 'typed') {
    const { object, unknownFields } = decodeTyped(body, schema.type);
    const complete = isComplete(object, schema.type) ? object : rules.defaults(object);
    return { object: typed(complete, resource), unknownFields };
  }
  const metadata = decodeTyped(objectAt(body, 'metadata'), objectMeta);
  const pruned = pruneCustomResource({ ...body, kind, metadata: metadata.object }, schema.schema);
  return {
    object: rules.defaults(pruned.object),
    unknownFields: [...metadata.unknownFields.map((field) => `metadata.${field}`), ...pruned.unknownFields].sort(),
  };
}

/** Defaults are all in the specification; one that was stored has them. */
function isComplete({ spec }: JsonObject, type: ObjectType): boolean {
  const field = type.fields.get('spec')?.value;
  return field?.kind === 'object' && isChecked(spec, field.type);
}

const objectMeta = objectType('meta.v1.ObjectMeta');

function typed(object: JsonObject, resource: ResourceType): JsonObject {
  const apiVersion = apiVersionOf(resource);
  const isRight = object.kind === resource.kind && object.apiVersion === apiVersion;
  return isRight ? object : { ...object, kind: resource.kind, apiVersion };
}

/** Built-in kinds may leave out what the URL says. */
function requireKind(body: JsonObject, resource: ResourceType, registry: ResourceRegistry): void {
  const kind = textAt(body, 'kind') || resource.kind;
  const apiVersion = textAt(body, 'apiVersion') || apiVersionOf(resource);
  if (kind === resource.kind && apiVersion === apiVersionOf(resource)) return;
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  const known = registry.findKind(apiVersion, kind);
  const fact =
    known === undefined
      ? `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`
      : `converting (${version}.${kind}) to (${internalName(resource)}): unknown conversion`;
  throw badRequest(`${kind} in version "${version}" cannot be handled as a ${resource.kind}: ${fact}`);
}

/** Name of a kind's type inside the API server. */
function internalName({ group, kind }: ResourceType): string {
  return `${group === '' ? 'core' : group.replace(/\..*$/, '')}.${kind}`;
}

function requireCustomKind(body: JsonObject, resource: ResourceType): void {
  const kind = textAt(body, 'kind');
  const apiVersion = textAt(body, 'apiVersion');
  if (kind === '') {
    const text = JSON.stringify(body);
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): Object 'Kind' is missing in '${text}' (${text})`,
    );
  }
  if (apiVersion !== apiVersionOf(resource)) {
    const expected = `the expected API version (${apiVersionOf(resource)})`;
    throw badRequest(`the API version in the data (${apiVersion}) does not match ${expected}`);
  }
  if (kind !== resource.kind) {
    throw badRequest(`the kind in the data (${kind}) does not match the expected kind (${resource.kind})`);
  }
}

/** Refuses unknown fields where that was asked for; else returns what to warn of. */
export function checkUnknownFields(
  { unknownFields }: DecodedBody,
  resource: ResourceType,
  validation: FieldValidation,
): readonly string[] {
  if (unknownFields.length === 0 || validation === 'Ignore') return [];
  const texts = unknownFields.map((field) => `unknown field "${field}"`);
  if (validation === 'Warn') return texts;
  throw unhandled(resource, `strict decoding error: ${texts.join(', ')}`);
}

function unhandled({ kind, version }: ResourceType, fact: string): Error {
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${fact}`);
}
