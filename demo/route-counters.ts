// SPDX-License-Identifier: Apache-2.0

/** What Skipper has served of one variant, since it started. */
export interface VariantCounts {
  readonly requests: number;
  /** Answers of 500 and above. */
  readonly errors: number;
  readonly seconds: number;
}

export interface RouteCounts {
  readonly primary: VariantCounts;
  readonly canary: VariantCounts;
}

export const noRequests: VariantCounts = { requests: 0, errors: 0, seconds: 0 };

const line = /^skipper_serve_route_duration_seconds_(count|sum)\{(.*)\} (\S+)$/gm;

/** Skipper's own counters by variant: the operator judges by the same ones. */
export function readRouteCounts(page: string): RouteCounts {
  const counts = { primary: { ...noRequests }, canary: { ...noRequests } };
  for (const [, kind, labels = '', value] of page.matchAll(line)) {
    const route = labelOf(labels, 'route');
    if (!route.startsWith('kube')) continue;
    const variant = counts[/__podinfo_canary(_\d+)?$/.test(route) ? 'canary' : 'primary'];
    if (kind === 'sum') variant.seconds += Number(value);
    else {
      variant.requests += Number(value);
      if (Number(labelOf(labels, 'code')) >= 500) variant.errors += Number(value);
    }
  }
  return counts;
}

function labelOf(labels: string, name: string): string {
  return new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
}

/** How a variant served between two moments; undefined when it had no requests. */
export interface VariantRate {
  readonly perSecond: number;
  readonly successPercent: number;
  readonly meanMs: number;
}

export function rateBetween(before: VariantCounts, after: VariantCounts, seconds: number): VariantRate | undefined {
  const requests = after.requests - before.requests;
  if (requests <= 0 || seconds <= 0) return undefined;
  return {
    perSecond: requests / seconds,
    successPercent: 100 - (100 * (after.errors - before.errors)) / requests,
    meanMs: (1_000 * (after.seconds - before.seconds)) / requests,
  };
}
