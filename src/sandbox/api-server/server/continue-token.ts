// SPDX-License-Identifier: Apache-2.0
import { isObject, numberAt } from '../json.js';
import { badRequest } from '../status-error.js';

/** Where a page of a list begins. */
export interface PageStart {
  /** The moment that the whole list shows. */
  readonly revision: number;
  /** Key of the first object; empty for the first page. */
  readonly start: string;
}

export function encodeToken({ revision, start }: PageStart): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start }), 'utf8').toString('base64url');
}

/** @throws StatusError 400 */
export function decodeToken(text: string): PageStart {
  const token = parsed(Buffer.from(text, 'base64url').toString('utf8'));
  const revision = isObject(token) ? numberAt(token, 'rv') : undefined;
  if (isObject(token) && revision !== undefined && typeof token.start === 'string')
    return { revision, start: token.start };
  throw badRequest(
    "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // The caller refuses everything that is no token.
    return undefined;
  }
}
