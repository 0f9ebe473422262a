// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod';

import type { StringMap } from '../../api/kubernetes.js';
import type { Clock } from '../../lib/clock.js';
import type { HttpAnswer } from '../../lib/http-client.js';
import { HttpFailure } from '../../lib/http-failure.js';
import { userInfoOf, type HttpHeaders } from '../../lib/http-hop.js';
import { isSensitiveName, redactText } from '../../lib/redact-text.js';
import { redactUrl } from '../../lib/redact-url.js';
import {
  answerLimitBytes,
  MetricQueryError,
  ProviderConfigError,
  queryTimeoutMs,
  shownBody,
  type ProviderDeps,
  type ProviderSettings,
} from './provider.js';

export interface SourceRequest {
  readonly method?: 'GET' | 'POST';
  readonly url: URL;
  /** Those of the template come on top of `accept`; these win over both. */
  readonly headers?: HttpHeaders;
  readonly body?: string;
  /** Where the answer is complete although the server may not close it. */
  readonly until?: RegExp;
  /** Default 5 s. */
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

/** Requests to one metrics server, with the headers and TLS options of its MetricTemplate. */
export interface HttpSource {
  /** Any answer. @throws MetricQueryError when there is none, or it is too large */
  send(request: SourceRequest): Promise<HttpAnswer>;
  /** The body of an answer with status 2xx. @throws MetricQueryError otherwise */
  text(request: SourceRequest): Promise<string>;
  /** The same, as JSON of a certain shape. @throws MetricQueryError otherwise */
  json<T>(request: SourceRequest, schema: z.ZodType<T>): Promise<T>;
}

type SourceSettings = Pick<ProviderSettings, 'headers' | 'insecureSkipVerify'>;

export function createHttpSource(settings: SourceSettings, { http }: Pick<ProviderDeps, 'http'>): HttpSource {
  function headersOf({ headers }: SourceRequest): HttpHeaders {
    return { accept: 'application/json', ...lowerCased(settings.headers), ...lowerCased(headers ?? {}) };
  }

  async function send(request: SourceRequest): Promise<HttpAnswer> {
    const { method = 'GET', url, timeoutMs = queryTimeoutMs, ...rest } = request;
    try {
      const answer = await http.send({
        ...rest,
        method,
        url: url.href,
        headers: headersOf(request),
        timeoutMs,
        limitBytes: answerLimitBytes,
        insecureSkipVerify: settings.insecureSkipVerify,
      });
      if (answer.isTruncated) throw new MetricQueryError(`answer exceeds ${answerLimitBytes} bytes`);
      // Servers repeat in their answers what they were sent; messages are made of these.
      const secrets = [...sensitiveValues(headersOf(request)), ...userInfoSecrets(url)];
      return { ...answer, body: redactText(answer.body, secrets) };
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      throw new MetricQueryError(`request failed: ${method} ${shownUrl(url)}: ${error.message}`);
    }
  }

  async function text(request: SourceRequest): Promise<string> {
    const answer = await send(request);
    if (answer.status < 200 || answer.status > 299) throw errorResponse(answer);
    return answer.body;
  }

  return {
    send,
    text,
    json: async (request, schema) => parseAnswer(await text(request), schema),
  };
}

/** An answer that says no. */
export function errorResponse({ status, statusText, body }: HttpAnswer): MetricQueryError {
  const shown = shownBody(body);
  return new MetricQueryError(`error response: ${shown === '' ? '' : `${shown}: `}${status} ${statusText}`);
}

/** @throws MetricQueryError when the text is no JSON of this shape */
export function parseAnswer<T>(body: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw malformedAnswer('no JSON', body);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw malformedAnswer('unexpected structure', body);
  return parsed.data;
}

export function malformedAnswer(reason: string, body: string): MetricQueryError {
  return new MetricQueryError(`error unmarshaling result: ${reason}, '${shownBody(body)}'`);
}

/**
 * The address of a MetricTemplate without its query; its path is kept, without slashes at the end.
 * @throws ProviderConfigError when it is no http URL
 */
export function baseUrl(type: string, address: string): URL {
  const url = URL.parse(address.trim());
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '')
    throw new ProviderConfigError(`${type} address ${redactUrl(address)} is not a valid URL`);
  url.search = '';
  url.hash = '';
  return url;
}

/** A path below a base URL. */
export function urlOf(base: URL, path: string, parameters: Readonly<Record<string, string>> = {}): URL {
  const url = new URL(base.href);
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  url.search = new URLSearchParams(parameters).toString();
  return url;
}

/** A value of the Secret, without white space at its ends. @throws ProviderConfigError with this text when there is none */
export function requiredSecret(secret: StringMap | undefined, key: string, missing: string): string {
  const value = secret?.[key]?.trim() ?? '';
  if (value === '') throw new ProviderConfigError(missing);
  return value;
}

/** The Authorization for a name and a password. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Ten intervals up to now: the range of queries to servers whose queries do not name one. */
export function windowOf(clock: Clock, intervalMs: number): { readonly fromMs: number; readonly toMs: number } {
  const toMs = Math.floor(clock.nowMs() / 1_000) * 1_000;
  return { fromMs: toMs - Math.max(1, Math.round(intervalMs / 100)) * 1_000, toMs };
}

function lowerCased(headers: HttpHeaders): HttpHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** The secrets in headers: "Bearer abc" holds the secret "abc". */
function sensitiveValues(headers: HttpHeaders): readonly string[] {
  return Object.entries(headers)
    .filter(([name]) => isSensitiveName(name))
    .flatMap(([, value]) => value)
    .flatMap((value) => [value, value.slice(value.indexOf(' ') + 1)]);
}

/** The secrets in a URL such as "http://user:password@host". */
function userInfoSecrets(url: URL): readonly string[] {
  const user = userInfoOf(url);
  if (user === undefined) return [];
  return [user.password, basicAuthorization(user.username, user.password).replace('Basic ', '')];
}

/** Queries are long and known; the address is what helps. */
function shownUrl(url: URL): string {
  const shown = new URL(url.href);
  shown.search = '';
  return redactUrl(shown.href);
}
