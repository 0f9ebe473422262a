// SPDX-License-Identifier: Apache-2.0
import { parseDurationMs } from '../../lib/duration.js';
import type { EskipArgument, EskipCall } from './eskip.js';
import { compileGoRegexp } from './go-regexp.js';
import { InvalidRoute } from './invalid-route.js';
import { pathOf, queryOf } from './routed-request.js';

export interface HeaderChange {
  readonly action: 'set' | 'append' | 'drop';
  /** Lower case. */
  readonly name: string;
  readonly value: string;
}

export interface CookieChange {
  readonly name: string;
  readonly value: string;
  /** Undefined makes a session cookie. */
  readonly maxAgeSeconds: number | undefined;
  /** Not sent to a client that already has this value. */
  readonly changeOnly: boolean;
}

/** What one filter does; `none` for filters of Skipper that change nothing a test of routing could see. */
export type FilterEffect =
  | { readonly kind: 'status'; readonly code: number }
  | { readonly kind: 'inlineContent'; readonly text: string; readonly contentType: string }
  | { readonly kind: 'redirect'; readonly code: number; readonly location: string }
  | { readonly kind: 'requestHeader' | 'responseHeader'; readonly change: HeaderChange }
  | { readonly kind: 'responseCookie'; readonly cookie: CookieChange }
  | { readonly kind: 'preserveHost'; readonly preserve: boolean }
  | { readonly kind: 'rewriteTarget'; readonly rewrite: (target: string) => string }
  | { readonly kind: 'mirror'; readonly key: string }
  | { readonly kind: 'backendTimeout'; readonly timeoutMs: number }
  | { readonly kind: 'none' };

/**
 * Checks name and arguments of a filter and makes it executable. Filters that Skipper has but the double does not
 * model are refused with the reason `not_modelled`, so that no test passes by accident.
 * @throws InvalidRoute
 */
export function compileFilter(filter: EskipCall): FilterEffect {
  if (filtersWithoutEffect.has(filter.name)) return { kind: 'none' };
  if (filtersNotModelled.has(filter.name)) throw new InvalidRoute('not_modelled', filter.name);
  const compile = compilers.get(filter.name);
  if (compile === undefined) throw new InvalidRoute('unknown_filter', filter.name);
  return compile(new FilterArguments(filter));
}

/** They shape load, logs, traces or the choice among the endpoints of one Service, which the double leaves out. */
const filtersWithoutEffect: ReadonlySet<string> = new Set([
  'backendRatelimit',
  'clientRatelimit',
  'clusterClientRatelimit',
  'clusterRatelimit',
  'compress',
  'consecutiveBreaker',
  'disableAccessLog',
  'disableBreaker',
  'enableAccessLog',
  'endpointCreated',
  'fadeIn',
  'fifo',
  'flowId',
  'healthcheck',
  'lifo',
  'lifoGroup',
  'logHeader',
  'normalizeHost',
  'randomContent',
  'rateBreaker',
  'ratelimit',
  'readTimeout',
  'stateBagToTag',
  'tracingBaggageToTag',
  'tracingSpanName',
  'tracingTag',
  'unverifiedAuditLog',
  'writeTimeout',
  'xforward',
  'xforwardFirst',
]);

const filtersNotModelled: ReadonlySet<string> = new Set([
  'basicAuth',
  'chaos',
  'corsOrigin',
  'dropQuery',
  'jsCookie',
  'latency',
  'lua',
  'oauthGrant',
  'requestCookie',
  'setQuery',
  'static',
  'stripQuery',
  'tee',
  'teenf',
  'teeResponse',
  'uniformRequestLatency',
]);

class FilterArguments {
  constructor(private readonly filter: EskipCall) {}

  get count(): number {
    return this.filter.args.length;
  }

  expectCount(minimum: number, maximum = minimum): void {
    if (this.count < minimum || this.count > maximum) this.fail();
  }

  string(index: number, fallback?: string): string {
    const argument: EskipArgument | undefined = this.filter.args[index] ?? fallback;
    return typeof argument === 'string' ? argument : this.fail();
  }

