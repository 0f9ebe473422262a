// SPDX-License-Identifier: Apache-2.0
import { isEskipProblem, parseRoutes } from './eskip-parser.js';
import type { EskipRoute } from './eskip-parser.js';
import { isOff, offPrefix, ownWeight, predicatesOf, rank } from './predicate.js';

/*
 * `zalando.org/skipper-routes` adds whole routes to each rule and path of an Ingress, without the other annotations. On the
 * canary Ingress they must keep their order to its ordinary routes, which `Weight(n)` has raised.
 */

/** More than Skipper ever adds to the routes of a split, one for each further Service under a path. */
const splitMargin = 100;
/** More than any helper of the canary Ingress is above it. */
const helperMargin = 300;

export interface RaiseOptions {
  /** Predicate annotation of the apex. */
  readonly apexPredicate: string | undefined;
  readonly enabled: boolean;
  /**
   * The canary Ingress takes only some of the requests, or has helpers above it. Custom routes that lose to ordinary ones
   * then never match: raised, they would beat the ordinary routes of the apex; its own copies of them serve.
   */
  readonly partial: boolean;
}

/**
 * The custom routes of the apex as the canary Ingress carries them: each beats, or loses to, the ordinary routes there as
 * it does at the apex. Everything but the added predicates is the apex's text. A text that Skipper refuses stays as it is.
 */
export function raiseRoutes(text: string, options: RaiseOptions): string {
  const ordinaryRank = rank(predicatesOf(options.apexPredicate));
  const weight = ownWeight(options.apexPredicate);
  return rewritePredicates(text, (route) => {
    const wins = customRank(route) > ordinaryRank;
    const isOn = options.enabled && (wins || !options.partial);
    const raised = wins ? weight + (options.partial ? helperMargin : splitMargin) : weight;
    return { prefix: `${isOn ? '' : offPrefix}Weight(${raised}) && `, dropUntil: undefined };
  });
}

/** The custom routes of a canary Ingress, switched on or off where they are. */
export function switchRoutes(text: string, enabled: boolean): string {
  return rewritePredicates(text, (route) => {
    const [first, second] = route.predicates;
    const isSwitchedOff = first !== undefined && second !== undefined && isOff(first);
    return { prefix: enabled ? '' : offPrefix, dropUntil: isSwitchedOff ? second.start : undefined };
  });
}

/** Skipper replaces the Host of a custom route by the host of the rule. */
function customRank(route: EskipRoute): number {
  return rank(route.predicates.filter((call) => call.name !== 'Host'));
}

interface Rewrite {
  readonly prefix: string;
  /** Place in the text up to which the beginning of the predicates is left out. */
  readonly dropUntil: number | undefined;
}

function rewritePredicates(text: string, rewrite: (route: EskipRoute) => Rewrite): string {
  const routes = parseRoutes(text);
  if (isEskipProblem(routes)) return text;
  let rewritten = '';
  let copiedUntil = 0;
  for (const route of routes) {
    const start = route.predicates[0]?.start ?? copiedUntil;
    const { prefix, dropUntil } = rewrite(route);
    rewritten += text.slice(copiedUntil, start) + prefix;
    copiedUntil = dropUntil ?? start;
  }
  return rewritten + text.slice(copiedUntil);
}
