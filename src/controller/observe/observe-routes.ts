// SPDX-License-Identifier: Apache-2.0
import type { Ingress, IntOrString, OwnerReference, Service } from '../../api/kubernetes.js';
import { canaryName, primaryName, skipperFilterAnnotation, skipperPredicateAnnotation } from '../../api/names.js';
import type { RolloutSpec } from '../../api/rollout-spec.js';
import { canonicalJson, sha256Hex } from '../../lib/hash.js';
import { remembered, rememberedFor } from '../../lib/remembered.js';
import type { RouteState as ObservedRoutes } from '../../rollout/index.js';
import { routesTraffic } from '../../rollout/index.js';
import {
  checkApex,
  checkSplit,
  helperNames,
  leadUsers,
  ownershipProblem,
  readRoutes,
  shadowedIngresses,
  shadowGroup,
  splitOf,
} from '../../skipper/index.js';
import type { RouteSet, RouteSetState, SessionCookies } from '../../skipper/index.js';
import { servesPort } from '../../workload/index.js';
import type { ClusterCache } from '../cluster/cluster-cache.js';
import { compareRoutes, routeSetOf } from './compared-routes.js';
import type { SettleTracker } from './settle-tracker.js';
import type { Situation } from '../situation.js';

export interface RouteFindings {
  readonly routes: ObservedRoutes;
  readonly obstacles: readonly string[];
  readonly warnings: readonly string[];
  readonly ingresses: Pick<
    Situation,
    'apexIngress' | 'apexUsable' | 'canaryIngress' | 'helperIngresses' | 'split' | 'staleIngresses' | 'shape'
  >;
}

export interface RouteQuestion {
  readonly uid: string;
  readonly namespace: string;
  readonly spec: RolloutSpec;
  /** Of the running rollout, as the status has them. */
  readonly cookies: SessionCookies;
  readonly owner: OwnerReference;
  /** The Services as they will be once written; empty while there is no target. */
  readonly services: readonly Service[];
  readonly cache: ClusterCache;
  readonly settle: SettleTracker;
  readonly excludedMetadata: readonly string[];
}

/** Everything about the Skipper side of a Canary. */
export function observeRoutes(question: RouteQuestion): RouteFindings {
  const { spec, namespace, cache, cookies, owner, excludedMetadata } = question;
  const shape = trafficShape(spec);
  if (!routesTraffic(spec)) return noRoutes(question, shape);
  const name = spec.ingressName ?? '';
  const apexIngress = cache.ingresses.store.get({ namespace, name });
  const { named, foreign } = ingressesByName(question);
  const staleIngresses = findStale(question, named, shape);
  const set = routeSetOf(
    spec,
    [...named.values()].filter((ingress) => !staleIngresses.includes(ingress)),
  );
  const { problems, warnings } = judgeApex(question, apexIngress, foreign);
  const apexUsable = apexIngress !== undefined && problems.length === 0;
  const apex = apexUsable ? apexIngress : undefined;
  const { live, drifted, rendered } = compareRoutes(set, { apex, spec, shape, cookies, owner, excludedMetadata });
  return {
    routes: {
      ...liveRoutes(live, set),
      drifted,
      stale: staleState(staleIngresses),
      stalePrimaryServes: staleIngresses.every((ingress) => primaryOfServes(ingress, question)),
      retargeted: staleIngresses.some((ingress) => isRetargeted(ingress, spec)),
      stableMs: question.settle.stableMs(question.uid, fingerprint(question, staleIngresses, set)),
    },
    obstacles: problems,
    warnings: [...warnings, ...shadowedBy(cache, rendered)],
    ingresses: {
      apexIngress,
      apexUsable,
      canaryIngress: set.main,
      helperIngresses: set.helpers,
      split: splitOf(spec, cookies),
      staleIngresses,
      shape,
    },
  };
}

/**
 * With provider kubernetes no Ingress is read or written; only those that are left of an earlier provider go (R16). What
 * shifts traffic is the apex Service alone, at the initialisation.
 */
