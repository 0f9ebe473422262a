// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http';
import { renderRoute, type EskipRoute } from './eskip.js';
import type { RouteTable } from './route-table.js';
import type { SkipperMetrics } from './skipper-metrics.js';

export interface SupportDeps {
  readonly table: () => RouteTable;
  readonly updatedAtMs: () => number;
  readonly metrics: SkipperMetrics;
}

const defaultLimit = 1_024;

/**
 * Skipper's support listener: `GET /metrics` and `GET /routes` (JSON when the client accepts it, else eskip; query
 * offset, limit, nopretty, and invalid=true for dropped routes).
 */
export function createSupportHandler(deps: SupportDeps): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://support');
    if (url.pathname === '/routes') {
      sendRoutes(deps, request, { url, response });
    } else if (url.pathname === '/metrics') {
      void deps.metrics.text().then((text) => send(response, deps.metrics.contentType, text));
    } else {
      response.writeHead(404).end();
    }
  };
}

interface RoutesQuery {
  readonly url: URL;
  readonly response: ServerResponse;
}

function sendRoutes(deps: SupportDeps, request: IncomingMessage, { url, response }: RoutesQuery): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405).end();
    return;
  }
  const table = deps.table();
  const rows: readonly Row[] =
    url.searchParams.get('invalid') === 'true'
      ? table.dropped.map(({ route, reason }) => ({ route, reason }))
      : table.routes.map((route) => ({ route, reason: undefined }));
  const offset = numberParam(url, 'offset', 0);
  const page = rows.slice(offset, offset + numberParam(url, 'limit', defaultLimit));
  response.setHeader('X-Timestamp', Math.floor(deps.updatedAtMs() / 1_000));
  response.setHeader('X-Count', rows.length);
  if (request.headers.accept?.includes('application/json') === true) {
    const indent = url.searchParams.has('nopretty') ? 0 : 2;
    send(response, 'application/json', `${JSON.stringify(page.map(toJson), null, indent)}\n`);
  } else {
    send(
      response,
      'text/plain; charset=utf-8',
      page.map(({ route }) => `${route.id}: ${renderRoute(route)};\n`).join(''),
    );
  }
}

interface Row {
  readonly route: EskipRoute;
  /** Why it was dropped. */
  readonly reason: string | undefined;
}

function toJson({ route, reason }: Row): Record<string, unknown> {
  const { id, predicates, filters, backend } = route;
  return { id, backend, predicates, filters, ...(reason === undefined ? {} : { reason }) };
}

function numberParam(url: URL, name: string, fallback: number): number {
  const text = url.searchParams.get(name) ?? '';
  return /^\d+$/.test(text) ? Number(text) : fallback;
}

function send(response: ServerResponse, contentType: string, text: string): void {
  response.writeHead(200, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }).end(text);
}
