// SPDX-License-Identifier: Apache-2.0
import type { OwnerReference, Service, ServicePort, StringMap } from '../api/kubernetes.js';
import { adoptedServiceAnnotation, fluxOffSwitch } from '../api/names.js';
import type { ServiceSpec } from '../api/rollout-spec.js';
import { defined } from '../lib/defined.js';
import { sameJson } from '../lib/hash.js';
import { adoptionNote, removals, trafficOfUser } from './adopted-service.js';
import { entriesWhere, isControlledBy } from './metadata.js';
import { comparablePorts, freeName, portIdentity } from './ports.js';

/** What makes a Service as wanted, and how it then looks. */
export type ServiceChange = {
  /** The Service after the change: what routes may rely on. */
  readonly service: Service;
  /** Sentences about what is not as the Canary asks and cannot be changed in place (D35). */
  readonly problems: readonly string[];
} & (
  | { readonly kind: 'none' }
  | { readonly kind: 'create' }
  /** Write `service`, which has the resourceVersion of the observed one. */
  | { readonly kind: 'replace' }
  /** A Service that somebody else made: merge patch of our fields only, with the resourceVersion. */
  | { readonly kind: 'patch'; readonly patch: Readonly<Record<string, unknown>> }
);

export type UnmanagedMetadata = Pick<ServiceSpec, 'unmanagedLabels' | 'unmanagedAnnotations'>;

/**
 * Compares a Service with the wanted one. Of our own Services labels, annotations, selector, ports and traffic distribution
 * follow the Canary; type, addresses and node ports stay. Of a foreign one only the selector and the wanted ports do (R4): its
 * other ports stay (D19), and so does everything else but the switch that keeps Flux from undoing the change and the note by
 * which the Service can be given back.
 */
export function reconcileService(
  observed: Service | undefined,
  wanted: Service,
  owner: OwnerReference,
  unmanaged: UnmanagedMetadata,
): ServiceChange {
  if (observed === undefined) return { kind: 'create', service: wanted, problems: [] };
  if (observed.spec.type === 'ExternalName') {
    return { kind: 'none', service: observed, problems: [externalNameProblem(observed)] };
  }
  return isControlledBy(observed, owner)
    ? reconcileOwnService(observed, wanted, unmanaged)
    : reconcileForeignService(observed, wanted);
}

function reconcileOwnService(observed: Service, wanted: Service, unmanaged: UnmanagedMetadata): ServiceChange {
  const { unmanagedLabels, unmanagedAnnotations } = unmanaged;
  const labels = withLiveValues(wanted.metadata.labels, observed.metadata.labels, unmanagedLabels);
  const annotations = withLiveValues(wanted.metadata.annotations, observed.metadata.annotations, unmanagedAnnotations);
  const { trafficDistribution, ...spec } = observed.spec;
  const service: Service = {
    ...observed,
    metadata: { ...observed.metadata, labels, annotations },
    spec: {
      ...spec,
      ...defined({
        selector: wanted.spec.selector,
        ports: withLiveNodePorts(wanted.spec.ports ?? [], observed.spec.ports ?? []),
        trafficDistribution: wanted.spec.trafficDistribution,
      }),
    },
  };
  const isAsWanted =
    hasWantedTraffic(observed, service) &&
    trafficDistribution === wanted.spec.trafficDistribution &&
    sameJson(observed.metadata.labels ?? {}, labels) &&
    sameJson(observed.metadata.annotations ?? {}, annotations);
  const problems = headlessProblems(observed, wanted);
  return isAsWanted ? { kind: 'none', service: observed, problems } : { kind: 'replace', service, problems };
}

