// SPDX-License-Identifier: Apache-2.0
import type { IngressPath } from '../../api/index.js';
import { call, type EskipCall } from './eskip.js';

/** Skipper's flag -kubernetes-path-mode. */
export type PathMode = 'kubernetes-ingress' | 'path-regexp' | 'path-prefix';

/** Whether a predicate places its route in the path tree. */
export function isPathPredicate(predicate: EskipCall): boolean {
  return predicate.name === 'Path' || predicate.name === 'PathSubtree';
}

/** The predicate for a path of an Ingress; none when it has no path. */
export function ingressPathPredicates({ path = '', pathType }: IngressPath, mode: PathMode): readonly EskipCall[] {
  if (path === '') return [];
  if (pathType === 'Exact') return [call('Path', path)];
  if (pathType === 'Prefix' || mode === 'path-prefix') return [call('PathSubtree', path)];
  return [call('PathRegexp', mode === 'path-regexp' ? path : `^(${path})`)];
}
