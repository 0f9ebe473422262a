// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../api/kubernetes.js';
import { differingFields } from '../../lib/differing-fields.js';
import type { Action, GeneratedObjects, Observation, RouteState } from '../../rollout/index.js';
import { sameIngress } from '../../skipper/index.js';
import type { ServiceRole } from '../../workload/index.js';
import type { ClusterCache } from '../cluster/cluster-cache.js';
import type { Observed } from '../observe/observe.js';
import type { RepairAttempts, RepairPace } from './repair-attempts.js';
import type { Situation } from '../situation.js';
import { wantedRoutes } from '../observe/wanted-routes.js';

export interface RepairLimitDeps {
  readonly attempts: RepairAttempts;
  readonly cache: Pick<ClusterCache, 'services'>;
  /** As in `RouteWrite`. */
  readonly excludedMetadata: readonly string[];
}

export interface LimitedObservation {
  readonly observed: Observed;
  /** When the next repair is due; undefined when none is held back. */
  readonly wakeAfterMs: number | undefined;
}

/** A drifted object whose repair is held back. */
interface HeldRepair {
  readonly object: GeneratedObject;
  readonly waitMs: number;
  readonly sentence: string;
  readonly shapesTraffic: boolean;
}

type GeneratedObject = keyof GeneratedObjects | 'canaryIngress' | 'configCopies';

/** Nobody's traffic depends on it: a try now and then is enough. */
const cosmeticPace: RepairPace = { firstMs: 10_000, maxMs: 600_000 };
/** Users may be without an answer while it is wrong. */
const trafficPace: RepairPace = { firstMs: 1_000, maxMs: 10_000 };
const namedFields = 5;

/**
 * Repairs that never last, for example because an admission webhook changes what is written. After some attempts they are made
 * ever more rarely, and one Warning names the object and the fields. As long as only metadata differs, everything else goes
 * on as if the object were as wanted; what shapes the traffic stands in the rollout's way.
 */
export class RepairLimit {
  constructor(private readonly deps: RepairLimitDeps) {}

  /** What is to be decided on: the observation without the repairs that have to wait. */
  apply(observed: Observed): LimitedObservation {
    const held = generatedObjects.flatMap((object) => this.held(object, observed) ?? []);
    if (held.length === 0) return { observed, wakeAfterMs: undefined };
    const { observation } = observed;
    const obstacles = held.filter(({ shapesTraffic }) => shapesTraffic).map(({ sentence }) => sentence);
    const warnings = held.filter(({ shapesTraffic }) => !shapesTraffic).map(({ sentence }) => sentence);
    return {
      observed: {
        ...observed,
        observation: { ...withoutDrift(observation, held), obstacles: [...observation.obstacles, ...obstacles] },
        warnings: [...observed.warnings, ...warnings],
      },
      wakeAfterMs: Math.min(...held.map(({ waitMs }) => waitMs)),
    };
  }

  /** An action was carried out; if it repaired something, that counts. */
  note(action: Action, { observation }: Observed): void {
    const object = repairedObject(action);
    if (object !== undefined && isDrifted(object, observation)) this.deps.attempts.note(observation.uid, object);
  }

  /** The Canary is gone. */
  forget(uid: string): void {
    this.deps.attempts.forget(uid);
  }

  private held(object: GeneratedObject, { observation, situation }: Observed): HeldRepair | undefined {
    const { attempts } = this.deps;
    const { uid } = observation;
    if (!isDrifted(object, observation)) {
      attempts.noteConverged(uid, object);
      return undefined;
    }
    if (attempts.waitMs(uid, object, cosmeticPace) === 0) return undefined;
    const pair = this.liveAndWanted(object, situation, observation);
    const fields = pair === undefined ? [] : changedFields(pair.live, pair.wanted);
    const shapesTraffic =
      object !== 'configCopies' && !(fields.length > 0 && fields.every((field) => isCosmetic(object, field)));
    const waitMs = attempts.waitMs(uid, object, shapesTraffic ? trafficPace : cosmeticPace);
    if (waitMs === 0) return undefined;
    const text = object === 'configCopies' ? copiesSentence(situation) : sentence(pair?.live, fields);
    return { object, waitMs, sentence: text, shapesTraffic };
  }

  private liveAndWanted(
    object: GeneratedObject,
    situation: Situation,
    { routes }: Observation,
  ): ObjectPair | undefined {
    if (object === 'canaryIngress') return this.driftedIngress(situation, routes);
    if (object === 'primaryAutoscaler') return situation.autoscaler?.drift;
    if (object === 'configCopies') return undefined;
    const wanted = situation.services[serviceRoles[object]]?.service;
    const live = wanted && this.deps.cache.services.store.get({ namespace: situation.namespace, ...nameOf(wanted) });
    return live === undefined || wanted === undefined ? undefined : { live, wanted };
  }

