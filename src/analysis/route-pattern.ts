// SPDX-License-Identifier: Apache-2.0

/** The two sides of a rollout, as Skipper tells them apart: by the Service behind a route of the canary Ingress. */
export type Variant = 'canary' | 'primary';

/** What the route labels of an application are made of. */
export interface RoutedApp {
  readonly namespace: string;
  readonly ingressName: string;
  readonly serviceName: string;
}

/** How the routes of the canary Ingress begin: those to the canary and those to the primary. Plain RE2 and JavaScript. */
export function routePrefixPattern({ namespace, ingressName }: RoutedApp): string {
  return `kube(ew)?_${routeWord(namespace)}__${routeWord(ingressName)}_canary__`;
}

/**
 * All of the `route` label of Skipper's routes to a variant: of Skipper's own Ingress routes and their twins, those whose
 * Ingress ends in "-canary" and whose Service in the variant's suffix, with Skipper's way of writing names.
 */
export function routePattern(app: RoutedApp, variant: Variant): string {
  return `${routePrefixPattern(app)}.*__${routeWord(app.serviceName)}_${variant}(_[0-9]+)?(_disable_https_redirect)?`;
}

function routeWord(name: string): string {
  return name.replace(/[^0-9A-Za-z_]/g, '_');
}
