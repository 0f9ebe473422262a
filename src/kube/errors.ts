// SPDX-License-Identifier: Apache-2.0
import { errorText, OperatorError, type RetryAdvice } from '../lib/operator-error.js';
import { isRecord, numberAt, recordAt, stringAt } from './json.js';

/** How the operator reacts to a failed API request; one code per reaction. */
export type ApiErrorCode =
  | 'API_ALREADY_EXISTS'
  | 'API_CONFLICT'
  | 'API_EXPIRED'
  | 'API_FORBIDDEN'
  | 'API_INVALID'
  | 'API_NOT_FOUND'
  | 'API_REJECTED'
  | 'API_SERVER_ERROR'
  | 'API_TOO_MANY_REQUESTS'
  | 'API_UNREACHABLE'
  | 'API_BAD_ANSWER';

export interface ApiErrorFields {
  readonly code: ApiErrorCode;
  readonly message: string;
  /** HTTP status; undefined when there was no answer. */
  readonly status?: number | undefined;
  /** The machine-readable reason in the apiserver's Status, e.g. `NotFound`. */
  readonly reason?: string | undefined;
  /** How long the server asks to wait. */
  readonly retryAfterMs?: number | undefined;
  /** The object that the server named in its Status. */
  readonly objectName?: string | undefined;
  readonly cause?: unknown;
}

/** A request to the Kubernetes API that failed. The message is the apiserver's own where it gave one. */
export class ApiError extends OperatorError {
  readonly code: ApiErrorCode;
  readonly retry: RetryAdvice;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly objectName: string | undefined;

  constructor(fields: ApiErrorFields) {
    super(fields.message, { cause: fields.cause });
    this.code = fields.code;
    // A conflict says that our view is old: look again at once. All else can only change with time.
    this.retry = fields.code === 'API_CONFLICT' ? 'requeue' : 'backoff';
    this.status = fields.status;
    this.reason = fields.reason;
    this.retryAfterMs = fields.retryAfterMs;
    this.objectName = fields.objectName;
  }
}

/** A write was asked for while this process does not hold the leader lease. Nothing was sent. */
export class NotLeadingError extends OperatorError {
  readonly code = 'NOT_LEADING';
  readonly retry = 'never';

  constructor(request: string) {
    super(`Not sent, because this process is not the leader: ${request}`);
  }
}

/** A PUT without the resourceVersion on which it was decided. A programming error: it could undo another's change. */
export class MissingPreconditionError extends OperatorError {
  readonly code = 'MISSING_PRECONDITION';
  readonly retry = 'never';

  constructor(request: string) {
    super(`Not sent, because the object carries no resourceVersion: ${request}`);
  }
}

export interface FailedAnswer {
  /** "PUT /apis/apps/v1/…", for answers without a message of their own. */
  readonly request: string;
  readonly status: number;
  readonly body: string;
  /** What its Retry-After header asks for. */
  readonly retryAfterMs?: number | undefined;
}

/** Maps an answer with a status outside 2xx. */
export function errorOfAnswer(answer: FailedAnswer): ApiError {
  const status = parseStatus(answer.body);
  return errorOfStatus(status, {
    code: answer.status,
    message: `${answer.request}: HTTP ${answer.status}${status === undefined ? briefBody(answer.body) : ''}`,
    retryAfterMs: answer.retryAfterMs,
  });
}

/** Maps a Status object (the body of a failed request, or the object of an ERROR frame in a watch). */
export function errorOfStatus(
  status: unknown,
  fallback: { readonly code: number; readonly message: string; readonly retryAfterMs?: number | undefined },
): ApiError {
  const fields = isRecord(status) ? status : {};
  const code = numberAt(fields, 'code') ?? fallback.code;
  const reason = stringAt(fields, 'reason');
  const details = recordAt(fields, 'details');
  const seconds = numberAt(details, 'retryAfterSeconds');
  return new ApiError({
    code: codeOf(code, reason),
    message: stringAt(fields, 'message') ?? fallback.message,
    status: code,
    reason,
    objectName: stringAt(details, 'name'),
    retryAfterMs: fallback.retryAfterMs ?? (seconds === undefined || seconds <= 0 ? undefined : seconds * 1_000),
  });
}

