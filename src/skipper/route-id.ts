// SPDX-License-Identifier: Apache-2.0

/** Where a route of an Ingress comes from; `host` and `path` are empty when the rule names none. */
export interface RouteOrigin {
  readonly namespace: string;
  readonly ingress: string;
  readonly host: string;
  readonly path: string;
  readonly service: string;
}

/** The id that Skipper gives the route and writes into the `route` label of its metrics. Not injective. */
export function routeId(origin: RouteOrigin): string {
  const { namespace, ingress, host, path, service } = origin;
  return `kube_${[namespace, ingress, host, path, service].map((part) => part.replace(/[^0-9A-Za-z_]/g, '_')).join('__')}`;
}