  number(index: number): number {
    const argument: EskipArgument | undefined = this.filter.args[index];
    return typeof argument === 'number' ? argument : this.fail();
  }

  fail(): never {
    throw new InvalidRoute('invalid_filter_params', this.filter.name);
  }
}

type Compiler = (args: FilterArguments) => FilterEffect;

const compilers: ReadonlyMap<string, Compiler> = new Map<string, Compiler>([
  ['status', status],
  ['inlineContent', inlineContent],
  ['redirectTo', redirectTo],
  ['setRequestHeader', headerChange('requestHeader', 'set')],
  ['appendRequestHeader', headerChange('requestHeader', 'append')],
  ['dropRequestHeader', headerChange('requestHeader', 'drop')],
  ['setResponseHeader', headerChange('responseHeader', 'set')],
  ['appendResponseHeader', headerChange('responseHeader', 'append')],
  ['dropResponseHeader', headerChange('responseHeader', 'drop')],
  ['responseCookie', responseCookie],
  ['preserveHost', preserveHost],
  ['setPath', setPath],
  ['modPath', modPath],
  ['teeLoopback', teeLoopback],
  ['backendTimeout', backendTimeout],
]);

function status(args: FilterArguments): FilterEffect {
  args.expectCount(1);
  return { kind: 'status', code: args.number(0) };
}

function inlineContent(args: FilterArguments): FilterEffect {
  args.expectCount(1, 2);
  return { kind: 'inlineContent', text: args.string(0), contentType: args.string(1, 'text/plain; charset=utf-8') };
}

function redirectTo(args: FilterArguments): FilterEffect {
  args.expectCount(1, 2);
  return { kind: 'redirect', code: args.number(0), location: args.string(1, '') };
}

function headerChange(kind: 'requestHeader' | 'responseHeader', action: HeaderChange['action']): Compiler {
  return (args) => {
    args.expectCount(action === 'drop' ? 1 : 2);
    return { kind, change: { action, name: args.string(0).toLowerCase(), value: args.string(1, '') } };
  };
}

function responseCookie(args: FilterArguments): FilterEffect {
  args.expectCount(2, 4);
  const maxAgeSeconds = args.count > 2 ? args.number(2) : undefined;
  const cookie = { name: args.string(0), value: args.string(1), maxAgeSeconds, changeOnly: args.count === 4 };
  if (cookie.changeOnly && args.string(3) !== 'change-only') args.fail();
  return { kind: 'responseCookie', cookie };
}

function preserveHost(args: FilterArguments): FilterEffect {
  args.expectCount(1);
  const value = args.string(0);
  if (value !== 'true' && value !== 'false') args.fail();
  return { kind: 'preserveHost', preserve: value === 'true' };
}

function setPath(args: FilterArguments): FilterEffect {
  args.expectCount(1);
  const path = args.string(0);
  return { kind: 'rewriteTarget', rewrite: (target) => withPath(target, path) };
}

function modPath(args: FilterArguments): FilterEffect {
  args.expectCount(2);
  const pattern = new RegExp(compileGoRegexp(args.string(0)) ?? args.fail(), 'g');
  // Go writes groups as $1 and ${1} where JavaScript knows only the first.
  const replacement = args.string(1).replaceAll(/\$\{(\d+)\}/g, '$$$1');
  return { kind: 'rewriteTarget', rewrite: (target) => withPath(target, pathOf(target).replace(pattern, replacement)) };
}

function teeLoopback(args: FilterArguments): FilterEffect {
  args.expectCount(1);
  return { kind: 'mirror', key: args.string(0) };
}

function backendTimeout(args: FilterArguments): FilterEffect {
  args.expectCount(1);
  return { kind: 'backendTimeout', timeoutMs: parseDurationMs(args.string(0)) ?? args.fail() };
}

function withPath(target: string, path: string): string {
  const query = queryOf(target);
  return query === '' ? path : `${path}?${query}`;
}
