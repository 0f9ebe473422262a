// SPDX-License-Identifier: Apache-2.0
import type { JsonObject } from './json.js';
import { OperatorError } from '../../lib/operator-error.js';

/** A field that refuses a request, named as the API names it ("spec.ports[0].port"). */
export interface FieldProblem {
  readonly reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueDuplicate'
    | 'FieldValueNotFound'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueTooMany'
    | 'FieldValueTooLong'
    | 'FieldValueTypeInvalid';
  readonly field: string;
  /** Without the field. */
  readonly message: string;
}

/** What an answer's Status object says of the object in question. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly causes?: readonly unknown[];
  readonly retryAfterSeconds?: number;
}

/** How an error names the resource: `deployments.apps "podinfo"`. */
export interface Subject {
  readonly group: string;
  /** Plural, or the kind: what is invalid is named by its kind. */
  readonly resource: string;
  readonly name: string;
}

/** A request that the API server refuses, with the reason and message of a real one. */
export class StatusError extends OperatorError {
  readonly code = 'SANDBOX_API_STATUS';
  readonly retry = 'never';

  constructor(
    /** HTTP status. */
    readonly status: number,
    /** Machine-readable; empty for internal errors. */
    readonly reason: string,
    message: string,
    readonly details?: StatusDetails,
  ) {
    super(message);
  }

  /** The Status object of the answer. */
  toStatus(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason !== '' && { reason: this.reason }),
      ...(this.details !== undefined && { details: this.details }),
      code: this.status,
    };
  }
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

export function notFound(subject: Subject): StatusError {
  return new StatusError(404, 'NotFound', `${subjectText(subject)} not found`, detailsOf(subject));
}

export function alreadyExists(subject: Subject): StatusError {
  return new StatusError(409, 'AlreadyExists', `${subjectText(subject)} already exists`, detailsOf(subject));
}

export function conflict(subject: Subject, fact: string): StatusError {
  const message = `Operation cannot be fulfilled on ${subjectText(subject)}: ${fact}`;
  return new StatusError(409, 'Conflict', message, detailsOf(subject));
}

export const modified = 'the object has been modified; please apply your changes to the latest version and try again';

export function forbidden(subject: Subject, fact: string, causes: readonly unknown[] = []): StatusError {
  const details = { ...detailsOf(subject), ...(causes.length > 0 && { causes }) };
  return new StatusError(403, 'Forbidden', `${subjectText(subject)} is forbidden: ${fact}`, details);
}

export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', message);
}

/** The path names no resource that is served. */
export function noSuchResource(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(): StatusError {
  const message = 'the server does not allow this method on the requested resource';
  return new StatusError(405, 'MethodNotAllowed', message, {});
}

export function internalError(message: string): StatusError {
  return new StatusError(500, '', message);
}

/** All that is wrong with an object. `subject.resource` is its kind. */
export function invalid(subject: Subject, problems: readonly FieldProblem[]): StatusError {
  const texts = problems.map(({ field, message }) => `${field}: ${message}`);
  const unique = [...new Set(texts)];
  const list = unique.length === 1 ? unique.join('') : `[${unique.join(', ')}]`;
  const causes = problems.map(({ reason, message, field }) => ({ reason, message, field }));
  return new StatusError(422, 'Invalid', `${subjectText(subject)} is invalid: ${list}`, {
    ...detailsOf(subject),
    causes,
  });
}

function subjectText({ group, resource, name }: Subject): string {
  return `${group === '' ? resource : `${resource}.${group}`} "${name}"`;
}

function detailsOf({ group, resource, name }: Subject): StatusDetails {
  return { ...(name !== '' && { name }), ...(group !== '' && { group }), kind: resource };
}
