// SPDX-License-Identifier: Apache-2.0
import { sha256Hex } from '../../../lib/hash.js';
import type { JsonObject } from '../json.js';
import { apiVersionOf, type ResourceType } from '../kinds/resource-type.js';
import type { ResourceRegistry } from '../server/resource-registry.js';
import { objectType, type FieldType, type ObjectType, type Scalar, type ValueType } from '../types/type-table.js';

/** GET /openapi/v3: where the documents of the served versions are. */
export function openApiIndex(registry: ResourceRegistry): JsonObject {
  const roots = [...new Set(registry.all().map(rootOf))];
  const entry = (root: string): JsonObject => ({
    // Clients keep a document as long as its hash stays.
    serverRelativeURL: `/openapi/v3/${root}?hash=${sha256Hex(JSON.stringify(documentOf(registry, root)))
      .slice(0, 32)
      .toUpperCase()}`,
  });
  return { paths: Object.fromEntries(roots.map((root) => [root, entry(root)])) };
}

/** GET /openapi/v3/<root>; undefined when nothing is served there. */
export function openApiDocument(registry: ResourceRegistry, root: string): JsonObject | undefined {
  return registry.all().some((resource) => rootOf(resource) === root) ? documentOf(registry, root) : undefined;
}

/** Where the kinds of a version live: `api/v1`, `apis/apps/v1`. */
function rootOf(resource: ResourceType): string {
  return `${resource.group === '' ? 'api' : 'apis'}/${apiVersionOf(resource)}`;
}

function documentOf(registry: ResourceRegistry, root: string): JsonObject {
  const resources = registry.all().filter((resource) => rootOf(resource) === root);
  const schemas = new Map<string, JsonObject>();
  for (const resource of resources) addKind(schemas, resource);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.35.4' },
    paths: Object.fromEntries(resources.flatMap((resource) => pathsOf(resource, root))),
    components: { schemas: Object.fromEntries(schemas) },
  };
}

/** Enough for kubectl to see which kinds there are, and that the server checks fields. */
function pathsOf(resource: ResourceType, root: string): readonly (readonly [string, JsonObject])[] {
  const scope = resource.isNamespaced ? '/namespaces/{namespace}' : '';
  const { group, version, kind, plural } = resource;
  const gvk = { group, version, kind };
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({ name, in: 'query' }));
  const operation = (action: string): JsonObject => ({
    parameters,
    responses: {
      200: { description: 'OK', content: { 'application/json': { schema: reference(schemaName(resource)) } } },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  });
  return [
    [`/${root}${scope}/${plural}`, { get: operation('list'), post: operation('post') }],
    [`/${root}${scope}/${plural}/{name}`, { get: operation('get'), patch: operation('patch'), put: operation('put') }],
  ];
}

function schemaName(resource: ResourceType): string {
  if (resource.schema.kind === 'typed') return openApiName(resource.schema.type);
  return [...resource.group.split('.').reverse(), resource.version, resource.kind].join('.');
}

function addKind(schemas: Map<string, JsonObject>, resource: ResourceType): void {
  const { group, version, kind, schema } = resource;
  const gvk = { 'x-kubernetes-group-version-kind': [{ group, version, kind }] };
  const name = schemaName(resource);
  const metadata = objectType('meta.v1.ObjectMeta');
  if (schema.kind === 'typed') {
    addType(schemas, schema.type);
    schemas.set(name, { ...schemas.get(name), ...gvk });
    return;
  }
  addType(schemas, metadata);
  const own = schema.schema.properties;
  const properties = {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { allOf: [reference(openApiName(metadata))] },
    ...(typeof own === 'object' && own),
  };
  schemas.set(name, { ...schema.schema, properties, ...gvk });
}

function addType(schemas: Map<string, JsonObject>, type: ObjectType): void {
  const name = openApiName(type);
  if (schemas.has(name)) return;
  // Known before its members are, because some types contain themselves.
  schemas.set(name, {});
  const fields = [...type.fields.values()];
  for (const field of fields) addMembers(schemas, field.value);
  const required = fields.filter(({ isRequired }) => isRequired).map((field) => field.name);
  schemas.set(name, {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])),
  });
}

function addMembers(schemas: Map<string, JsonObject>, value: ValueType): void {
  if (value.kind === 'object') addType(schemas, value.type);
  if (value.kind === 'list') addMembers(schemas, value.items);
  if (value.kind === 'map') addMembers(schemas, value.values);
}

function fieldSchema(field: FieldType): JsonObject {
  const { mergeKey, retainsKeys, listKeys, isSet } = field;
  const strategies = [...(mergeKey === undefined ? [] : ['merge']), ...(retainsKeys ? ['retainKeys'] : [])];
  return {
    ...valueSchema(field.value),
    ...(field.enum.length > 0 && { enum: field.enum }),
    ...(strategies.length > 0 && { 'x-kubernetes-patch-strategy': strategies.join(',') }),
    ...(mergeKey !== undefined && mergeKey !== '' && { 'x-kubernetes-patch-merge-key': mergeKey }),
    ...(listKeys.length > 0 && { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': listKeys }),
    ...(isSet && { 'x-kubernetes-list-type': 'set' }),
  };
}

function valueSchema(value: ValueType): JsonObject {
  switch (value.kind) {
    case 'scalar':
      return scalarSchemas[value.scalar];
    case 'list':
      return { type: 'array', items: valueSchema(value.items) };
    case 'map':
      return { type: 'object', additionalProperties: valueSchema(value.values) };
    case 'object':
      return { allOf: [reference(openApiName(value.type))] };
  }
}

const scalarSchemas: Readonly<Record<Scalar, JsonObject>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  float64: { type: 'number', format: 'double' },
  quantity: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  'int-or-string': { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' },
  time: { type: 'string', format: 'date-time' },
  microtime: { type: 'string', format: 'date-time' },
  bytes: { type: 'string', format: 'byte' },
  any: { type: 'object' },
};

const packages: Readonly<Record<string, string>> = {
  meta: 'io.k8s.apimachinery.pkg.apis.meta',
  apiextensions: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
};

function openApiName({ name }: ObjectType): string {
  const [group = '', ...rest] = name.split('.');
  return `${packages[group] ?? `io.k8s.api.${group}`}.${rest.join('.')}`;
}

function reference(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}
