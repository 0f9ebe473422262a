// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod';

/**
 * Says in sentences why an object does not fit its schema: the field, the fact and the way out.
 * @param root path of the parsed value in the object, such as "spec"
 */
export function problemsOf(error: z.ZodError, root: string): readonly string[] {
  return error.issues.map((issue) => `${fieldPath(root, issue.path)} ${issue.message}`);
}

/** Pass as `error` of a parse whose issues go to `problemsOf`. */
export function problemText(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return 'is missing, add it';
  switch (issue.code) {
    case 'invalid_type':
      return `is ${typeName(issue.input)}, make it ${typeNames[issue.expected] ?? `a ${issue.expected}`}`;
    case 'invalid_union':
      return `is ${typeName(issue.input)}, make it a number or a text`;
    case 'invalid_value':
      return `is ${shown(issue.input)}, use one of ${issue.values.map(shown).join(', ')}`;
    case 'too_small':
      return `is too small, make it at least ${issue.minimum}`;
    default:
      return 'does not fit the schema, see kubectl explain';
  }
}

/** A path as users write it: spec.analysis.metrics[0].name. */
export function fieldPath(root: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}.${cut(String(step))}`),
    root,
  );
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a finite number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return String(value);
  if (value === null) return 'null';
  return typeNames[typeof value] ?? `a ${typeof value}`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `"${cut(value)}"` : typeName(value);
}

/** The start of other people's text: enough to recognise it in a sentence that must fit into an Event. */
export function cut(text: string): string {
  return text.slice(0, 64);
}
