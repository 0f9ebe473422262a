// SPDX-License-Identifier: Apache-2.0
import type { Ingress, IntOrString, OwnerReference, Service } from '../api/kubernetes.js';
import { canaryName, primaryName } from '../api/names.js';
import type { RolloutSpec } from '../api/rollout-spec.js';
import { canonicalJson, sha256Hex } from '../lib/hash.js';
import type { RouteState as ObservedRoutes } from '../rollout/index.js';
import {
  checkApex,
  ownershipProblem,
  readRoutes,
  renderCanaryIngress,
  sameIngress,
  shadowedIngresses,
  toolMetadata,
} from '../skipper/index.js';
import { servesPort } from '../workload/index.js';
import type { ClusterCache } from './cluster-cache.js';
import type { SettleTracker } from './settle-tracker.js';

export interface RouteFindings {
  readonly routes: ObservedRoutes;
  readonly obstacles: readonly string[];
  readonly warnings: readonly string[];
  readonly apexIngress: Ingress | undefined;
  readonly apexUsable: boolean;
  readonly canaryIngress: Ingress | undefined;
  readonly staleIngresses: readonly Ingress[];
  readonly shape: string;
}

export interface RouteQuestion {
  readonly uid: string;
  readonly namespace: string;
  readonly spec: RolloutSpec;
  readonly owner: OwnerReference;
  /** The Services as they will be once written; empty while there is no target. */
  readonly services: readonly Service[];
  readonly cache: ClusterCache;
  readonly settle: SettleTracker;
  readonly excludedMetadata: readonly string[];
}

/** Everything about the Skipper side of a Canary. */
export function observeRoutes(question: RouteQuestion): RouteFindings {
  const { spec, namespace, cache } = question;
  const shape = trafficShape(spec);
  const name = spec.ingressName ?? '';
  const apexIngress = cache.ingresses.store.get({ namespace, name });
  const named = cache.ingresses.store.get({ namespace, name: canaryName(name) });
  const foreign = named === undefined ? undefined : ownershipProblem(named, question.uid);
  // What somebody else made is neither read as our routes nor written (S7).
  const existing = foreign === undefined ? named : undefined;
  const staleIngresses = findStale(question, existing, shape);
  const canaryIngress = staleIngresses.some((stale) => stale === existing) ? undefined : existing;
  const { problems, warnings } = judgeApex(question, apexIngress, foreign);
  const apexUsable = apexIngress !== undefined && problems.length === 0;
  const wanted = apexUsable ? rendered(question, apexIngress, canaryIngress, shape) : undefined;
  const shadowed = wanted === undefined ? [] : shadowedIngresses(wanted, cache.ingresses.store.list());
  return {
    routes: {
      ...liveRoutes(canaryIngress, spec.service.name),
      mirror: 'off',
      everybody: true,
      drifted: canaryIngress !== undefined && wanted !== undefined && !sameIngress(canaryIngress, wanted),
      stale: staleState(staleIngresses),
      stalePrimaryServes: staleIngresses.every((ingress) => primaryOfServes(ingress, question)),
      retargeted: staleIngresses.some((ingress) => isRetargeted(ingress, spec)),
      stableMs: question.settle.stableMs(question.uid, fingerprint(question, staleIngresses, canaryIngress)),
    },
    obstacles: problems,
    warnings: [...warnings, ...shadowed],
    apexIngress,
    apexUsable,
    canaryIngress,
    staleIngresses,
    shape,
  };
}

type LiveRoutes = Pick<
  ObservedRoutes,
  'present' | 'canaryWeight' | 'enabled' | 'changedAtMs' | 'weightedSinceMs' | 'verdict'
>;

function liveRoutes(canaryIngress: Ingress | undefined, serviceName: string): LiveRoutes {
  if (canaryIngress === undefined) {
    const unknown = { changedAtMs: undefined, weightedSinceMs: undefined, verdict: undefined };
    return { present: false, canaryWeight: 0, enabled: false, ...unknown };
  }
  const { weights, enabled, changedAtMs, weightedSinceMs, verdict } = readRoutes(canaryIngress, serviceName);
  // Switched off, it gives the canary nothing, whatever the weights say.
  return { present: true, canaryWeight: enabled ? weights?.canary : 0, enabled, changedAtMs, weightedSinceMs, verdict };
}

