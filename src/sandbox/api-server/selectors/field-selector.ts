// SPDX-License-Identifier: Apache-2.0
import { isObject, type JsonObject } from '../json.js';
import { badRequest } from '../status-error.js';

/** How a resource may be selected by its fields. */
export interface SelectableFields {
  /** Beside metadata.name and metadata.namespace: paths like `status.phase`. */
  readonly paths: readonly string[];
  /** How the API server words its refusal: kinds with fields of their own say less. */
  readonly refusal: 'plain' | 'listed';
}

export type FieldMatch = (object: JsonObject) => boolean;

const metadataFields = ['metadata.name', 'metadata.namespace'];

/**
 * The selector of a request's `fieldSelector`: `metadata.name=podinfo,status.phase!=Running`.
 * @throws StatusError 400
 */
export function parseFieldSelector(text: string, selectable: SelectableFields): FieldMatch {
  const terms = text
    .split(',')
    .filter((term) => term !== '')
    .map(parseTerm);
  for (const { path } of terms) {
    if (metadataFields.includes(path) || selectable.paths.includes(path)) continue;
    throw badRequest(
      selectable.refusal === 'plain'
        ? `field label not supported: ${path}`
        : `"${path}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
    );
  }
  return (object) => terms.every(({ steps, value, isEqual }) => (textOf(object, steps) === value) === isEqual);
}

interface Term {
  readonly path: string;
  readonly steps: readonly string[];
  readonly value: string;
  readonly isEqual: boolean;
}

function parseTerm(text: string): Term {
  const match = /^(.*?)(!=|==|=)(.*)$/.exec(text);
  if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  const [, path = '', operator, given = ''] = match;
  const value = given.replaceAll(/\\(.)/g, '$1');
  if (/(?<!\\)=/.test(given)) throw badRequest('invalid field selector: unescaped character in value: 61');
  return { path, steps: path.split('.'), value, isEqual: operator !== '!=' };
}

function textOf(object: JsonObject, steps: readonly string[]): string {
  let value: unknown = object;
  for (const step of steps) value = isObject(value) ? value[step] : undefined;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
