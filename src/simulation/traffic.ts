// SPDX-License-Identifier: Apache-2.0
import type { Ingress, Service } from '../api/kubernetes.js';
import { skipperPredicateAnnotation, skipperWeightsAnnotation } from '../api/names.js';
import { resources } from '../kube/index.js';
import type { AppShape } from './app.js';
import type { Cluster, Writer } from './cluster.js';
import { nobody, routedTraffic, variants, type RoutedTraffic, type Shares, type Variant } from './routed-traffic.js';
import { variantBehind } from './target.js';
import { anybody, nameOfVisitor } from './visitors.js';

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

/** Where users go who have nothing that would set them apart. */
export function sharesOfAnybody({ fates }: RoutedTraffic): Shares {
  return fates.get(nameOfVisitor(anybody))?.shares ?? nobody;
}

/** The most that a variant gets of the requests of any sort. */
function reachOf({ fates }: RoutedTraffic): Shares {
  const most = (variant: Variant): number =>
    [...fates.values()].reduce((found, { shares }) => Math.max(found, shares[variant]), 0);
  return { target: most('target'), primary: most('primary') };
}

interface Moment {
  readonly sinceMs: number;
  readonly reach: Shares;
  readonly text: string;
  readonly by: Writer;
}

const nothing: RoutedTraffic = { fates: new Map(), cookies: [], takesCopies: false };
/** Cookies of so many rollouts are remembered. */
const rememberedCookies = 6;

/** Who gets the requests to the app, read from the objects as Skipper reads them, now and in time. */
export class TrafficHistory {
  #traffic = nothing;
  /** Versions of the objects that it was made of. */
  #madeOf = '';
  #moments: Moment[] = [];
  #cookies: RoutedTraffic['cookies'] = [];
  /** In which rollout each of them was first given. */
  readonly #givenIn = new Map<string, number>();
  #rollout = 0;
  #takesCopiesSinceMs: number | undefined;
  #copiedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly cluster: Cluster,
    /** Of the app as it is now. */
    private readonly shape: () => Pick<AppShape, 'target' | 'match'>,
  ) {}

  /** Looks at the Ingresses and Services, after somebody's change. */
  look(nowMs: number, by: Writer): RoutedTraffic {
    const ingresses = this.cluster.list<Ingress>(resources.ingresses);
    const services = this.cluster.list<Service>(resources.services);
    const madeOf = [...ingresses, ...services].map(({ metadata }) => metadata.resourceVersion).join(' ');
    if (madeOf === this.#madeOf) return this.#traffic;
    this.#madeOf = madeOf;
    this.#note(nowMs, this.#route(ingresses, services), by);
    return this.#traffic;
  }

  /** What Skipper would make of other objects than those that are there. */
  wouldBe(ingresses: readonly Ingress[], services: readonly Service[]): RoutedTraffic {
    return this.#route(ingresses, services);
  }

  #route(ingresses: readonly Ingress[], services: readonly Service[]): RoutedTraffic {
    const { target = 'Deployment', match } = this.shape();
    return routedTraffic({
      ingresses,
      services,
      variantOf: (service) => variantBehind(target, service, services),
      hasAudiences: match !== undefined || this.#traffic.fates.size > 1 + this.#cookies.length,
      cookies: this.#cookies,
    });
  }

  #note(nowMs: number, traffic: RoutedTraffic, by: Writer): void {
    const [wasCopied, isCopied] = [isCopying(this.#traffic), isCopying(traffic)];
    if (wasCopied && !isCopied) this.#copiedUntilMs = nowMs;
    if (traffic.takesCopies !== this.#traffic.takesCopies)
      this.#takesCopiesSinceMs = traffic.takesCopies ? nowMs : undefined;
    this.#traffic = traffic;
    const known = new Set(this.#cookies.map(nameOfVisitor));
    const given = traffic.cookies.filter((visitor) => !known.has(nameOfVisitor(visitor)));
    this.#cookies = [...this.#cookies, ...given].slice(-rememberedCookies);
    for (const { cookie } of given) this.#givenIn.set(cookie, this.#rollout);
    const text = describe(traffic);
    if (this.#moments.at(-1)?.text === text) return;
    this.#moments.push({ sinceMs: nowMs, reach: reachOf(traffic), text, by });
    if (this.#moments.length > 200) this.#moments = this.#moments.slice(-100);
  }

  /** From now on cookies that users have are of an earlier rollout. */
  beginRollout(): void {
    this.#rollout += 1;
  }

  isOfEarlierRollout(cookie: string): boolean {
    return (this.#givenIn.get(cookie) ?? this.#rollout) < this.#rollout;
  }

  get current(): RoutedTraffic {
    return this.#traffic;
  }

  /** Of users who have nothing that would set them apart. */
  get now(): Shares {
    return sharesOfAnybody(this.#traffic);
  }

  /** The most that each variant gets of the requests of any sort of users. */
  get reach(): Shares {
    return this.#moments.at(-1)?.reach ?? nobody;
  }

  /** Who brought the present state about. */
  get lastBy(): Writer | undefined {
    return this.#moments.at(-1)?.by;
  }

  /** Since when there has been a route for copies; undefined while there is none. */
  get takesCopiesSinceMs(): number | undefined {
    return this.#takesCopiesSinceMs;
  }

  /** Since when no copies have been made, as far as they are not made now. */
  get copiedUntilMs(): number {
    return this.#copiedUntilMs;
  }

  /** Since when a variant has had no requests of anybody; undefined while it has some. */
  idleSinceMs(variant: Variant): number | undefined {
    let sinceMs: number | undefined;
    for (const moment of this.#moments.toReversed()) {
      if (moment.reach[variant] > 0) return sinceMs;
      sinceMs = moment.sinceMs;
    }
    return Number.NEGATIVE_INFINITY;
  }
}

export function isCopying({ fates }: RoutedTraffic): boolean {
  return [...fates.values()].some(({ copied }) => copied > 0);
}

/** Equal for traffic in which everybody goes where they went. */
export function describe({ fates }: RoutedTraffic): string {
  const parts = [...fates].map(([name, { shares, copied, astray }]) => {
    const others = variants.map((variant) => `${variant} ${shares[variant].toFixed(1)} %`);
    return `${name}: ${others.join(', ')}${copied > 0 ? `, copied ${copied} %, ${astray} % astray` : ''}`;
  });
  return parts.join('; ');
}
