// SPDX-License-Identifier: Apache-2.0
import type { JsonObject } from '../json.js';
import { apiVersionOf, type ResourceType } from '../kinds/resource-type.js';
import type { ServedObject } from '../served-object.js';
import type { ObjectList } from '../server/list-objects.js';
import { StatusError } from '../status-error.js';

/** The form in which a client wants objects. */
export type Form = 'object' | 'table' | 'metadata';

const kinds: Readonly<Record<string, Form>> = {
  Table: 'table',
  PartialObjectMetadata: 'metadata',
  PartialObjectMetadataList: 'metadata',
};

/** The first form of an Accept header that can be given. @throws StatusError 406 */
export function acceptedForm(accept: string | undefined): Form {
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    if (!['', '*/*', 'application/*', 'application/json'].includes(type)) continue;
    const asked = parameters.find((parameter) => parameter.startsWith('as='))?.slice(3);
    if (asked === undefined) return 'object';
    const form = kinds[asked];
    if (form !== undefined && !parameters.includes('v=v1beta1')) return form;
  }
  const message =
    '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf';
  throw new StatusError(406, 'NotAcceptable', message, {});
}

export interface Rendering {
  readonly resource: ResourceType;
  readonly form: Form;
  readonly nowMs: number;
  /** What a table's rows hold of the object. */
  readonly includeObject: string;
}

/** One object, as an answer. */
export function renderObject(object: ServedObject, rendering: Rendering): unknown {
  switch (rendering.form) {
    case 'object':
      return object;
    case 'metadata':
      return metadataOf(object);
    case 'table':
      return table([object], { resourceVersion: object.metadata.resourceVersion }, rendering);
  }
}

export function renderList(list: ObjectList, rendering: Rendering): unknown {
  const { resource, form } = rendering;
  const metadata = {
    resourceVersion: list.resourceVersion,
    ...(list.continueToken !== '' && { continue: list.continueToken }),
    ...(list.remainingItemCount !== undefined && { remainingItemCount: list.remainingItemCount }),
  };
  if (form === 'table') return table(list.items, metadata, rendering);
  if (form === 'metadata') {
    const items = list.items.map(metadataOf);
    return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items };
  }
  const items = resource.schema.kind === 'typed' ? list.items.map(withoutKind) : list.items;
  return { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata, items };
}

/** A bookmark's object: it has a version and, at most, annotations about the watch. */
export function renderBookmark(
  resourceVersion: string,
  { resource, form }: Rendering,
  annotations?: Readonly<Record<string, string>>,
): unknown {
  const kind = form === 'object' ? resource.kind : form === 'metadata' ? 'PartialObjectMetadata' : 'Table';
  const apiVersion = form === 'object' ? apiVersionOf(resource) : 'meta.k8s.io/v1';
  const metadata = { resourceVersion, ...(annotations !== undefined && { annotations }) };
  return { kind, apiVersion, metadata, ...(form === 'table' && { columnDefinitions: null, rows: null }) };
}

/** The list says what its items are; only those of custom resources repeat it. */
function withoutKind({ kind: _kind, apiVersion: _apiVersion, ...rest }: ServedObject): JsonObject {
  return rest;
}

function metadataOf({ metadata }: ServedObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

function table(objects: readonly ServedObject[], metadata: JsonObject, rendering: Rendering): JsonObject {
  const { columns } = rendering.resource;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name, type, format, description, priority }) => ({
      name,
      type,
      format,
      description,
      priority,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, rendering.nowMs)),
      ...rowObject(object, rendering.includeObject),
    })),
  };
}

function rowObject(object: ServedObject, include: string): JsonObject {
  if (include === 'None') return {};
  return { object: include === 'Object' ? object : metadataOf(object) };
}
