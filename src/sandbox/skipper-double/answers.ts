// SPDX-License-Identifier: Apache-2.0
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { BackendFailure } from './backend.js';
import type { CookieChange, FilterEffect } from './filters.js';
import { changeHeaders, endToEnd, type HeaderLines } from './proxy-headers.js';
import { normaliseHost, pathOf, queryOf, RequestMatch, type RoutedRequest } from './routed-request.js';
import type { Route } from './route-table.js';

/** What a client gets. */
export interface Answer {
  readonly status: number;
  readonly headers: HeaderLines;
  readonly body: string | IncomingMessage;
  readonly route: Route | undefined;
  /** The answer stands in for one that no backend gave; it is missing in the response metrics. */
  readonly isProxyError: boolean;
}

/** A plain answer made up by the proxy itself, as Go's http.Error writes it. */
export function errorAnswer(status: number, route: Route | undefined): Answer {
  return {
    status,
    headers: { 'content-type': ['text/plain; charset=utf-8'], 'x-content-type-options': ['nosniff'] },
    body: `${STATUS_CODES[status] ?? ''}\n`,
    route,
    isProxyError: true,
  };
}

const statusOfFailure: Readonly<Record<BackendFailure, number>> = { dial: 502, stale: 503, network: 503, timeout: 504 };

/** The answer for a backend that gave none. */
export function failureAnswer(failure: BackendFailure, route: Route): Answer {
  return errorAnswer(statusOfFailure[failure], route);
}

/** The answer of a route without backend. */
export function shuntAnswer(route: Route, request: RoutedRequest): Answer {
  const content = lastOf(route.effects, 'inlineContent');
  const redirect = lastOf(route.effects, 'redirect');
  const base = { route, isProxyError: false };
  if (redirect !== undefined) {
    const headers = { location: [locationOf(redirect.location, request)] };
    return withResponseEffects({ ...base, status: redirect.code, headers, body: '' }, request);
  }
  if (content === undefined) return withResponseEffects({ ...base, status: 404, headers: {}, body: '' }, request);
  const headers = { 'content-type': [content.contentType] };
  return withResponseEffects({ ...base, status: 200, headers, body: content.text }, request);
}

/** The answer of a backend, passed on. */
export function backendAnswer(route: Route, response: IncomingMessage, request: RoutedRequest): Answer {
  const headers = endToEnd(response.headersDistinct);
  const status = response.statusCode ?? 502;
  return withResponseEffects({ route, status, headers, body: response, isProxyError: false }, request);
}

function withResponseEffects(answer: Answer, request: RoutedRequest): Answer {
  const effects = answer.route?.effects ?? [];
  if (effects.length === 0) return answer;
  const changes = effects.flatMap((effect) => {
    if (effect.kind === 'responseHeader') return [effect.change];
    if (effect.kind !== 'responseCookie' || hasCookie(request, effect.cookie)) return [];
    return [{ action: 'append', name: 'set-cookie', value: cookieText(effect.cookie, request.host) } as const];
  });
  const status = lastOf(effects, 'status')?.code ?? answer.status;
  return { ...answer, status, headers: changeHeaders(answer.headers, changes) };
}

function hasCookie(request: RoutedRequest, cookie: CookieChange): boolean {
  return cookie.changeOnly && new RequestMatch(request, () => 0).cookie(cookie.name).includes(cookie.value);
}

/** The cookie is set for the parent domain, so that siblings of the host share it. */
function cookieText(cookie: CookieChange, host: string): string {
  const labels = normaliseHost(host).split('.');
  const domain = (labels.length > 2 ? labels.slice(1) : labels).join('.');
  const maxAge = cookie.maxAgeSeconds === undefined ? [] : [`Max-Age=${cookie.maxAgeSeconds}`];
  return [`${cookie.name}=${cookie.value}`, 'Path=/', `Domain=${domain}`, ...maxAge, 'HttpOnly', 'Secure'].join('; ');
}

/** What the location leaves out is taken from the request; the port is not, as it belongs to the other scheme. */
function locationOf(location: string, request: RoutedRequest): string {
  const [, scheme = 'https', host, path, query] =
    /^(?:([a-z]+):)?(?:\/\/([^/?]*))?(\/[^?]*)?(?:\?(.*))?$/i.exec(location) ?? [];
  const wantedQuery = query ?? queryOf(request.target);
  const suffix = wantedQuery === '' ? '' : `?${wantedQuery}`;
  return `${scheme}://${host ?? normaliseHost(request.host)}${path ?? pathOf(request.target)}${suffix}`;
}

/** The last effect of a kind, which wins over the ones before it. */
export function lastOf<K extends FilterEffect['kind']>(
  effects: readonly FilterEffect[],
  kind: K,
): Extract<FilterEffect, { readonly kind: K }> | undefined {
  return effects.findLast((effect): effect is Extract<FilterEffect, { readonly kind: K }> => effect.kind === kind);
}
