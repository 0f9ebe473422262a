// SPDX-License-Identifier: Apache-2.0
import { isObject, listAt, numberAt, objectsAt, sameValue, textAt, type JsonObject } from '../json.js';
import { isChecked } from '../types/checked-values.js';
import type { FieldProblem } from '../status-error.js';
import { notSupported, required } from '../validation/field-problems.js';

/** What is wrong with a custom resource by the openAPIV3Schema of its version. */
export function schemaProblems(object: JsonObject, schema: JsonObject): readonly FieldProblem[] {
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...content } = object;
  return valueProblems(content, schema, '');
}

function valueProblems(value: unknown, schema: JsonObject, path: string): readonly FieldProblem[] {
  if (isChecked(value, schema)) return [];
  if (schema['x-kubernetes-int-or-string'] === true) return intOrStringProblems(value, path);
  const mismatch = typeProblem(value, schema, path);
  if (mismatch !== undefined) return [mismatch];
  return [
    ...combinationProblems(value, schema, path),
    ...limitProblems(value, schema, path),
    ...(Array.isArray(value) ? itemProblems(value, schema, path) : []),
    ...(isObject(value) ? memberProblems(value, schema, path) : []),
  ];
}

function typeProblem(value: unknown, schema: JsonObject, path: string): FieldProblem | undefined {
  const type = textAt(schema, 'type');
  if (type === '' || isOfType(value, type) || (value === null && schema.nullable === true)) return undefined;
  return inBody(path, typeName(value), `must be of type ${type}: "${typeName(value)}"`, 'FieldValueTypeInvalid');
}

function intOrStringProblems(value: unknown, path: string): readonly FieldProblem[] {
  if (typeof value === 'string' || isOfType(value, 'integer')) return [];
  return [
    inBody(path, typeName(value), `must be of type integer,string: "${typeName(value)}"`, 'FieldValueTypeInvalid'),
  ];
}

function isOfType(value: unknown, type: string): boolean {
  const actual = typeName(value);
  return actual === type || (type === 'number' && actual === 'integer');
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function memberProblems(value: JsonObject, schema: JsonObject, path: string): readonly FieldProblem[] {
  const missing = listAt(schema, 'required').filter((name) => value[String(name)] === undefined);
  const properties = isObject(schema.properties) ? schema.properties : {};
  return [
    ...missing.map((name) => required(member(path, String(name)))),
    ...Object.entries(value).flatMap(([name, each]) => {
      const known = properties[name] ?? schema.additionalProperties;
      return isObject(known) ? valueProblems(each, known, member(path, name)) : [];
    }),
  ];
}

function itemProblems(value: readonly unknown[], schema: JsonObject, path: string): readonly FieldProblem[] {
  const { items } = schema;
  return isObject(items) ? value.flatMap((item, index) => valueProblems(item, items, `${path}[${index}]`)) : [];
}

function limitProblems(value: unknown, schema: JsonObject, path: string): readonly FieldProblem[] {
  const allowed = listAt(schema, 'enum');
  const problems: FieldProblem[] = [];
  if (allowed.length > 0 && !allowed.some((each) => sameValue(each, value)))
    problems.push(notSupported(path, value, allowed.map(String)));
  if (typeof value === 'number') problems.push(...rangeProblems(value, schema, path));
  const pattern = textAt(schema, 'pattern');
  if (typeof value === 'string' && pattern !== '' && !new RegExp(pattern, 'u').test(value))
    problems.push(inBody(path, value, `should match '${pattern}'`));
  problems.push(...sizeProblems(value, schema, path));
  return problems;
}

function rangeProblems(value: number, schema: JsonObject, path: string): readonly FieldProblem[] {
  const [least, most] = [numberAt(schema, 'minimum'), numberAt(schema, 'maximum')];
  return [
    ...(least !== undefined && value < least
      ? [inBody(path, value, `should be greater than or equal to ${least}`)]
      : []),
    ...(most !== undefined && value > most ? [inBody(path, value, `should be less than or equal to ${most}`)] : []),
  ];
}

function sizeProblems(value: unknown, schema: JsonObject, path: string): readonly FieldProblem[] {
  if (typeof value !== 'string' && !Array.isArray(value)) return [];
  const [suffix, unit] = typeof value === 'string' ? ['Length', 'chars long'] : ['Items', 'items'];
  const [least, most] = [numberAt(schema, `min${suffix}`), numberAt(schema, `max${suffix}`)];
  const size = value.length;
  const verb = unit === 'items' ? 'have' : 'be';
  return [
    ...(least !== undefined && size < least ? [inBody(path, size, `should ${verb} at least ${least} ${unit}`)] : []),
    ...(most !== undefined && size > most
      ? [
          tooLong(
            path,
            unit === 'items'
              ? `Too many: ${size}: must have at most ${most} items`
              : `Too long: may not be more than ${most} bytes`,
          ),
        ]
      : []),
  ];
}

function tooLong(field: string, message: string): FieldProblem {
  return { reason: message.startsWith('Too many') ? 'FieldValueTooMany' : 'FieldValueTooLong', field, message };
}

function combinationProblems(value: unknown, schema: JsonObject, path: string): readonly FieldProblem[] {
  return [
    ...objectsAt(schema, 'allOf').flatMap((each) => valueProblems(value, each, path)),
    ...alternativeProblems(value, {
      schema,
      path,
      keyword: 'oneOf',
      fact: 'must validate one and only one schema (oneOf)',
    }),
    ...alternativeProblems(value, {
      schema,
      path,
      keyword: 'anyOf',
      fact: 'must validate at least one schema (anyOf)',
    }),
    ...negationProblems(value, schema, path),
  ];
}

function negationProblems(value: unknown, schema: JsonObject, path: string): readonly FieldProblem[] {
  if (!isObject(schema.not) || valueProblems(value, schema.not, path).length > 0) return [];
  const message = `Invalid value: "": "${path}" must not validate the schema (not)`;
  return [{ reason: 'FieldValueInvalid', field: '<nil>', message }];
}

interface Alternatives {
  readonly schema: JsonObject;
  readonly path: string;
  readonly keyword: 'oneOf' | 'anyOf';
  readonly fact: string;
}

/** Where none fits, the first says what it misses. */
function alternativeProblems(value: unknown, { schema, path, keyword, fact }: Alternatives): readonly FieldProblem[] {
  const results = objectsAt(schema, keyword).map((each) => valueProblems(value, each, path));
  const fitting = results.filter((problems) => problems.length === 0).length;
  if (results.length === 0 || fitting === 1 || (keyword === 'anyOf' && fitting > 0)) return [];
  const found =
    keyword === 'anyOf' ? '' : fitting === 0 ? '. Found none valid' : `. Found ${fitting} valid alternatives`;
  const message = `Invalid value: "": "${path}" ${fact}${found}`;
  const problem: FieldProblem = { reason: 'FieldValueInvalid', field: '<nil>', message };
  return fitting === 0 ? [problem, ...(results[0] ?? [])] : [problem];
}

function inBody(
  path: string,
  value: unknown,
  fact: string,
  reason: FieldProblem['reason'] = 'FieldValueInvalid',
): FieldProblem {
  return { reason, field: path, message: `Invalid value: ${JSON.stringify(value)}: ${path} in body ${fact}` };
}

function member(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
