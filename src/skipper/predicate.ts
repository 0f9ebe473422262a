// SPDX-License-Identifier: Apache-2.0
import { isEskipProblem, parsePredicates, withPlainEnds } from './eskip-parser.js';
import type { EskipCall } from './eskip-parser.js';

/*
 * Text of `zalando.org/skipper-predicate` on the canary Ingress: `[False() && ]Weight(n)[ && <text of the apex>]`.
 * The text of the apex is never taken apart, because a quoted string or a regular expression may hold anything (D37).
 */

const baseWeight = 100;
/** More than any sane Weight(): keeps the sum a number that eskip can spell. */
const maxOwnWeight = 1_000_000;

/** A predicate that matches nothing. */
export const offText = 'False()';
/** In front of predicates it makes them match nothing. */
export const offPrefix = `${offText} && `;

/** Predicates that Skipper does not count when it ranks the routes of one path. */
const unranked: ReadonlySet<string> = new Set(['*', 'Any', 'Path', 'PathSubtree', 'TrafficSegment']);

/** The predicates of a text; none when Skipper refuses it. */
export function predicatesOf(text: string | undefined): readonly EskipCall[] {
  const parsed = parsePredicates(text ?? '');
  return isEskipProblem(parsed) ? [] : parsed;
}

/**
 * Rank that these predicates give a route among the routes of one path: the highest wins, equal ranks are drawn anew
 * whenever Skipper rebuilds its table.
 */
export function rank(predicates: readonly EskipCall[]): number {
  return predicates.reduce((sum, call) => sum + rankOf(call), 0);
}

function rankOf(call: EskipCall): number {
  if (unranked.has(call.name)) return 0;
  return call.name === 'Weight' ? weightOf(call) : 1;
}

function weightOf(call: EskipCall): number {
  const [weight] = call.args;
  return weight?.kind === 'number' ? Math.trunc(weight.value) : 0;
}

/** The n of our `Weight(n)`: 100 above the sum of the apex's own weights, so that the canary Ingress beats the apex. */
export function ownWeight(apexText: string | undefined): number {
  const sum = predicatesOf(apexText)
    .filter((call) => call.name === 'Weight')
    .reduce((total, call) => total + weightOf(call), 0);
  return baseWeight + Math.min(sum, maxOwnWeight);
}

/** What a canary Ingress asks of a request beyond what its apex does. */
export interface OwnPredicates {
  /** Added to the weight by which it beats the apex. */
  readonly raise: number;
  readonly predicates: readonly string[];
}

/** The predicate of a canary Ingress that competes with its apex (`enabled`) or never matches. */
export function composePredicate(apexText: string | undefined, enabled: boolean, plan?: OwnPredicates): string {
  const weight = `Weight(${ownWeight(apexText) + (plan?.raise ?? 0)})`;
  const own = [...(enabled ? [] : [offText]), weight, ...(plan?.predicates ?? [])].join(' && ');
  // A text without predicates (blank, or only a comment) after "&&" would be a syntax error.
  const parsed = parsePredicates(apexText ?? '');
  if (apexText === undefined || (!isEskipProblem(parsed) && parsed.length === 0)) return own;
  return `${own} && ${withPlainEnds(apexText)}`;
}

/**
 * The apex's part of a canary Ingress's predicate. Flagger wrote only one predicate of its own, `Weight(100)` or `False()`;
 * this program writes both `False()` and `Weight(n)` when the Ingress is off.
 */
export function apexPart(text: string, writtenBy: 'us' | 'flagger'): string {
  const [first, second] = predicatesOf(text);
  if (first === undefined) return '';
  const isOwnWeight = (call: EskipCall): boolean =>
    call.name === 'Weight' && (writtenBy === 'us' || weightOf(call) === baseWeight);
  if (!isOff(first)) return isOwnWeight(first) ? textAfter(text, first) : text;
  const bothOurs = writtenBy === 'us' && second?.name === 'Weight';
  return textAfter(text, bothOurs ? second : first);
}

function textAfter(text: string, call: EskipCall): string {
  return text.slice(call.end).replace(/^\s*&&\s?/, '');
}

/** Whether requests can match an Ingress with this predicate: Skipper accepts it and no top-level `False()` is in it. */
export function canMatch(text: string | undefined): boolean {
  const parsed = parsePredicates(text ?? '');
  return !isEskipProblem(parsed) && !parsed.some(isOff);
}

/** Whether a predicate never matches. */
export function isOff(call: EskipCall): boolean {
  return call.name === 'False';
}
