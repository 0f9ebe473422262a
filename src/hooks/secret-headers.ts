// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey, StringMap } from '../api/kubernetes.js';
import type { SecretHeader } from '../api/rollout-spec.js';
import { errorText } from '../lib/operator-error.js';
import { excerpt } from './excerpt.js';

/** Decoded data of a Secret; undefined when there is none. Rejects when it cannot be read, or at the signal. */
export type SecretReader = (key: ObjectKey, signal: AbortSignal) => Promise<StringMap | undefined>;

export type SecretHeaders =
  | {
      readonly kind: 'ok';
      readonly headers: StringMap;
      /** What must not be seen in any text. */
      readonly secrets: readonly string[];
    }
  /** The texts hold no secret. */
  | { readonly kind: 'missing'; readonly problem: string }
  | { readonly kind: 'unreadable'; readonly problem: string };

/** RFC 9110's token. */
const headerName = /^[!#$%&'*+.^_`|~\w-]+$/;
/** These say where a request ends and what it is about; the call itself sets them. */
const framingHeaders = new Set([
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Visible characters of ASCII, blanks between them. A line break would begin a header of its own. */
const headerValue = /^[\t\x20-\x7e]+$/;

/** Reads the headers of a webhook anew, so that a rotated Secret is used by the next attempt. Never rejects. */
export async function readSecretHeaders(
  wanted: readonly SecretHeader[],
  namespace: string,
  read: (key: ObjectKey) => Promise<StringMap | undefined>,
): Promise<SecretHeaders> {
  const headers = new Map<string, string>();
  const secrets: string[] = [];
  for (const { header, prefix, secret } of wanted) {
    const where = `Secret ${namespace}/${secret.name}`;
    if (!headerName.test(header) || framingHeaders.has(header.toLowerCase()))
      return missing(`headersFrom cannot set the header "${excerpt(header)}"`);
    let data: StringMap | undefined;
    try {
      data = await read({ namespace, name: secret.name });
    } catch (error) {
      return { kind: 'unreadable', problem: `${where} cannot be read: ${excerpt(errorText(error))}` };
    }
    if (data === undefined) return missing(`${where} not found`);
    // A value that was made from a file usually ends with a newline.
    const value = Object.hasOwn(data, secret.key) ? (data[secret.key] ?? '').trim() : '';
    if (value === '') return missing(`${where} has no key ${secret.key}, or nothing in it`);
    if (!headerValue.test(prefix + value))
      return missing(`${where}, key ${secret.key}: a header cannot hold these characters`);
    headers.set(header.toLowerCase(), prefix + value);
    secrets.push(value);
  }
  return { kind: 'ok', headers: Object.fromEntries(headers), secrets };
}

function missing(problem: string): SecretHeaders {
  return { kind: 'missing', problem };
}