function noRoutes(question: RouteQuestion, shape: string): RouteFindings {
  const staleIngresses = findStale(question, new Map(), shape);
  const helperIngresses = new Map<string, Ingress>();
  return {
    routes: {
      ...liveRoutes(undefined, { main: undefined, helpers: helperIngresses }),
      present: true,
      drifted: false,
      stale: staleState(staleIngresses),
      stalePrimaryServes: staleIngresses.every((ingress) => primaryOfServes(ingress, question)),
      retargeted: staleIngresses.some((ingress) => isRetargeted(ingress, question.spec)),
      stableMs: question.settle.stableMs(
        question.uid,
        fingerprint(question, staleIngresses, { main: undefined, helpers: helperIngresses }),
      ),
    },
    obstacles: [],
    warnings: [],
    ingresses: {
      apexIngress: undefined,
      apexUsable: false,
      canaryIngress: undefined,
      helperIngresses,
      split: splitOf(question.spec, question.cookies),
      staleIngresses,
      shape,
    },
  };
}

interface NamedIngresses {
  /** Those of the Canary, by name. */
  readonly named: ReadonlyMap<string, Ingress>;
  /** Why those of somebody else under these names are in the way. */
  readonly foreign: readonly string[];
}

/** What somebody else made is neither read as our routes nor written (S7). */
function ingressesByName({ uid, namespace, spec, cache }: RouteQuestion): NamedIngresses {
  const found = ingressNames(spec).flatMap((name) => cache.ingresses.store.get({ namespace, name }) ?? []);
  const judged = found.map((ingress) => ({ ingress, problem: ownershipProblem(ingress, uid) }));
  return {
    named: new Map(
      judged.filter(({ problem }) => problem === undefined).map(({ ingress }) => [ingress.metadata.name, ingress]),
    ),
    foreign: judged.flatMap(({ problem }) => problem ?? []),
  };
}

/** Names of all Ingresses that a Canary may have: that with the record, and its helpers. */
export function ingressNames(spec: RolloutSpec): readonly string[] {
  const { ingressName = '' } = spec;
  return [canaryName(ingressName), ...helperNames(ingressName, spec)];
}

type LiveRoutes = Pick<
  ObservedRoutes,
  'present' | 'canaryWeight' | 'enabled' | 'mirror' | 'everybody' | 'changedAtMs' | 'weightedSinceMs' | 'verdict'
>;

function liveRoutes(live: RouteSetState | undefined, { helpers }: RouteSet): LiveRoutes {
  if (live === undefined) {
    const unknown = { changedAtMs: undefined, weightedSinceMs: undefined, verdict: undefined };
    // Helpers without the canary Ingress may still lead users to the canary: their weight is not known to be 0.
    const enabled = leadUsers(helpers);
    const canaryWeight = enabled ? undefined : 0;
    const mirror = shadowGroup(helpers) === undefined ? 'off' : 'shadow';
    return { present: false, canaryWeight, enabled, mirror, everybody: true, ...unknown };
  }
  const { weights, enabled, mirror, everybody, changedAtMs, weightedSinceMs, verdict } = live;
  // Switched off, it gives the canary nothing, whatever the weights say.
  const canaryWeight = enabled ? weights?.canary : 0;
  return { present: true, canaryWeight, enabled, mirror, everybody, changedAtMs, weightedSinceMs, verdict };
}

/**
 * Everything in a Canary that shapes its traffic. The target stands first and readable, because a change of it means a new
 * application, not only other routes (R16).
 */
export const trafficShape = rememberedFor((spec: RolloutSpec): string => {
  const { match, mirror, iterations, sessionAffinity } = spec.analysis;
  const strategy = {
    provider: spec.provider,
    ingress: spec.ingressName,
    service: spec.service.name,
    match,
    mirror,
    iterations,
    sessionAffinity,
  };
  return `${targetText(spec)} ${sha256Hex(canonicalJson(strategy)).slice(0, 16)}`;
});

function targetText({ target }: RolloutSpec): string {
  return `${target.kind}/${target.name}`;
}

function isRetargeted(ingress: Ingress, spec: RolloutSpec): boolean {
  const { shape } = readRoutes(ingress, spec.service.name);
  return shape !== undefined && !shape.startsWith(`${targetText(spec)} `);
}

/** An Ingress that Flagger wrote has no shape and is taken as it is. */
function findStale(
  { uid, spec, cache }: RouteQuestion,
  named: NamedIngresses['named'],
  shape: string,
): readonly Ingress[] {
  return cache
    .ingressesOwnedBy(uid)
    .filter((ingress) => {
      if (ingress.metadata.deletionTimestamp !== undefined) return false;
      const isCurrent = ingress.metadata.uid === named.get(ingress.metadata.name)?.metadata.uid;
      return !isCurrent || (readRoutes(ingress, spec.service.name).shape ?? shape) !== shape;
    })
    .toSorted(byName);
}

