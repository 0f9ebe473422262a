// SPDX-License-Identifier: Apache-2.0
import type { Ingress } from '../api/kubernetes.js';
import { skipperFilterAnnotation } from '../api/names.js';
import { isEskipProblem, parseFilters, withPlainEnds } from './eskip-parser.js';
import type { EskipCall } from './eskip-parser.js';

/*
 * Filters that this program puts before or after those of the apex.
 */

export interface OwnFilter {
  readonly text: string;
  readonly place: 'first' | 'last';
}

const mirrorFilter = 'teeLoopback';
/** Tells our groups from those of a user's own shadow traffic. */
const groupPrefix = 'flagger-';

/** A group for copies of requests from a random text. */
export function mirrorGroup(token: string): string {
  return `${groupPrefix}${token}`;
}

/** The filters of the apex and ours; undefined when there are none. */
export function composeFilters(apexText: string | undefined, own: OwnFilter | undefined): string | undefined {
  if (own === undefined) return apexText;
  if (apexText === undefined || filtersOf(apexText).length === 0) return own.text;
  const apex = withPlainEnds(apexText).trim();
  // A comment at the end of the apex's text would swallow what follows on its line.
  return own.place === 'first' ? `${own.text} -> ${apex}` : `${apex}${apex.includes('//') ? '\n' : ' '}-> ${own.text}`;
}

/** The text without a filter that `composeFilters` added; undefined when nothing is left. */
export function withoutOwnFilter(text: string | undefined, own: OwnFilter | undefined): string | undefined {
  if (text === undefined || own === undefined) return text;
  const calls = filtersOf(text);
  const isFirst = own.place === 'first';
  const call = isFirst ? calls.at(0) : calls.at(-1);
  if (call === undefined || text.slice(call.start, call.end) !== own.text) return text;
  if (calls.length === 1) return undefined;
  return isFirst ? text.slice(calls[1]?.start) : text.slice(0, calls.at(-2)?.end);
}

/** The group to which an Ingress copies its requests; undefined when it makes no copies for us. */
export function mirrorGroupOf(ingress: Ingress): string | undefined {
  const first = filtersOf(ingress.metadata.annotations?.[skipperFilterAnnotation]).at(0);
  return first?.name === mirrorFilter ? ownGroup(first) : undefined;
}

/** The group that a predicate or filter names, if it is one of ours. */
export function ownGroup({ args: [group] }: EskipCall): string | undefined {
  return group?.kind === 'text' && group.value.startsWith(groupPrefix) ? group.value : undefined;
}

function filtersOf(text: string | undefined): readonly EskipCall[] {
  const parsed = parseFilters(text ?? '');
  return isEskipProblem(parsed) ? [] : parsed;
}
