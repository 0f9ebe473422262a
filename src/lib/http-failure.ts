// SPDX-License-Identifier: Apache-2.0
import { errorText, OperatorError } from './operator-error.js';

/** Why a request got no answer. Only "connection" and "timeout" may pass by themselves. */
export type HttpFailureReason =
  'badUrl' | 'badRequest' | 'timeout' | 'aborted' | 'certificate' | 'redirects' | 'connection';

/** A request that got no answer. The message holds neither URL nor credentials. */
export class HttpFailure extends OperatorError {
  readonly code = 'HTTP_FAILURE';
  readonly retry = 'backoff';

  constructor(
    readonly reason: HttpFailureReason,
    message: string,
  ) {
    super(message);
  }
}

/** What Node calls a request that it cannot write, such as one with a blank in the name of a header. */
const requestCode = /^ERR_(?:INVALID_(?:HTTP_TOKEN|CHAR|ARG_VALUE)|HTTP_INVALID_HEADER_VALUE|UNESCAPED_CHARACTERS)$/;
const certificateCode = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY|DECODE)|INVALID_CA|PATH_LENGTH_EXCEEDED/;

/** What a thrown network error means. */
export function failureOf(thrown: unknown): HttpFailure {
  if (thrown instanceof HttpFailure) return thrown;
  const cause = rootOf(thrown);
  const code = codeOf(cause);
  const text = errorText(cause);
  const shown = code === '' || text.includes(code) ? text : `${text} (${code})`;
  return new HttpFailure(reasonOf(code), shown);
}

function reasonOf(code: string): HttpFailureReason {
  if (requestCode.test(code)) return 'badRequest';
  return certificateCode.test(code) ? 'certificate' : 'connection';
}

/** The HTTP library wraps the platform's error, which alone says what happened. */
function rootOf(thrown: unknown): unknown {
  return thrown instanceof Error && thrown.cause instanceof Error ? rootOf(thrown.cause) : thrown;
}

function codeOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return '';
  return typeof thrown.code === 'string' ? thrown.code : '';
}
