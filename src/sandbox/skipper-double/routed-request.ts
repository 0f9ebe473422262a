// SPDX-License-Identifier: Apache-2.0
import type { Random } from '../../lib/random.js';

/** The parts of a request that decide its route. */
export interface RoutedRequest {
  readonly method: string;
  /** As in the Host header; case, port and a trailing dot do not matter. */
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  /** Names in lower case, one entry per header line. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
}

/** A request being matched: what several predicates ask for is worked out once. */
export class RequestMatch {
  readonly path: string;
  private cookies: ReadonlyMap<string, readonly string[]> | undefined;
  private query: URLSearchParams | undefined;
  private segmentDraw: number | undefined;

  constructor(
    readonly request: RoutedRequest,
    readonly random: Random,
  ) {
    this.path = pathOf(request.target);
  }

  /** Values of one header, one per line. */
  header(lowerCaseName: string): readonly string[] {
    return this.request.headers[lowerCaseName] ?? [];
  }

  cookie(name: string): readonly string[] {
    this.cookies ??= parseCookies(this.header('cookie'));
    return this.cookies.get(name) ?? [];
  }

  queryParam(name: string): readonly string[] {
    this.query ??= new URLSearchParams(queryOf(this.request.target));
    return this.query.getAll(name);
  }

  /** The one draw that all segments of a split share within a request. */
  segment(): number {
    this.segmentDraw ??= this.random();
    return this.segmentDraw;
  }
}

/** Path of a request target, without its query. */
export function pathOf(target: string): string {
  const end = target.indexOf('?');
  return end < 0 ? target : target.slice(0, end);
}

/** Query of a request target, without "?"; "" when there is none. */
export function queryOf(target: string): string {
  const start = target.indexOf('?');
  return start < 0 ? '' : target.slice(start + 1);
}

/** Host in lower case without port and trailing dot. */
export function normaliseHost(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
}

function parseCookies(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const cookies = new Map<string, string[]>();
  for (const pair of lines.flatMap((line) => line.split(';'))) {
    const separator = pair.indexOf('=');
    if (separator < 0) continue;
    const name = pair.slice(0, separator).trim();
    const value = pair.slice(separator + 1).trim();
    const unquoted = /^"(.*)"$/.exec(value)?.[1] ?? value;
    cookies.set(name, [...(cookies.get(name) ?? []), unquoted]);
  }
  return cookies;
}
