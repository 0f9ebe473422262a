// SPDX-License-Identifier: Apache-2.0
import type { Ingress } from '../api/kubernetes.js';
import { canaryName, skipperPredicateAnnotation } from '../api/names.js';
import { renderPlan } from './canary-ingress.js';
import type { CanaryIngressInput } from './canary-ingress.js';
import { callText } from './eskip-text.js';
import { mirrorSuffix, planIngresses } from './ingress-plan.js';
import type { IngressPlan, Split } from './ingress-plan.js';
import { mirrorGroupOf, ownGroup } from './own-filter.js';
import { canMatch, isOff, predicatesOf } from './predicate.js';
import { readRoutes } from './route-state.js';
import type { MirrorIntent, RouteState } from './route-state.js';

/** Every Ingress through which a Canary leads requests. */
export interface RouteSet {
  /** The canary Ingress, which alone has the record of the rollout. */
  readonly main: Ingress | undefined;
  /** By name. */
  readonly helpers: ReadonlyMap<string, Ingress>;
}

export interface RouteSetInput extends Omit<CanaryIngressInput, 'observed'> {
  readonly observed: RouteSet;
  readonly split: Split;
}

/**
 * Every Ingress that carries out the intent, in the order in which they are to be written. While traffic comes, whatever a
 * request may need next is there before the canary Ingress sends it on its way; when it goes, the canary Ingress with its
 * verdict comes first. A set of which only some are written gives nobody another version than the intent or the set before.
 */
export function renderRouteSet(input: RouteSetInput): readonly Ingress[] {
  const { apex, observed, intent, split } = input;
  const plans = planIngresses(intent, split);
  const alone = plans.length === 1 && split.kind === 'weights';
  return inWriteOrder(plans).map((plan) => {
    const name = `${canaryName(apex.metadata.name)}${plan.suffix}`;
    const before = plan.suffix === '' ? observed.main : observed.helpers.get(name);
    return renderPlan({ ...input, observed: before }, plan, alone);
  });
}

function inWriteOrder([main, ...helpers]: readonly [IngressPlan, ...IngressPlan[]]): readonly IngressPlan[] {
  const hasTraffic = main.enabled && (main.weights.canary > 0 || main.filter !== undefined);
  if (!hasTraffic) return [main, ...helpers];
  // It would bind everybody to the primary before the canary Ingress takes its share.
  const isBinding = ({ raise, filter }: IngressPlan): boolean => raise < 0 && filter !== undefined;
  return [...helpers.filter((plan) => !isBinding(plan)), main, ...helpers.filter(isBinding)];
}

/** Helpers that exist and have no part in the set; they are to go. */
export function unwantedHelpers({ helpers }: RouteSet, wanted: readonly Ingress[]): readonly Ingress[] {
  const names = new Set(wanted.map(({ metadata }) => metadata.name));
  return [...helpers.values()].filter(({ metadata }) => !names.has(metadata.name));
}

/** What the Ingresses of a set do together. */
export interface RouteSetState extends RouteState {
  readonly mirror: 'off' | MirrorIntent['phase'];
  /** The group of the copies; undefined while there is no route for them and none are made. */
  readonly mirrorGroup: string | undefined;
  /** Whether the weight counts for every request; false for an A/B test. */
  readonly everybody: boolean;
}

/** Reads a set whose canary Ingress exists. A helper that was left on when that lost its share counts as well. */
export function readRouteSet(main: Ingress, helpers: RouteSet['helpers'], app: SplitApp): RouteSetState {
  const state = readRoutes(main, app.serviceName);
  const shadow = helpers.get(`${main.metadata.name}${mirrorSuffix}`);
  const forgotten = forgottenWeights(state, helpers, app);
  const copies = state.enabled ? mirrorGroupOf(main) : undefined;
  const [strayed] = forgotten;
  return {
    ...state,
    ...(forgotten.length > 0 && { enabled: true, weights: strayed }),
    ...countedWeights(main, app),
    mirror: copies !== undefined ? 'on' : isOnOrAbsent(shadow),
    mirrorGroup: (shadow && groupOf(shadow)) ?? copies,
    // Who is held by a helper alone is not everybody.
    everybody:
      forgotten.length === 0 && (app.split.kind !== 'match' || (state.enabled && !hasOwnPredicates(main, app))),
  };
}

