// SPDX-License-Identifier: Apache-2.0
import { HttpFailure } from './http-failure.js';

export type HttpHeaders = Readonly<Record<string, string | readonly string[]>>;

/** One request of a chain of redirects. Header names are in lower case; the URL holds no credentials. */
export interface Hop {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers: HttpHeaders;
  readonly body: string | undefined;
}

export interface FirstHop {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** User and password in it become Basic authentication unless `headers` has an Authorization. */
  readonly url: string;
  readonly headers?: HttpHeaders;
  readonly body?: string;
}

/** @throws HttpFailure when the URL is none, or neither http nor https */
export function firstHop({ method, url, headers = {}, body }: FirstHop): Hop {
  const target = parseUrl(url, undefined, 'invalid URL');
  return { method, url: plainUrl(target), headers: { ...credentialsOf(target), ...lowerCased(headers) }, body };
}

/**
 * Where an answer sends the request on: 301, 302 and 303 as a GET without body, 307 and 308 unchanged, as Go's client.
 * @returns undefined when the answer is the final one
 * @throws HttpFailure when the new address cannot be used
 */
export function nextHop(hop: Hop, status: number, location: string | undefined): Hop | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined || location === '') return undefined;
  const target = parseUrl(location, hop.url, 'redirect to an invalid URL');
  const url = plainUrl(target);
  const repeats = status === 307 || status === 308;
  return {
    method: repeats ? hop.method : 'GET',
    url,
    headers: { ...keptHeaders(hop, url, repeats), ...credentialsOf(target) },
    body: repeats ? hop.body : undefined,
  };
}

/** Another host gets no header that may hold a credential; neither does the same one over a connection without TLS. */
function keptHeaders({ url, headers }: Hop, target: URL, keepsBody: boolean): HttpHeaders {
  const isUpgrade = url.protocol === 'http:' && target.protocol === 'https:' && url.hostname === target.hostname;
  const isTrusted = url.origin === target.origin || isUpgrade;
  const isKept = (name: string): boolean => {
    if (name === 'content-type') return keepsBody;
    return isTrusted || name === 'accept';
  };
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isKept(name)));
}

function parseUrl(text: string, base: URL | undefined, problem: string): URL {
  const url = URL.parse(text, base?.href);
  if (url === null) throw new HttpFailure('badUrl', problem);
  return url;
}

function plainUrl(url: URL): URL {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new HttpFailure('badUrl', `unsupported protocol scheme "${url.protocol.slice(0, -1)}"`);
  const plain = new URL(url.href);
  plain.username = '';
  plain.password = '';
  return plain;
}

/** User and password of a URL, decoded; undefined when it has neither. */
export function userInfoOf({ username, password }: URL): { username: string; password: string } | undefined {
  if (username === '' && password === '') return undefined;
  return { username: percentDecoded(username), password: percentDecoded(password) };
}

function credentialsOf(url: URL): HttpHeaders {
  const user = userInfoOf(url);
  if (user === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}` };
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray "%" stands for itself.
    return text;
  }
}

function lowerCased(headers: HttpHeaders): HttpHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
