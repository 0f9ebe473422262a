// SPDX-License-Identifier: Apache-2.0
import type { Ingress } from '../api/kubernetes.js';
import { canaryName, primaryName, skipperPredicateAnnotation, skipperWeightsAnnotation } from '../api/names.js';
import { resources } from '../kube/index.js';
import { appName } from './app.js';
import type { Cluster, Writer } from './cluster.js';

/** Whose pods answer requests, in percent. The rest is answered by nobody. */
export interface Shares {
  readonly target: number;
  readonly primary: number;
}

export type Variant = keyof Shares;

/**
 * Who gets the requests to the app, read from the objects as Skipper reads them and not as the operator does: the canary
 * Ingress wins over the apex unless its predicate matches nothing.
 */
export function sharesOf(cluster: Cluster): Shares {
  const canaryIngress = cluster.find(resources.ingresses, canaryName(appName));
  const weights = canaryIngress === undefined || isOff(canaryIngress) ? undefined : weightsOf(canaryIngress);
  if (weights === undefined) {
    return cluster.find(resources.ingresses, appName) === undefined ? nobody : split(cluster, [[appName, 100]]);
  }
  return split(cluster, [...weights]);
}

const nobody: Shares = { target: 0, primary: 0 };

function split(cluster: Cluster, weights: readonly (readonly [service: string, percent: number])[]): Shares {
  let shares = nobody;
  for (const [service, percent] of weights) {
    const variant = variantBehind(cluster, service);
    if (variant !== undefined) shares = { ...shares, [variant]: shares[variant] + percent };
  }
  return shares;
}

/** Whose pods a Service selects. */
export function variantBehind(cluster: Cluster, service: string): Variant | undefined {
  switch (cluster.find(resources.services, service)?.spec.selector?.app) {
    case appName:
      return 'target';
    case primaryName(appName):
      return 'primary';
    default:
      return undefined;
  }
}

/** Whether requests cannot match an Ingress. */
export function isOff({ metadata }: Ingress): boolean {
  return metadata.annotations?.[skipperPredicateAnnotation]?.includes('False()') === true;
}

/** Percent by Service; undefined when the annotation cannot be read. */
export function weightsOf({ metadata }: Ingress): ReadonlyMap<string, number> | undefined {
  try {
    const parsed: unknown = JSON.parse(metadata.annotations?.[skipperWeightsAnnotation] ?? '');
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    return new Map(Object.entries(parsed).map(([service, percent]) => [service, Number(percent)]));
  } catch {
    // Skipper takes no notice of such an annotation either.
    return undefined;
  }
}

interface Moment {
  readonly sinceMs: number;
  readonly shares: Shares;
  readonly by: Writer;
}

/** The shares over time. */
export class TrafficHistory {
  #moments: Moment[] = [];

  note(sinceMs: number, shares: Shares, by: Writer): void {
    const last = this.#moments.at(-1);
    if (last?.shares.target === shares.target && last.shares.primary === shares.primary) return;
    this.#moments.push({ sinceMs, shares, by });
    if (this.#moments.length > 200) this.#moments = this.#moments.slice(-100);
  }

  get now(): Shares {
    return this.#moments.at(-1)?.shares ?? nobody;
  }

  /** Who brought the present state about. */
  get lastBy(): Writer | undefined {
    return this.#moments.at(-1)?.by;
  }

  /** Since when a variant has had no requests; undefined while it has some. */
  idleSinceMs(variant: Variant): number | undefined {
    let sinceMs: number | undefined;
    for (const moment of this.#moments.toReversed()) {
      if (moment.shares[variant] > 0) return sinceMs;
      sinceMs = moment.sinceMs;
    }
    return Number.NEGATIVE_INFINITY;
  }
}
