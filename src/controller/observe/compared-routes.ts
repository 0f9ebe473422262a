// SPDX-License-Identifier: Apache-2.0
import type { Ingress, OwnerReference } from '../../api/kubernetes.js';
import { canaryName } from '../../api/names.js';
import type { RolloutSpec } from '../../api/rollout-spec.js';
import { remembered } from '../../lib/remembered.js';
import {
  readRouteSet,
  renderCanaryIngress,
  renderRouteSet,
  sameIngress,
  splitOf,
  toolMetadata,
  unwantedHelpers,
} from '../../skipper/index.js';
import type { RouteSet, RouteSetState, SessionCookies } from '../../skipper/index.js';
import { liveIntent } from './wanted-routes.js';

/** What routes are compared with. */
export interface RouteNorm {
  /** Undefined while nothing can be made of it. */
  readonly apex: Ingress | undefined;
  readonly spec: RolloutSpec;
  readonly shape: string;
  readonly cookies: SessionCookies;
  readonly owner: OwnerReference;
  readonly excludedMetadata: readonly string[];
}

/** What the Ingresses of a Canary do, and how they compare with what they would be if they were written anew. */
export interface ComparedRoutes {
  /** Undefined without a canary Ingress. */
  readonly live: RouteSetState | undefined;
  /** Anything but the weights differs. */
  readonly drifted: boolean;
  /** The canary Ingress written anew with the weights that it has; undefined while that cannot be done. */
  readonly rendered: Ingress | undefined;
}

/** The Ingresses of a Canary, given by name, as one set. */
export const routeSetOf = remembered(({ ingressName = '' }: RolloutSpec, ingresses: readonly Ingress[]): RouteSet => {
  const named = new Map(ingresses.map((ingress) => [ingress.metadata.name, ingress]));
  const main = named.get(canaryName(ingressName));
  named.delete(canaryName(ingressName));
  return { main, helpers: named };
});

/** Rendering is most of what an observation costs, and most observations find the same routes as the one before. */
export const compareRoutes = remembered((set: RouteSet, norm: RouteNorm): ComparedRoutes => {
  const { main, helpers } = set;
  if (main === undefined) return { live: undefined, drifted: false, rendered: undefined };
  const { apex, spec, owner, shape } = norm;
  const split = splitOf(spec, norm.cookies);
  const serviceName = spec.service.name;
  const live = readRouteSet(main, helpers, { serviceName, split });
  if (apex === undefined || live.weights === undefined) return { live, drifted: false, rendered: undefined };
  const input = {
    apex,
    owner,
    serviceName,
    excludedMetadata: [...toolMetadata, ...norm.excludedMetadata],
    intent: { ...liveIntent(live, spec.analysis.mirrorWeight), shape },
  };
  return {
    live,
    drifted: isDrifted(set, renderRouteSet({ ...input, observed: set, split })),
    rendered: renderCanaryIngress({ ...input, observed: main }),
  };
});

function isDrifted({ main, helpers }: RouteSet, wanted: readonly Ingress[]): boolean {
  const isAsWanted = (ingress: Ingress): boolean => {
    const { name } = ingress.metadata;
    const observed = name === main?.metadata.name ? main : helpers.get(name);
    return observed !== undefined && sameIngress(observed, ingress);
  };
  return !wanted.every(isAsWanted) || unwantedHelpers({ main, helpers }, wanted).length > 0;
}
