// SPDX-License-Identifier: Apache-2.0
import { listAt, objectAt, objectsAt, sameValue, textAt, type JsonObject } from '../json.js';
import type { ServedObject } from '../served-object.js';
import type { FieldProblem } from '../status-error.js';
import { forbiddenField, immutable, invalidValue, required } from './field-problems.js';
import { labelValueProblems, qualifiedNameProblems } from './names.js';

/** All annotations of an object together. */
const annotationBytes = 256 * 1024;

/** What is wrong with an object's metadata, by the rules for all kinds, those for built-in ones, and the one for its name. */
export function metadataProblems(
  object: ServedObject,
  nameProblems: (name: string) => readonly string[],
  isBuiltIn: boolean,
): readonly FieldProblem[] {
  const { metadata } = object;
  return [
    ...nameFacts(metadata.name, nameProblems),
    ...labelProblemsAt('metadata.labels', objectAt(metadata, 'labels')),
    ...annotationProblems(objectAt(metadata, 'annotations')),
    ...objectsAt(metadata, 'ownerReferences').flatMap(ownerProblems),
    ...controllerProblems(objectsAt(metadata, 'ownerReferences')),
    ...finalizerProblems(listAt(metadata, 'finalizers'), isBuiltIn),
  ];
}

function nameFacts(name: string, nameProblems: (name: string) => readonly string[]): readonly FieldProblem[] {
  if (name === '') return [required('metadata.name', 'name or generateName is required')];
  return nameProblems(name).map((fact) => invalidValue('metadata.name', name, fact));
}

/** What is wrong with labels, wherever they are. */
export function labelProblemsAt(field: string, labels: JsonObject): readonly FieldProblem[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedNameProblems(key).map((fact) => invalidValue(field, key, fact)),
    ...labelValueProblems(String(value)).map((fact) => invalidValue(field, value, fact)),
  ]);
}

function annotationProblems(annotations: JsonObject): readonly FieldProblem[] {
  const field = 'metadata.annotations';
  let bytes = 0;
  const problems: FieldProblem[] = [];
  for (const key in annotations) {
    bytes += key.length + String(annotations[key]).length;
    for (const fact of qualifiedNameProblems(key.toLowerCase())) problems.push(invalidValue(field, key, fact));
  }
  if (bytes > annotationBytes) {
    problems.push({
      reason: 'FieldValueTooLong',
      field,
      message: `Too long: may not be more than ${annotationBytes} bytes`,
    });
  }
  return problems;
}

function ownerProblems(owner: JsonObject): readonly FieldProblem[] {
  const field = 'metadata.ownerReferences';
  const missing = ['kind', 'name', 'uid'].filter((name) => textAt(owner, name) === '');
  return [
    ...(textAt(owner, 'apiVersion') === ''
      ? [invalidValue(`${field}.apiVersion`, '', 'version must not be empty')]
      : []),
    ...missing.map((name) => invalidValue(`${field}.${name}`, '', 'must not be empty')),
  ];
}

function controllerProblems(owners: readonly JsonObject[]): readonly FieldProblem[] {
  const [first, second] = owners.filter(({ controller }) => controller === true);
  if (first === undefined || second === undefined) return [];
  const names = [first, second].map((owner) => `${textAt(owner, 'kind')}/${textAt(owner, 'name')}`);
  const fact = `Only one reference can have Controller set to true. Found "true" in references for ${names.join(' and ')}`;
  return [invalidValue('metadata.ownerReferences', owners, fact)];
}

const standardFinalizers: readonly unknown[] = ['orphan', 'foregroundDeletion'];

function finalizerProblems(finalizers: readonly unknown[], isBuiltIn: boolean): readonly FieldProblem[] {
  return [
    ...finalizers.flatMap((finalizer) =>
      qualifiedNameProblems(String(finalizer)).map((fact) => invalidValue('metadata.finalizers', finalizer, fact)),
    ),
    ...finalizers.flatMap((finalizer, index) => {
      // A custom resource may have a finalizer without a domain: a real server only warns of it.
      if (!isBuiltIn || standardFinalizers.includes(finalizer) || String(finalizer).includes('/')) return [];
      const fact = 'name is neither a standard finalizer name nor is it fully qualified';
      return [invalidValue(`metadata.finalizers[${index}]`, finalizer, fact)];
    }),
  ];
}

const fixedFields = ['name', 'namespace', 'uid', 'creationTimestamp'] as const;

/** What no update of any kind may change in the metadata. */
export function metadataUpdateProblems(object: ServedObject, previous: ServedObject): readonly FieldProblem[] {
  return [
    ...addedFinalizers(object, previous),
    ...fixedFields
      .filter((field) => object.metadata[field] !== previous.metadata[field])
      .map((field) => immutable(`metadata.${field}`, object.metadata[field])),
    ...(sameValue(object.metadata.deletionTimestamp, previous.metadata.deletionTimestamp)
      ? []
      : [immutable('metadata.deletionTimestamp', object.metadata.deletionTimestamp)]),
  ];
}

/** An object that is going away waits for nobody new. */
function addedFinalizers(object: ServedObject, previous: ServedObject): readonly FieldProblem[] {
  if (previous.metadata.deletionTimestamp === undefined) return [];
  const known = listAt(previous.metadata, 'finalizers');
  const added = listAt(object.metadata, 'finalizers').filter((finalizer) => !known.includes(finalizer));
  if (added.length === 0) return [];
  const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
  const fact = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
  return [forbiddenField('metadata.finalizers', fact)];
}
