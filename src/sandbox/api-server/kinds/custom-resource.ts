// SPDX-License-Identifier: Apache-2.0
import { isObject, listAt, objectAt, objectsAt, sameValue, textAt, type JsonObject } from '../json.js';
import { schemaProblems } from '../schema/validate.js';
import { withStatus, type ServedObject } from '../served-object.js';
import { customColumns } from '../table/custom-columns.js';
import { contentChanged, plainRules, type ResourceRules, type ResourceType } from './resource-type.js';

/** The kinds that a CustomResourceDefinition adds: one per served version. */
export function customResources(definition: ServedObject): readonly ResourceType[] {
  const spec = objectAt(definition, 'spec');
  return objectsAt(spec, 'versions')
    .filter(({ served }) => served === true)
    .map((version) => customResource(spec, version));
}

function customResource(spec: JsonObject, version: JsonObject): ResourceType {
  const names = objectAt(spec, 'names');
  const schema = objectAt(objectAt(version, 'schema'), 'openAPIV3Schema');
  const subresources = objectAt(version, 'subresources');
  return {
    group: textAt(spec, 'group'),
    version: textAt(version, 'name'),
    kind: textAt(names, 'kind'),
    plural: textAt(names, 'plural'),
    singular: textAt(names, 'singular'),
    shortNames: listAt(names, 'shortNames').map(String),
    categories: listAt(names, 'categories').map(String),
    isNamespaced: spec.scope === 'Namespaced',
    hasScale: false,
    schema: { kind: 'structural', schema },
    selectable: { paths: [], refusal: 'plain' },
    columns: customColumns(version),
    rules: customRules(schema, isObject(subresources.status)),
  };
}

function customRules(schema: JsonObject, hasStatus: boolean): ResourceRules {
  return {
    ...plainRules,
    onCreate: (object) => (hasStatus ? withStatus(object, undefined) : object),
    problems: (object) => schemaProblems(object, schema),
    // Without the subresource the status is content like any other.
    generation: (object, previous) =>
      contentChanged(object, previous) || (!hasStatus && !sameValue(object.status, previous.status)),
    hasStatus,
    allowsUnconditionalUpdate: false,
  };
}
