// SPDX-License-Identifier: Apache-2.0
import type { IngressPath } from '../api/kubernetes.js';

/*
 * Skipper first looks for the most specific path and only then ranks the routes that hang there. So a route with a higher
 * rank takes requests away from routes at the same place and from no others. Regular expressions all hang at one place.
 */

/** Whether a rule for `host` gets every request that a rule for `otherHost` gets. No host is all hosts. */
export function hostIncludes(host: string | undefined, otherHost: string | undefined): boolean {
  const own = host ?? '';
  return own === '' || own.toLowerCase() === (otherHost ?? '').toLowerCase();
}

/** Whether two routes may hang at the same place, whatever Skipper's path mode is; in doubt they do. */
export function mayShareRequests(one: IngressPath, other: IngressPath): boolean {
  if (hasWildcard(one) || hasWildcard(other)) return true;
  if (isExpression(one) && isExpression(other)) return true;
  return placeOf(one) === placeOf(other);
}

/** Whether requests exist that both paths match at the same place; disjoint regular expressions do not count. */
export function shareRequests(one: IngressPath, other: IngressPath): boolean {
  if (placeOf(one) === placeOf(other)) return true;
  if (!isExpression(one) || !isExpression(other)) return false;
  return placeOf(one).startsWith(placeOf(other)) || placeOf(other).startsWith(placeOf(one));
}

/** Whether the path is a regular expression that Skipper ranks above no path, unless its path mode is path-prefix. */
export function isRankedExpression(path: IngressPath): boolean {
  return isExpression(path) && path.path !== undefined && path.path !== '';
}

/** "/x" and "/x/" hang at the same place, and so do "" and "/" among regular expressions. */
function placeOf(path: IngressPath): string {
  const text = path.path ?? '';
  return text.endsWith('/') ? text.slice(0, -1) : text;
}

/** Anything but Exact and Prefix is a regular expression in two of Skipper's three path modes. */
function isExpression(path: IngressPath): boolean {
  return path.pathType !== 'Exact' && path.pathType !== 'Prefix';
}

function hasWildcard(path: IngressPath): boolean {
  return /\/[:*]/.test(path.path ?? '');
}
