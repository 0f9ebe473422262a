// SPDX-License-Identifier: Apache-2.0
import type { Ingress } from '../../api/kubernetes.js';
import type { NewToken } from '../../lib/random.js';
import type { Action } from '../../rollout/index.js';
import {
  disableIngress,
  mirrorGroup,
  planIngresses,
  readRouteSet,
  renderRouteSet,
  reweigh,
  shadowGroup,
  toolMetadata,
  unwantedHelpers,
} from '../../skipper/index.js';
import type { MirrorIntent, RouteIntent, RouteSetState } from '../../skipper/index.js';
import { MissingPart } from '../errors.js';
import type { Situation } from '../situation.js';

export interface RouteWrite {
  readonly action: Extract<Action, { kind: 'setRoutes' }>;
  /** Wall time. */
  readonly nowMs: number;
  /** Labels and annotations that are not copied from the apex Ingress, besides those of known tools. */
  readonly excludedMetadata: readonly string[];
  readonly newToken: NewToken;
}

/** The Ingresses after a change of routes. */
export interface WantedRoutes {
  /** In the order in which they are to be written. */
  readonly writes: readonly Ingress[];
  /** What is to go afterwards. */
  readonly deletions: readonly Ingress[];
}

type RouteParts = Pick<
  Situation,
  'apexIngress' | 'apexUsable' | 'canaryIngress' | 'helperIngresses' | 'split' | 'owner' | 'spec' | 'shape'
>;

/**
 * The routes as an action asks for them. With an apex that is gone or broken, what is there is only given other weights,
 * and stays switched on: off, it would leave the app without any route, since the apex serves nobody now.
 * @throws MissingPart when there is neither a usable apex Ingress nor a canary Ingress
 */
export function wantedRoutes(parts: RouteParts, write: RouteWrite): WantedRoutes {
  const { apexIngress, apexUsable, canaryIngress, helperIngresses, owner, spec, split } = parts;
  const serviceName = spec.service.name;
  const live = canaryIngress && readRouteSet(canaryIngress, helperIngresses, { serviceName, split });
  if (apexIngress === undefined || !apexUsable) {
    if (canaryIngress === undefined || live === undefined) throw new MissingPart('usable apex Ingress');
    return withoutApex(parts, write, { canaryIngress, live });
  }
  const observed = { main: canaryIngress, helpers: helperIngresses };
  const writes = renderRouteSet({
    apex: apexIngress,
    observed,
    owner,
    serviceName,
    split,
    intent: routeIntent(parts, write, live),
    excludedMetadata: [...toolMetadata, ...write.excludedMetadata],
  });
  return { writes, deletions: unwantedHelpers(observed, writes) };
}

/** The moment of the shift is kept while everybody goes where they went: a repair is no shift (R6). */
function routeIntent(
  { shape, spec, helperIngresses }: RouteParts,
  { action, nowMs, newToken }: RouteWrite,
  live: RouteSetState | undefined,
): RouteIntent {
  const { canaryWeight, enabled, verdict, everybody } = action;
  const nowText = new Date(nowMs).toISOString();
  const changedAt = isShift(action, live) ? nowText : (live?.changedAt ?? nowText);
  const intent = { canaryWeight, enabled, verdict, shape, everybody, changedAt };
  if (action.mirror === undefined) return intent;
  const mirror: MirrorIntent = {
    phase: action.mirror,
    group: live?.mirrorGroup ?? shadowGroup(helperIngresses) ?? mirrorGroup(newToken()),
    percent: spec.analysis.mirrorWeight,
  };
  return { ...intent, mirror };
}

function isShift(action: RouteWrite['action'], live: RouteSetState | undefined): boolean {
  return (
    live?.weights?.canary !== action.canaryWeight ||
    live.enabled !== (action.enabled || action.mirror === 'on') ||
    (live.mirror === 'on') !== (action.mirror === 'on') ||
    (action.everybody === true && !live.everybody)
  );
}

/** Only an A/B test with traffic is left as it is: the canary must not get more users than it asks for. */
function withoutApex(
  parts: RouteParts,
  write: RouteWrite,
  { canaryIngress, live }: { readonly canaryIngress: Ingress; readonly live: RouteSetState },
): WantedRoutes {
  const { helperIngresses, spec, split } = parts;
  const { mirror: _, ...action } = { ...write.action, enabled: true };
  const intent = routeIntent(parts, { ...write, action }, live);
  const isTest = split.kind === 'match' && action.canaryWeight > 0 && action.everybody !== true;
  if (isTest) return { writes: [reweigh(canaryIngress, spec.service.name, intent)], deletions: [] };
  const [plan] = planIngresses(liveIntent(live, spec.analysis.mirrorWeight), split);
  const helpers = [...helperIngresses.values()].map((helper) => disableIngress(helper, intent.changedAt));
  return { writes: [reweigh(canaryIngress, spec.service.name, intent, plan), ...helpers], deletions: [] };
}

/** The intent that leads to what is there. */
export function liveIntent(live: RouteSetState, mirrorPercent: number): RouteIntent {
  const { mirror: phase, mirrorGroup: group, weights, enabled, verdict, everybody } = live;
  return {
    canaryWeight: weights?.canary ?? 0,
    enabled,
    verdict,
    // Kept exactly as it is; an Ingress that Flagger wrote gets its first time stamp with its next shift.
    changedAt: live.changedAt ?? epoch,
    shape: live.shape ?? '',
    ...(everybody && enabled && { everybody }),
    ...(phase !== 'off' && group !== undefined && { mirror: { phase, group, percent: mirrorPercent } }),
  };
}

/** Stands for a moment that nobody recorded. */
export const epoch = new Date(0).toISOString();