/**
 * The apiserver reports a failed `test` of a JSON patch like an invalid object, but names no object.
 * @returns the conflict that it is, or undefined when the error is another
 */
export function failedPatchTest(error: unknown, request: string): ApiError | undefined {
  if (!(error instanceof ApiError) || error.status !== 422 || error.objectName !== undefined) return undefined;
  const message = `A test of the JSON patch failed, the object has changed: ${request}`;
  return new ApiError({ code: 'API_CONFLICT', message, status: error.status, reason: error.reason, cause: error });
}

/** No answer came, or it broke off: refused, reset, timed out, unknown host, no credentials. */
export function unreachable(request: string, cause: unknown): ApiError {
  const message = `Kubernetes API does not answer ${request}: ${errorText(cause)}`;
  return new ApiError({ code: 'API_UNREACHABLE', message, cause });
}

/** The answer is no Kubernetes object: broken JSON, a proxy's HTML page, something far too large. */
export function badAnswer(request: string, fact: string, cause?: unknown): ApiError {
  return new ApiError({ code: 'API_BAD_ANSWER', message: `Kubernetes API answered ${request} with ${fact}`, cause });
}

const codesByStatus: Readonly<Record<number, ApiErrorCode>> = {
  400: 'API_INVALID',
  401: 'API_FORBIDDEN',
  403: 'API_FORBIDDEN',
  404: 'API_NOT_FOUND',
  409: 'API_CONFLICT',
  410: 'API_EXPIRED',
  422: 'API_INVALID',
  429: 'API_TOO_MANY_REQUESTS',
};

function codeOf(status: number, reason: string | undefined): ApiErrorCode {
  if (reason === 'AlreadyExists') return 'API_ALREADY_EXISTS';
  if (reason === 'Expired' || reason === 'Gone') return 'API_EXPIRED';
  if (status >= 500) return 'API_SERVER_ERROR';
  return codesByStatus[status] ?? 'API_REJECTED';
}

function parseStatus(body: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) && value.kind === 'Status' ? value : undefined;
  } catch {
    // Proxies answer with text or HTML; the HTTP status alone decides then.
    return undefined;
  }
}

function briefBody(body: string): string {
  const text = body.replaceAll(/\s+/g, ' ').trim();
  return text === '' ? '' : ` ${text.slice(0, 200)}`;
}

function hasCode(error: unknown, code: ApiErrorCode): boolean {
  return error instanceof ApiError && error.code === code;
}

export function isNotFound(error: unknown): boolean {
  return hasCode(error, 'API_NOT_FOUND');
}

/** The precondition failed: the object changed since it was read. Observe again. */
export function isConflict(error: unknown): boolean {
  return hasCode(error, 'API_CONFLICT');
}

export function isAlreadyExists(error: unknown): boolean {
  return hasCode(error, 'API_ALREADY_EXISTS');
}

/** The resourceVersion or the continue token is too old: list again. */
export function isExpired(error: unknown): boolean {
  return hasCode(error, 'API_EXPIRED');
}

/** `retryAfterMs` of the error says how long to wait, where the server did. */
export function isTooMany(error: unknown): boolean {
  return hasCode(error, 'API_TOO_MANY_REQUESTS');
}

/** Not authenticated, or RBAC or a terminating namespace refuses it. */
export function isForbidden(error: unknown): boolean {
  return hasCode(error, 'API_FORBIDDEN');
}

/** The apiserver or an admission webhook refuses what the object says. */
export function isInvalid(error: unknown): boolean {
  return hasCode(error, 'API_INVALID');
}

/** There was no whole answer. The request may or may not have been carried out. */
export function isUnreachable(error: unknown): boolean {
  return hasCode(error, 'API_UNREACHABLE');
}
