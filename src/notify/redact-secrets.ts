// SPDX-License-Identifier: Apache-2.0
import type { Endpoint } from './endpoint.js';

/** Shorter parts of a URL are words like "services", not secrets. */
const minPartCharacters = 8;

/** Text of others, such as the answer of a chat server, with everything in it that opens the endpoint taken out. */
export function redactSecrets(text: string, { url, token = '' }: Endpoint): string {
  const parts = [...url.pathname.split('/'), ...url.searchParams.values()].filter(
    (part) => part.length >= minPartCharacters,
  );
  const secrets = [url.href, url.pathname + url.search, url.search, token, url.username, url.password, ...parts]
    .filter((secret) => secret.length > 1)
    .sort((left, right) => right.length - left.length);
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, '[redacted]'), text);
}