/** The group that the route for copies takes; undefined when there is none, or it is off. */
export function shadowGroup(helpers: RouteSet['helpers']): string | undefined {
  const shadow = [...helpers.values()].find(isShadow);
  return shadow !== undefined && isOn(shadow) ? groupOf(shadow) : undefined;
}

function isShadow({ metadata }: Ingress): boolean {
  return metadata.name.endsWith(mirrorSuffix);
}

/** Whether users are led by one of these Ingresses: copies of their requests are another matter. */
export function leadUsers(helpers: RouteSet['helpers']): boolean {
  return [...helpers.values()].some((helper) => !isShadow(helper) && isOn(helper));
}

export interface SplitApp {
  /** Base name of the Canary's Services. */
  readonly serviceName: string;
  readonly split: Split;
}

function isOnOrAbsent(shadow: Ingress | undefined): 'off' | 'shadow' {
  return shadow !== undefined && isOn(shadow) ? 'shadow' : 'off';
}

function isOn(ingress: Ingress): boolean {
  return canMatch(ingress.metadata.annotations?.[skipperPredicateAnnotation]);
}

function groupOf(shadow: Ingress): string | undefined {
  const calls = predicatesOf(shadow.metadata.annotations?.[skipperPredicateAnnotation]);
  return calls.filter(({ name }) => name === 'Tee').map(ownGroup)[0];
}

/** Whether the canary Ingress asks for the first condition of an A/B test. */
function hasOwnPredicates(main: Ingress, { split }: SplitApp): boolean {
  const intent = { canaryWeight: 0, enabled: true, changedAt: '', shape: '' };
  const [plan] = planIngresses(intent, split);
  const text = main.metadata.annotations?.[skipperPredicateAnnotation] ?? '';
  return startsWithOwn(text, plan.predicates);
}

/** Weights of the helpers that were left on, those that give the canary most first. */
function forgottenWeights(
  { enabled, weights }: RouteState,
  helpers: RouteSet['helpers'],
  { serviceName }: SplitApp,
): readonly RouteState['weights'][] {
  if (enabled && weights?.canary !== 0) return [];
  return [...helpers.values()]
    .filter((helper) => !isShadow(helper) && isOn(helper))
    .map((helper) => readRoutes(helper, serviceName).weights)
    .toSorted((left, right) => (right?.canary ?? 100) - (left?.canary ?? 100));
}

/** The weights of an Ingress that leads to one variant alone count for nothing: what it really gives the canary. */
function countedWeights(main: Ingress, app: SplitApp): Pick<RouteState, 'weights'> | undefined {
  const { enabled } = readRoutes(main, app.serviceName);
  if (enabled && mirrorGroupOf(main) !== undefined) return { weights: { canary: 0, primary: 100 } };
  return drawsOtherwise(main, app) ? { weights: undefined } : undefined;
}

/** Whether a share other than its weights say is drawn for the canary. */
function drawsOtherwise(main: Ingress, { split, serviceName }: SplitApp): boolean {
  const { weights, enabled } = readRoutes(main, serviceName);
  if (split.kind !== 'affinity' || !enabled) return false;
  const text = main.metadata.annotations?.[skipperPredicateAnnotation] ?? '';
  const [, drawn] = predicatesOf(text);
  if (drawn?.name !== 'Traffic') return false;
  return text.slice(drawn.start, drawn.end) !== callText('Traffic', (weights?.canary ?? 0) / 100);
}

/** Whether the predicates of a canary Ingress begin with these, behind its switch and its weight. */
function startsWithOwn(text: string, own: readonly string[]): boolean {
  const calls = predicatesOf(text).filter((call, index) => index > 0 || !isOff(call));
  const [, ...others] = calls.map((call) => text.slice(call.start, call.end));
  return own.every((predicate, index) => others[index] === predicate);
}