/** The one that sends copies comes before the one that takes them. */
function byName(left: Ingress, right: Ingress): number {
  return left.metadata.name < right.metadata.name ? -1 : 1;
}

/** Names of the primary Services that take over when an Ingress is switched off. */
export function primaryServicesOf({ spec }: Ingress): readonly string[] {
  const paths = (spec.rules ?? []).flatMap((rule) => rule.http?.paths ?? []);
  const names = paths.map((path) => (path.backend.service?.name ?? '').replace(canarySuffix, primaryName('')));
  return [...new Set(names.filter((name) => name.endsWith(primaryName(''))))];
}

/** An Ingress of session affinity leads to the canary alone. */
const canarySuffix = new RegExp(`${canaryName('')}$`);

function primaryOfServes(ingress: Ingress, { namespace, cache }: RouteQuestion): boolean {
  return primaryServicesOf(ingress).every((name) => cache.readyEndpoints({ namespace, name }) > 0);
}

function staleState(stale: readonly Ingress[]): ObservedRoutes['stale'] {
  if (stale.length === 0) return 'none';
  return stale.some((ingress) => readRoutes(ingress, '').enabled) ? 'active' : 'disabled';
}

function judgeApex(
  { namespace, spec, services }: RouteQuestion,
  apex: Ingress | undefined,
  foreign: readonly string[],
): { readonly problems: readonly string[]; readonly warnings: readonly string[] } {
  const name = spec.ingressName ?? '';
  if (apex === undefined) {
    const text = `apexIngress ${name}.${namespace} get query error: ingresses.networking.k8s.io "${name}" not found`;
    return { problems: [text], warnings: [] };
  }
  if (foreign.length > 0) return { problems: foreign, warnings: [] };
  return judgeUsable(apex, [spec, ...services]);
}

const judgeUsable = remembered((apex: Ingress, [spec, ...services]: readonly [RolloutSpec, ...Service[]]) => {
  const reference = (port: IntOrString): { readonly number: number } | { readonly name: string } =>
    typeof port === 'number' ? { number: port } : { name: port };
  const findings = checkApex({
    apex,
    serviceName: spec.service.name,
    servesPort: (port) => services.every((service) => servesPort(service, reference(port))),
  });
  const ofSplit = checkSplit(apex, spec.service.name, spec);
  return {
    problems: [...findings.problems, ...ofSplit.problems],
    warnings: [...findings.warnings, ...ofSplit.warnings],
  };
});

function shadowedBy(cache: ClusterCache, rendered: Ingress | undefined): readonly string[] {
  return rendered === undefined ? [] : shadowedIngresses(rendered, cache.ingresses.store.list());
}

/** What must stay the same for the settle time: who gets traffic, and whether there is somebody to answer it (R7). */
function fingerprint(
  { namespace, spec, cache }: RouteQuestion,
  stale: readonly Ingress[],
  { main, helpers }: RouteSet,
): string {
  const name = spec.service.name;
  const apex = cache.services.store.get({ namespace, name });
  return canonicalJson({
    canary: main === undefined ? 'none' : readRoutes(main, name),
    // Absent without helpers.
    helpers: helpers.size === 0 ? undefined : [...helpers].map(([helper, ingress]) => [helper, rulesText(ingress)]),
    stale: stale.map((ingress) => readRoutes(ingress, name).enabled),
    selector: apex?.spec.selector,
    apexServes: cache.readyEndpoints({ namespace, name }) > 0,
    // Changes when the apex Service moves between target and primary, but not with each pod of theirs.
    apexServesTarget: cache.sameEndpoints({ namespace, name }, { namespace, name: canaryName(name) }),
    primaryServes: cache.readyEndpoints({ namespace, name: primaryName(name) }) > 0,
    // Without it Skipper has no route for copies, whose settle time begins anew when it is back.
    takesCopies: shadowGroup(helpers) && cache.services.store.get({ namespace, name: canaryName(name) })?.metadata.uid,
  });
}

/** Whom an Ingress takes and what it does to them. */
function rulesText({ metadata: { annotations = {} } }: Ingress): readonly (string | undefined)[] {
  return [skipperPredicateAnnotation, skipperFilterAnnotation].map((key) => annotations[key]);
}