function reconcileForeignService(observed: Service, wanted: Service): ServiceChange {
  const { selector = {} } = wanted.spec;
  const live = observed.spec.ports ?? [];
  const user = trafficOfUser(observed);
  const ports = mergedPorts(user.ports, wanted.spec.ports ?? []).map((port) => withLiveNodePort(port, live));
  const own = { ...fluxOffSwitch, [adoptedServiceAnnotation]: adoptionNote(user, { selector, ports }) };
  const service: Service = {
    ...observed,
    metadata: { ...observed.metadata, annotations: { ...observed.metadata.annotations, ...own } },
    spec: { ...observed.spec, selector, ports },
  };
  if (hasWantedTraffic(observed, service)) return { kind: 'none', service: observed, problems: [] };
  const patch = {
    metadata: { ...defined({ resourceVersion: observed.metadata.resourceVersion }), annotations: own },
    spec: { selector: { ...removals(observed.spec.selector), ...selector }, ports },
  };
  return { kind: 'patch', patch, service, problems: [] };
}

function hasWantedTraffic(observed: Service, wanted: Service): boolean {
  return (
    sameJson(observed.spec.selector ?? {}, wanted.spec.selector) &&
    sameJson(comparablePorts(observed.spec.ports ?? []), comparablePorts(wanted.spec.ports ?? []))
  );
}

/** A cluster's firewall or load balancer may know a port by its node port. */
function withLiveNodePorts(wanted: readonly ServicePort[], live: readonly ServicePort[]): readonly ServicePort[] {
  return wanted.map((port) => ({
    ...port,
    ...defined({ nodePort: live.find((candidate) => candidate.name === port.name)?.nodePort }),
  }));
}

function withLiveNodePort(port: ServicePort, live: readonly ServicePort[]): ServicePort {
  const nodePort = live.find((candidate) => portIdentity(candidate) === portIdentity(port))?.nodePort;
  return { ...port, ...defined({ nodePort: port.nodePort ?? nodePort }) };
}

/**
 * The ports of a foreign Service with the wanted ones among them. The port that the Canary names leads where the Canary says,
 * because Flux no longer brings the user's own edits of it; every other port is left alone, and all keep the names by which an
 * Ingress may know them.
 */
function mergedPorts(live: readonly ServicePort[], wanted: readonly ServicePort[]): readonly ServicePort[] {
  const [main] = wanted;
  const liveIdentities = new Set(live.map(portIdentity));
  const added = wanted.filter((port) => !liveIdentities.has(portIdentity(port)));
  const kept = live.map((port) => {
    if (main === undefined || portIdentity(port) !== portIdentity(main)) return port;
    return { ...port, ...defined({ targetPort: main.targetPort, appProtocol: main.appProtocol }) };
  });
  return withDistinctNames([...kept, ...added], main);
}

/** The API server wants distinct names as soon as there are two ports; a single port may stay without. */
function withDistinctNames(ports: readonly ServicePort[], main: ServicePort | undefined): readonly ServicePort[] {
  if (ports.length === 1) return ports;
  const taken = new Set<string>();
  return ports.map((port) => {
    const isMain = main !== undefined && portIdentity(port) === portIdentity(main);
    const wanted = port.name ?? (isMain ? main.name : undefined) ?? `port-${port.port}`;
    const name = freeName(taken.has(wanted) ? `${wanted}-${port.port}` : wanted, taken);
    taken.add(name);
    return { ...port, name };
  });
}

function withLiveValues(
  wanted: StringMap | undefined,
  live: StringMap | undefined,
  unmanagedKeys: readonly string[],
): StringMap {
  return { ...wanted, ...entriesWhere(live, (key) => unmanagedKeys.includes(key)) };
}

function headlessProblems(observed: Service, wanted: Service): readonly string[] {
  const isHeadless = observed.spec.clusterIP === 'None';
  const shallBeHeadless = wanted.spec.clusterIP === 'None';
  if (isHeadless === shallBeHeadless) return [];
  return [
    `Service ${fullName(observed)} ${shallBeHeadless ? 'has a cluster IP' : 'is headless'} and the Canary asks for the ` +
      'opposite, which Kubernetes does not change on an existing Service: delete it to have it made anew, or restore ' +
      'spec.service.headless',
  ];
}

function externalNameProblem(observed: Service): string {
  return `Service ${fullName(observed)} is of type ExternalName and cannot lead to pods: change it to ClusterIP`;
}

function fullName({ metadata }: Service): string {
  return `${metadata.name}.${metadata.namespace ?? ''}`;
}
