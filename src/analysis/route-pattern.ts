// SPDX-License-Identifier: Apache-2.0

/** The two sides of a rollout, as Skipper tells them apart: by the Service behind a route of the canary Ingress. */
export type Variant = 'canary' | 'primary';

/** What the route labels of an application are made of. */
export interface RoutedApp {
  readonly namespace: string;
  readonly ingressName: string;
  readonly serviceName: string;
  /** The canary answers copies of requests, over routes of their own. */
  readonly mirrored: boolean;
}

/** Endings of the canary Ingresses that serve users: one for each match of an A/B test, one for bound sessions. */
const servingEnding = '(_[0-9]+|_sticky)?';
const anyEnding = '(_[a-z0-9]+)?';

/** How the routes of all canary Ingresses begin: those to the canary and those to the primary. Plain RE2 and JavaScript. */
export function routePrefixPattern(app: RoutedApp): string {
  return `${ingressPattern(app)}${anyEnding}__`;
}

/**
 * All of the `route` label of Skipper's routes to a variant: of Skipper's own Ingress routes and their twins, those of the
 * canary Ingresses whose Service ends in the variant, with Skipper's way of writing names. The canary's are either those
 * that users come by or, when it is mirrored, those that take the copies.
 */
export function routePattern(app: RoutedApp, variant: Variant): string {
  const canaryEnding = app.mirrored ? '_mirror' : servingEnding;
  const ending = variant === 'canary' ? canaryEnding : anyEnding;
  const service = `${routeWord(app.serviceName)}_${variant}`;
  return `${ingressPattern(app)}${ending}__.*__${service}(_[0-9]+)?(_disable_https_redirect)?`;
}

function ingressPattern({ namespace, ingressName }: RoutedApp): string {
  return `kube(ew)?_${routeWord(namespace)}__${routeWord(ingressName)}_canary`;
}

function routeWord(name: string): string {
  return name.replace(/[^0-9A-Za-z_]/g, '_');
}
