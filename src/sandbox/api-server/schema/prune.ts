// SPDX-License-Identifier: Apache-2.0
import { isChecked } from '../types/checked-values.js';
import { isObject, objectAt, type JsonObject } from '../json.js';

export interface Pruned {
  readonly object: JsonObject;
  /** Paths of fields that the schema does not have, which are dropped: `spec.service.bogus`. */
  readonly unknownFields: readonly string[];
}

/** Fields of every object, whatever its schema says. */
const rootFields: readonly string[] = ['apiVersion', 'kind', 'metadata'];

/**
 * What the API server keeps of a custom resource: fields that its schema knows, without nulls, defaults filled in.
 * @param schema the openAPIV3Schema of its version
 */
export function pruneCustomResource(object: JsonObject, schema: JsonObject): Pruned {
  const unknownFields: string[] = [];
  const content = { ...object };
  for (const field of rootFields) Reflect.deleteProperty(content, field);
  const { apiVersion, kind, metadata } = object;
  return {
    object: { apiVersion, kind, metadata, ...pruneObject(content, schema, { path: '', unknownFields }) },
    unknownFields,
  };
}

interface Place {
  readonly path: string;
  readonly unknownFields: string[];
}

function prune(value: unknown, schema: JsonObject, place: Place): unknown {
  if (isChecked(value, schema)) return value;
  if (Array.isArray(value)) {
    const items = objectAt(schema, 'items');
    return value.map((item, index) => prune(item, items, { ...place, path: `${place.path}[${index}]` }));
  }
  return isObject(value) ? pruneObject(value, schema, place) : value;
}

function pruneObject(object: JsonObject, schema: JsonObject, place: Place): JsonObject {
  const properties = objectAt(schema, 'properties');
  const kept: Record<string, unknown> = {};
  for (const name in object) {
    const value = object[name];
    const known = properties[name] ?? schema.additionalProperties;
    if (isObject(known)) {
      if (value !== null || known.nullable === true) kept[name] = prune(value, known, within(place, name));
    } else if (known === true || schema['x-kubernetes-preserve-unknown-fields'] === true) kept[name] = value;
    else place.unknownFields.push(within(place, name).path);
  }
  return withSchemaDefaults(kept, properties);
}

function within(place: Place, name: string): Place {
  return { ...place, path: place.path === '' ? name : `${place.path}.${name}` };
}

function withSchemaDefaults(object: JsonObject, properties: JsonObject): JsonObject {
  let filled = object;
  for (const name in properties) {
    const property = properties[name];
    if (!isObject(property) || property.default === undefined || filled[name] !== undefined) continue;
    filled = { ...filled, [name]: property.default };
  }
  return filled;
}
