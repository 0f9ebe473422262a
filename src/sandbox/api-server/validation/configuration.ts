// SPDX-License-Identifier: Apache-2.0
import { isObject, numberAt, objectAt, objectsAt, sameValue, textAt } from '../json.js';
import type { ServedObject } from '../served-object.js';
import type { FieldProblem } from '../status-error.js';
import { forbiddenField, immutable, invalidValue, notSupported, required } from './field-problems.js';
import { configKeyProblems, labelProblems } from './names.js';

export function configMapProblems(config: ServedObject): readonly FieldProblem[] {
  const binary = objectAt(config, 'binaryData');
  return [
    ...keyProblems(config, 'data'),
    ...Object.keys(objectAt(config, 'data'))
      .filter((key) => key in binary)
      .map((key) => invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData')),
    ...keyProblems(config, 'binaryData'),
  ];
}

export function secretProblems(secret: ServedObject): readonly FieldProblem[] {
  return keyProblems(secret, 'data');
}

export function secretUpdateProblems(secret: ServedObject, previous: ServedObject): readonly FieldProblem[] {
  const typeChange = secret.type === previous.type ? [] : [immutable('type', secret.type)];
  return [...typeChange, ...immutableDataProblems(secret, previous)];
}

/** What was declared immutable can only be deleted. */
export function immutableDataProblems(object: ServedObject, previous: ServedObject): readonly FieldProblem[] {
  if (previous.immutable !== true) return [];
  const fact = 'field is immutable when `immutable` is set';
  return [
    ...(object.immutable === true ? [] : [forbiddenField('immutable', fact)]),
    ...['data', 'binaryData']
      .filter((field) => !sameValue(object[field], previous[field]))
      .map((field) => forbiddenField(field, fact)),
  ];
}

function keyProblems(object: ServedObject, field: string): readonly FieldProblem[] {
  return Object.keys(objectAt(object, field)).flatMap((key) =>
    configKeyProblems(key).map((fact) => invalidValue(`${field}[${key}]`, key, fact)),
  );
}

export function leaseProblems(lease: ServedObject): readonly FieldProblem[] {
  const spec = objectAt(lease, 'spec');
  const seconds = numberAt(spec, 'leaseDurationSeconds');
  const transitions = numberAt(spec, 'leaseTransitions');
  return [
    ...(seconds !== undefined && seconds <= 0
      ? [invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0')]
      : []),
    ...(transitions !== undefined && transitions < 0
      ? [invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0')]
      : []),
  ];
}

export function eventProblems(event: ServedObject): readonly FieldProblem[] {
  const about = textAt(objectAt(event, 'involvedObject'), 'namespace');
  const { namespace = '' } = event.metadata;
  const isRight = about === namespace || (about === '' && namespace === 'default');
  return isRight ? [] : [invalidValue('involvedObject.namespace', about, 'does not match event.namespace')];
}

/** Namespaces are parts of host names. */
export function namespaceNameProblems(name: string): readonly string[] {
  return name.includes('.') ? ['must not contain dots'] : labelProblems(name);
}

export function roleBindingProblems(binding: ServedObject): readonly FieldProblem[] {
  const role = objectAt(binding, 'roleRef');
  const kinds = ['Role', 'ClusterRole'];
  return [
    ...(kinds.includes(textAt(role, 'kind')) ? [] : [notSupported('roleRef.kind', role.kind, kinds)]),
    ...(textAt(role, 'name') === '' ? [required('roleRef.name')] : []),
    ...objectsAt(binding, 'subjects').flatMap((subject, index) =>
      textAt(subject, 'name') === '' ? [required(`subjects[${index}].name`)] : [],
    ),
  ];
}

export function roleBindingUpdateProblems(binding: ServedObject, previous: ServedObject): readonly FieldProblem[] {
  if (sameValue(binding.roleRef, previous.roleRef)) return [];
  return [invalidValue('roleRef', binding.roleRef, 'cannot change roleRef')];
}

export function definitionProblems(definition: ServedObject): readonly FieldProblem[] {
  const spec = objectAt(definition, 'spec');
  const { name } = definition.metadata;
  const names = objectAt(spec, 'names');
  const missing = ['plural', 'kind'].filter((field) => textAt(names, field) === '');
  const isSchemaless = objectsAt(spec, 'versions').some(({ schema }) => !isObject(schema));
  return [
    ...(name === `${textAt(names, 'plural')}.${textAt(spec, 'group')}`
      ? []
      : [invalidValue('metadata.name', name, 'must be spec.names.plural+"."+spec.group')]),
    ...(textAt(spec, 'group') === '' ? [required('spec.group')] : []),
    ...missing.map((field) => required(`spec.names.${field}`)),
    ...(objectsAt(spec, 'versions').length === 0 ? [required('spec.versions', 'must have at least one version')] : []),
    ...(isSchemaless ? [required('spec.versions[0].schema.openAPIV3Schema', 'schemas are required')] : []),
  ];
}
