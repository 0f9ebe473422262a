// SPDX-License-Identifier: Apache-2.0
import type { Action, Decision } from './decision.js';
import { decide } from './decision.js';
import type { Observation, Verdict } from './observation.js';
import { routesTraffic, strategyOf } from './strategies.js';
import type { Traffic } from './strategy.js';
import { allOnPrimary } from './strategy.js';
import { sameWeight } from './weights.js';
import { unlessPrimaryServes, whenSettled } from './workload-guards.js';

/*
 * What the routes should do, what they do, and the writes that lead from one to the other. Every write of routes is made
 * here, so that mirroring is always left through its shadow, and a Canary without routes of its own never gets any.
 */

/** What the routes do when they are as the status says; the one place that knows (R15). */
export function expectedTraffic({ spec, status }: Pick<Observation, 'spec' | 'status'>): Traffic {
  if (!routesTraffic(spec)) return allOnPrimary;
  const { phase, canaryWeight } = status;
  const strategy = strategyOf(spec);
  if (phase === 'Progressing' || phase === 'WaitingPromotion') return strategy.trafficAt(status);
  const kept = phase === 'Promoting' ? status : { canaryWeight, iterations: 0 };
  return { ...strategy.trafficAt(kept), mirrored: false };
}

/** Whether users are sent to the variants as `wanted` says. Copies of their requests are another matter. */
export function isRouted({ routes }: Observation, wanted: Pick<Traffic, 'canaryWeight' | 'everybody'>): boolean {
  const live = routes.canaryWeight;
  if (live === undefined || !sameWeight(live, wanted.canaryWeight)) return false;
  return live === 0 || routes.everybody === wanted.everybody;
}

/** Every user is on the canary. */
export const everybodyOnCanary = { canaryWeight: 100, everybody: true } as const;

export interface Shift {
  readonly canaryWeight: number;
  readonly everybody?: boolean;
  /** Default: whenever the canary has weight. */
  readonly enabled?: boolean;
  readonly verdict?: Verdict | undefined;
}

/** Sends users elsewhere. Copies of their requests end with it; the route that takes them stays until that has settled. */
export function shiftTraffic(seen: Observation, shift: Shift): readonly Action[] {
  const { canaryWeight, everybody = true, enabled = canaryWeight > 0, verdict } = shift;
  const standsIn = canaryWeight > 0 && everybody && strategyOf(seen.spec).name === 'ab-testing';
  return setRoutes(seen, {
    canaryWeight,
    enabled,
    ...(verdict === undefined ? {} : { verdict }),
    ...(seen.routes.mirror === 'off' ? {} : { mirror: 'shadow' }),
    ...(standsIn ? { everybody: true } : {}),
  });
}

/** The same traffic with everything else as wanted: an edit of the apex Ingress keeps the live weights (D8, D9). */
export function rewriteRoutes(seen: Observation): readonly Action[] {
  return keepTraffic(seen, seen.routes.mirror);
}

/** Sets traffic that somebody else changed back to what the status says (R15). */
export function restoreTraffic(seen: Observation): Decision {
  const expected = expectedTraffic(seen);
  const { canaryWeight, everybody } = expected;
  const isFewer = seen.routes.everybody && !everybody;
  const waiting = canaryWeight < (seen.routes.canaryWeight ?? 0) || isFewer ? unlessPrimaryServes(seen) : undefined;
  if (waiting !== undefined) return waiting;
  return decide({
    actions: shiftTraffic(seen, { canaryWeight, everybody, enabled: canaryWeight > 0 || expected.mirrored }),
    reason: `The canary Ingress was changed by somebody else; its weight is set to ${canaryWeight} again.`,
  });
}

/** First the route that takes copies, everywhere; only then the copies, or they would find no end. */
export function enterMirroring(seen: Observation): Decision | undefined {
  const { mirror, enabled } = seen.routes;
  if (!expectedTraffic(seen).mirrored || mirror === 'on') return undefined;
  if (mirror === 'off' || !enabled) {
    return decide({ actions: mirrorRoutes(seen, 'shadow'), reason: 'The canary gets a route for copies of requests.' });
  }
  const reason = 'The requests of the primary are copied to the canary.';
  return whenSettled(seen) ?? decide({ actions: mirrorRoutes(seen, 'on'), reason });
}

/** In the reverse order: a copy under way must still find the route that was made for it. */
export function leaveMirroring(seen: Observation): Decision | undefined {
  const { mirror, present } = seen.routes;
  if (mirror === 'off' || !present || expectedTraffic(seen).mirrored) return undefined;
  if (mirror === 'on') {
    return decide({ actions: keepTraffic(seen, 'shadow'), reason: 'Requests are no longer copied to the canary.' });
  }
  const reason = 'No copy of a request is under way any more; the route for them goes.';
  return whenSettled(seen) ?? decide({ actions: keepTraffic(seen, 'off'), reason });
}

type SetRoutes = Extract<Action, { kind: 'setRoutes' }>;

function mirrorRoutes(seen: Observation, mirror: 'shadow' | 'on'): readonly Action[] {
  return setRoutes(seen, { canaryWeight: 0, enabled: true, mirror });
}

function keepTraffic(seen: Observation, mirror: Observation['routes']['mirror']): readonly Action[] {
  const { routes, spec } = seen;
  const canaryWeight = routes.canaryWeight ?? expectedTraffic(seen).canaryWeight;
  const standsIn = canaryWeight > 0 && routes.everybody && strategyOf(spec).name === 'ab-testing';
  return setRoutes(seen, {
    canaryWeight,
    enabled: routes.enabled,
    ...(routes.verdict === undefined ? {} : { verdict: routes.verdict }),
    ...(mirror === 'off' ? {} : { mirror }),
    ...(standsIn ? { everybody: true } : {}),
  });
}

function setRoutes({ spec }: Observation, change: Omit<SetRoutes, 'kind'>): readonly SetRoutes[] {
  return routesTraffic(spec) ? [{ kind: 'setRoutes', ...change }] : [];
}