  /** The first of the Ingresses that is not as wanted. */
  private driftedIngress(
    situation: Situation,
    { canaryWeight = 0, enabled, verdict, mirror, everybody }: RouteState,
  ): ObjectPair | undefined {
    const action = {
      kind: 'setRoutes',
      canaryWeight,
      enabled,
      ...(verdict && { verdict }),
      ...(mirror !== 'off' && { mirror }),
      ...(everybody && { everybody }),
    } as const;
    const { excludedMetadata } = this.deps;
    const { writes } = wantedRoutes(situation, { action, nowMs: 0, excludedMetadata, newToken: () => '' });
    const { canaryIngress, helperIngresses } = situation;
    return writes
      .flatMap((wanted) => {
        const { name } = wanted.metadata;
        const live = name === canaryIngress?.metadata.name ? canaryIngress : helperIngresses.get(name);
        return live === undefined ? [] : [{ live, wanted }];
      })
      .find(({ live, wanted }) => !sameIngress(live, wanted));
  }
}

interface ObjectPair {
  readonly live: KubeObject;
  readonly wanted: KubeObject;
}

const serviceRoles = {
  canaryService: 'canary',
  primaryService: 'primary',
  apexService: 'apex',
} as const satisfies Partial<Record<GeneratedObject, ServiceRole>>;

const generatedObjects = [
  'canaryService',
  'primaryService',
  'apexService',
  'primaryAutoscaler',
  'canaryIngress',
  'configCopies',
] as const satisfies readonly GeneratedObject[];

const serviceObjects = {
  canary: 'canaryService',
  primary: 'primaryService',
  apex: 'apexService',
} as const satisfies Record<ServiceRole, GeneratedObject>;

function repairedObject(action: Action): GeneratedObject | undefined {
  switch (action.kind) {
    case 'writeService':
      return serviceObjects[action.role];
    case 'setRoutes':
      return 'canaryIngress';
    case 'writePrimaryAutoscaler':
      return 'primaryAutoscaler';
    case 'restoreConfigCopies':
      return 'configCopies';
    default:
      return undefined;
  }
}

function isDrifted(object: GeneratedObject, { objects, routes, primary }: Observation): boolean {
  if (object === 'canaryIngress') return routes.drifted;
  return object === 'configCopies' ? primary?.copies === 'restorable' : objects[object] === 'drifted';
}

function withoutDrift(observation: Observation, held: readonly HeldRepair[]): Observation {
  return held.reduce((seen, { object }) => {
    if (object === 'canaryIngress') return { ...seen, routes: { ...seen.routes, drifted: false } };
    if (object !== 'configCopies') return { ...seen, objects: { ...seen.objects, [object]: 'asWanted' } };
    return seen.primary === undefined ? seen : { ...seen, primary: { ...seen.primary, copies: 'asPromoted' } };
  }, observation);
}

function nameOf({ metadata }: KubeObject): { readonly name: string } {
  return { name: metadata.name };
}

/** What differs among the parts that we write. */
function changedFields(live: KubeObject, wanted: KubeObject): readonly string[] {
  return differingFields(ownParts(live), ownParts(wanted));
}

function ownParts(object: KubeObject): object {
  const { labels, annotations, ownerReferences } = object.metadata;
  return { ...object, status: undefined, metadata: { labels, annotations, ownerReferences } };
}

/**
 * Whether it may stay wrong while a rollout goes on. Annotations of an Ingress may not: filters, predicates and a Skipper
 * installation's own keys are among them (S6).
 */
function isCosmetic(object: GeneratedObject, field: string): boolean {
  if (object === 'canaryIngress') return /^metadata\.(labels|ownerReferences)/.test(field);
  if (object === 'primaryAutoscaler') return true;
  return !/^spec\.(selector|ports)/.test(field);
}

function copiesSentence({ primary }: Situation): string {
  const { name = '', namespace = '' } = primary?.metadata ?? {};
  const { kind = 'Deployment' } = primary ?? {};
  return (
    `The config copies of ${kind} ${name}.${namespace} do not stay as they were promoted: they changed after each repair; ` +
    'exempt ConfigMaps and Secrets whose names end in -primary from the webhook or controller that does it'
  );
}

function sentence(live: KubeObject | undefined, fields: readonly string[]): string {
  const shown = fields.slice(0, namedFields).join(', ') + (fields.length > namedFields ? ' and others' : '');
  const { name = '', namespace = '' } = live?.metadata ?? {};
  const services = live?.kind === 'Service' ? ', or name its keys in spec.service.unmanagedMetadata' : '';
  return (
    `${live?.kind ?? 'An object'} ${name}.${namespace} does not stay as the Canary asks: ${shown} changed after each ` +
    `repair; exempt the object from the admission webhook or controller that does it${services}`
  );
}
