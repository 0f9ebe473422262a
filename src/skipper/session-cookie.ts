// SPDX-License-Identifier: Apache-2.0
import type { SessionAffinity } from '../api/rollout-spec.js';
import { callText } from './eskip-text.js';
import { quoteExpression } from './match-predicates.js';

/** Cookie that says which variant a user met in this rollout; its value is of this rollout only. */
export interface SessionCookie {
  readonly name: string;
  readonly value: string;
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const domainName = /^\.?[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*$/;
// No ";", which would begin another attribute, and no "${", which Skipper fills in.
const cookiePath = /^\/(?:[!#%-:<-~]|\$(?!\{))*$/;

/** A cookie as the status of a Canary has it, "name=value"; undefined for any other text. */
export function parseSessionCookie(text: string | undefined): SessionCookie | undefined {
  const [, name = '', value = ''] = /^([^=]+)=([^;\s"\\,]+)$/.exec(text ?? '') ?? [];
  return token.test(name) ? { name, value } : undefined;
}

/**
 * Requests of users who carry exactly this cookie, wherever it stands. Not Skipper's own `Cookie`, which looks at the first one
 * of a name only: a browser may have an older one of another path or domain, and sends that first.
 */
export function cookiePredicate({ name, value }: SessionCookie): string {
  return callText('HeaderRegexp', 'Cookie', `(?:^|;\\s*)${quoteExpression(`${name}=${value}`)}\\s*(?:;|$)`);
}

/**
 * A filter that sends the cookie with every answer. Not Skipper's own `responseCookie`, which always makes the cookie Secure,
 * HttpOnly and valid for the parent domain.
 */
export function cookieFilter({ name, value }: SessionCookie, affinity: SessionAffinity): string {
  const { maxAge, domain, path, secure, httpOnly, sameSite, partitioned } = affinity;
  const attributes = [
    `${name}=${value}`,
    // Without it the cookie would be valid for the folder of the first page only.
    `Path=${path ?? '/'}`,
    ...(domain === undefined ? [] : [`Domain=${domain}`]),
    `Max-Age=${maxAge}`,
    ...(httpOnly ? ['HttpOnly'] : []),
    ...(secure ? ['Secure'] : []),
    ...(sameSite === undefined ? [] : [`SameSite=${sameSite}`]),
    ...(partitioned ? ['Partitioned'] : []),
  ];
  return callText('appendResponseHeader', 'Set-Cookie', attributes.join('; '));
}

/** Why a cookie cannot be made as asked for: sentences that name the field. */
export function affinityProblems({ cookieName, primaryCookieName, domain, path }: SessionAffinity): readonly string[] {
  const field = 'spec.analysis.sessionAffinity';
  const checks: readonly (readonly [string, string | undefined, RegExp, string])[] = [
    ['cookieName', cookieName, token, 'is no name of a cookie; use letters, digits, "-" and "_"'],
    ['primaryCookieName', primaryCookieName, token, 'is no name of a cookie; use letters, digits, "-" and "_"'],
    ['domain', domain, domainName, 'is no domain; write it as in example.com'],
    ['path', path, cookiePath, 'is no path of a cookie; begin it with "/" and use no ";", blank or "${"'],
  ];
  return checks.flatMap(([name, value, pattern, reason]) =>
    value === undefined || pattern.test(value) ? [] : [`${field}.${name} ${JSON.stringify(value)} ${reason}`],
  );
}

/** Cookies that Skipper sends and browsers throw away. */
export function affinityWarnings({ secure, sameSite, partitioned }: SessionAffinity): readonly string[] {
  if (secure) return [];
  const field = 'spec.analysis.sessionAffinity';
  return [
    ...(sameSite === 'None' ? [`${field}.sameSite None needs secure: true, browsers drop the cookie without it`] : []),
    ...(partitioned ? [`${field}.partitioned needs secure: true, browsers drop the cookie without it`] : []),
  ];
}
