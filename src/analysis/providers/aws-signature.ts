// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';

import { sha256Hex } from '../../lib/hash.js';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A POST without query parameters, as the APIs of AWS that speak JSON want it. */
export interface AwsRequest {
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SigningScope {
  readonly region: string;
  /** The name that the service has in signatures, such as "monitoring". */
  readonly service: string;
  readonly nowMs: number;
}

/** The headers of a request with its AWS Signature Version 4; what they say is covered by it. */
export function signedHeaders(
  { url, headers, body }: AwsRequest,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  { region, service, nowMs }: SigningScope,
): Readonly<Record<string, string>> {
  const timestamp = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '');
  const sent = {
    ...headers,
    'x-amz-date': timestamp,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  };
  const covered = Object.entries({ ...sent, host: url.host }).sort(([left], [right]) => (left < right ? -1 : 1));
  const names = covered.map(([name]) => name).join(';');
  const lines = covered.map(([name, value]) => `${name}:${value.trim()}\n`).join('');
  const canonical = `POST\n${url.pathname}\n\n${lines}\n${names}\n${sha256Hex(body)}`;
  const scope = [timestamp.slice(0, 8), region, service, 'aws4_request'];
  const text = `AWS4-HMAC-SHA256\n${timestamp}\n${scope.join('/')}\n${sha256Hex(canonical)}`;
  const key = scope.reduce<Buffer | string>((from, part) => hmac(from, part), `AWS4${secretAccessKey}`);
  const signature = hmac(key, text).toString('hex');
  const credential = `${accessKeyId}/${scope.join('/')}`;
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}
