// SPDX-License-Identifier: Apache-2.0
import { isObject, objectAt, type JsonObject } from '../json.js';

export interface Pruned {
  readonly object: JsonObject;
  /** Paths of fields that the schema does not have, which are dropped: `spec.service.bogus`. */
  readonly unknownFields: readonly string[];
}

/** Fields of every object, whatever its schema says. */
const rootFields = ['apiVersion', 'kind', 'metadata'];

/**
 * What the API server keeps of a custom resource: fields that its schema knows, without nulls, defaults filled in.
 * @param schema the openAPIV3Schema of its version
 */
export function pruneCustomResource(object: JsonObject, schema: JsonObject): Pruned {
  const unknownFields: string[] = [];
  const root = Object.fromEntries(rootFields.map((field) => [field, object[field]]));
  const rest = Object.fromEntries(Object.entries(object).filter(([field]) => !rootFields.includes(field)));
  const pruned = pruneObject(rest, schema, { path: '', unknownFields });
  return { object: { ...root, ...pruned }, unknownFields };
}

interface Place {
  readonly path: string;
  readonly unknownFields: string[];
}

function prune(value: unknown, schema: JsonObject, place: Place): unknown {
  if (Array.isArray(value)) {
    const items = objectAt(schema, 'items');
    return value.map((item, index) => prune(item, items, { ...place, path: `${place.path}[${index}]` }));
  }
  return isObject(value) ? pruneObject(value, schema, place) : value;
}

function pruneObject(object: JsonObject, schema: JsonObject, place: Place): JsonObject {
  const properties = objectAt(schema, 'properties');
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    const at = { ...place, path: place.path === '' ? name : `${place.path}.${name}` };
    const known = properties[name] ?? schema.additionalProperties;
    if (isObject(known)) {
      if (value !== null || known.nullable === true) kept[name] = prune(value, known, at);
    } else if (known === true || schema['x-kubernetes-preserve-unknown-fields'] === true) kept[name] = value;
    else place.unknownFields.push(at.path);
  }
  return withSchemaDefaults(kept, properties);
}

function withSchemaDefaults(object: JsonObject, properties: JsonObject): JsonObject {
  const missing = Object.entries(properties).filter(
    ([name, property]) => object[name] === undefined && isObject(property) && property.default !== undefined,
  );
  if (missing.length === 0) return object;
  return {
    ...object,
    ...Object.fromEntries(missing.map(([name, property]) => [name, objectAt({ property }, 'property').default])),
  };
}
