// SPDX-License-Identifier: Apache-2.0
import type { StringMap } from '../../api/index.js';
import { call, inPrintOrder, type EskipRoute } from './eskip.js';

/** What happens to requests of an Ingress that reached the load balancer over plain HTTP. */
export type RedirectRule =
  | { readonly kind: 'none' }
  | { readonly kind: 'redirect'; readonly code: number }
  /** Serve them: a twin without redirect, which counts in the metrics under a route id of its own. */
  | { readonly kind: 'serve' };

export interface RedirectDefaults {
  readonly httpsRedirect: boolean;
  readonly httpsRedirectCode: number;
}

/** Reads the redirect annotations of one Ingress. */
export function readRedirect(annotations: StringMap, defaults: RedirectDefaults): RedirectRule {
  const texts = [annotations['zalando.org/skipper-predicate'], annotations['zalando.org/skipper-routes']];
  if (texts.some((text) => text?.includes('Header("X-Forwarded-Proto"') === true)) return { kind: 'none' };
  const wish = annotations['zalando.org/skipper-ingress-redirect'];
  if (wish === 'false' && defaults.httpsRedirect) return { kind: 'serve' };
  if (wish !== 'true' && !defaults.httpsRedirect) return { kind: 'none' };
  const code = Number(annotations['zalando.org/skipper-ingress-redirect-code']);
  return { kind: 'redirect', code: code >= 300 && code < 400 ? code : defaults.httpsRedirectCode };
}

/** The route beside `route` that takes the plain HTTP requests away from it; none when the rule says so. */
export function redirectTwin(route: EskipRoute, rule: RedirectRule): readonly EskipRoute[] {
  if (rule.kind === 'none') return [];
  const predicates = inPrintOrder([
    call('Weight', 1000),
    ...route.predicates,
    call('Header', 'X-Forwarded-Proto', 'http'),
  ]);
  if (rule.kind === 'serve') return [{ ...route, id: `${route.id}_disable_https_redirect`, predicates }];
  const filters = [call('redirectTo', rule.code, 'https:')];
  return [{ id: `${route.id}_https_redirect`, predicates, filters, backend: { kind: 'shunt' } }];
}
