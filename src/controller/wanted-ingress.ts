// SPDX-License-Identifier: Apache-2.0
import type { Ingress } from '../api/kubernetes.js';
import type { Action } from '../rollout/index.js';
import { readRoutes, renderCanaryIngress, reweigh, toolMetadata } from '../skipper/index.js';
import type { RouteIntent } from '../skipper/index.js';
import { MissingPart } from './errors.js';
import type { Situation } from './situation.js';

export interface RouteWrite {
  readonly action: Extract<Action, { kind: 'setRoutes' }>;
  /** Wall time. */
  readonly nowMs: number;
  /** Labels and annotations that are not copied from the apex Ingress, besides those of known tools. */
  readonly excludedMetadata: readonly string[];
}

type RouteParts = Pick<Situation, 'apexIngress' | 'apexUsable' | 'canaryIngress' | 'owner' | 'spec' | 'shape'>;

/**
 * The canary Ingress after a change of routes. With an apex that is gone or broken, what is there is only given other weights,
 * and stays switched on: off, it would leave the app without any route, since the apex serves nobody now.
 * @throws MissingPart when there is neither a usable apex Ingress nor a canary Ingress
 */
export function wantedIngress(parts: RouteParts, { action, nowMs, excludedMetadata }: RouteWrite): Ingress {
  const { apexIngress, apexUsable, canaryIngress, owner, spec } = parts;
  const serviceName = spec.service.name;
  if (apexIngress === undefined || !apexUsable) {
    if (canaryIngress === undefined) throw new MissingPart('usable apex Ingress');
    return reweigh(canaryIngress, serviceName, routeIntent(parts, { ...action, enabled: true }, nowMs));
  }
  return renderCanaryIngress({
    apex: apexIngress,
    observed: canaryIngress,
    owner,
    serviceName,
    intent: routeIntent(parts, action, nowMs),
    excludedMetadata: [...toolMetadata, ...excludedMetadata],
  });
}

/** The moment of the shift is kept while weights and switch stay: a repair is no shift (R6). */
function routeIntent(
  { canaryIngress, spec, shape }: RouteParts,
  action: RouteWrite['action'],
  nowMs: number,
): RouteIntent {
  const { canaryWeight, enabled, verdict } = action;
  const live = canaryIngress === undefined ? undefined : readRoutes(canaryIngress, spec.service.name);
  const isShift = live?.weights?.canary !== canaryWeight || live.enabled !== enabled;
  const nowText = new Date(nowMs).toISOString();
  return { canaryWeight, enabled, verdict, shape, changedAt: isShift ? nowText : (live.changedAt ?? nowText) };
}
