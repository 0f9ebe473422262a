// SPDX-License-Identifier: Apache-2.0
import type { FieldProblem } from '../status-error.js';

/** The messages of the API server's validation. */

export function required(field: string, detail = ''): FieldProblem {
  return { reason: 'FieldValueRequired', field, message: `Required value${suffix(detail)}` };
}

export function invalidValue(field: string, value: unknown, detail: string): FieldProblem {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${valueText(value)}${suffix(detail)}` };
}

export function duplicate(field: string, value: unknown): FieldProblem {
  return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${valueText(value)}` };
}

export function forbiddenField(field: string, detail: string): FieldProblem {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${detail}` };
}

export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldProblem {
  const list = supported.map((item) => JSON.stringify(item)).join(', ');
  const message = `Unsupported value: ${valueText(value)}: supported values: ${list}`;
  return { reason: 'FieldValueNotSupported', field, message };
}

export function immutable(field: string, value: unknown): FieldProblem {
  return invalidValue(field, value, 'field is immutable');
}

function valueText(value: unknown): string {
  return JSON.stringify(value ?? null);
}

function suffix(detail: string): string {
  return detail === '' ? '' : `: ${detail}`;
}