/**
 * Everything in a Canary that shapes its traffic. The target stands first and readable, because a change of it means a new
 * application, not only other routes (R16).
 */
export function trafficShape(spec: RolloutSpec): string {
  const { match, mirror, iterations } = spec.analysis;
  const strategy = {
    provider: spec.provider,
    ingress: spec.ingressName,
    service: spec.service.name,
    match,
    mirror,
    iterations,
  };
  return `${targetText(spec)} ${sha256Hex(canonicalJson(strategy)).slice(0, 16)}`;
}

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
  existing: Ingress | undefined,
  shape: string,
): readonly Ingress[] {
  return cache.ingressesOwnedBy(uid).filter((ingress) => {
    if (ingress.metadata.deletionTimestamp !== undefined) return false;
    const isCurrent = ingress.metadata.uid === existing?.metadata.uid;
    return !isCurrent || (readRoutes(ingress, spec.service.name).shape ?? shape) !== shape;
  });
}

/** Names of the primary Services that an Ingress leads to. */
export function primaryServicesOf({ spec }: Ingress): readonly string[] {
  const paths = (spec.rules ?? []).flatMap((rule) => rule.http?.paths ?? []);
  const names = paths.map((path) => path.backend.service?.name ?? '').filter((name) => name.endsWith(primaryName('')));
  return [...new Set(names)];
}

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
  foreign: string | undefined,
): { readonly problems: readonly string[]; readonly warnings: readonly string[] } {
  const name = spec.ingressName ?? '';
  if (apex === undefined) {
    const text = `apexIngress ${name}.${namespace} get query error: ingresses.networking.k8s.io "${name}" not found`;
    return { problems: [text], warnings: [] };
  }
  if (foreign !== undefined) return { problems: [foreign], warnings: [] };
  const reference = (port: IntOrString): { readonly number: number } | { readonly name: string } =>
    typeof port === 'number' ? { number: port } : { name: port };
  return checkApex({
    apex,
    serviceName: spec.service.name,
    servesPort: (port) => services.every((service) => servesPort(service, reference(port))),
  });
}

/** The canary Ingress with the weights that it has, to see whether anything else differs. */
function rendered(
  { owner, spec, excludedMetadata }: RouteQuestion,
  apex: Ingress,
  observed: Ingress | undefined,
  shape: string,
): Ingress | undefined {
  if (observed === undefined) return undefined;
  const live = readRoutes(observed, spec.service.name);
  if (live.weights === undefined) return undefined;
  return renderCanaryIngress({
    apex,
    observed,
    owner,
    serviceName: spec.service.name,
    excludedMetadata: [...toolMetadata, ...excludedMetadata],
    intent: {
      canaryWeight: live.weights.canary,
      enabled: live.enabled,
      // Kept exactly as it is; an Ingress that Flagger wrote gets its first time stamp with its next shift.
      changedAt: live.changedAt ?? epoch,
      verdict: live.verdict,
      shape,
    },
  });
}

/** Stands for a moment that nobody recorded. */
export const epoch = new Date(0).toISOString();

/** What must stay the same for the settle time: who gets traffic, and whether there is somebody to answer it (R7). */
function fingerprint(
  { namespace, spec, cache }: RouteQuestion,
  stale: readonly Ingress[],
  canaryIngress: Ingress | undefined,
): string {
  const name = spec.service.name;
  const apex = cache.services.store.get({ namespace, name });
  return canonicalJson({
    canary: canaryIngress === undefined ? 'none' : readRoutes(canaryIngress, name),
    stale: stale.map((ingress) => readRoutes(ingress, name).enabled),
    selector: apex?.spec.selector,
    apexServes: cache.readyEndpoints({ namespace, name }) > 0,
    // Changes when the apex Service moves between target and primary, but not with each pod of theirs.
    apexServesTarget: cache.sameEndpoints({ namespace, name }, { namespace, name: canaryName(name) }),
    primaryServes: cache.readyEndpoints({ namespace, name: primaryName(name) }) > 0,
  });
}
