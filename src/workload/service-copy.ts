// SPDX-License-Identifier: Apache-2.0
import type { ObjectMeta, OwnerReference, Service, ServicePort, StringMap } from '../api/kubernetes.js';
import { fluxOffSwitch, revisionAnnotation } from '../api/names.js';
import type { ServiceSpec } from '../api/rollout-spec.js';
import { sameJson } from '../lib/hash.js';
import { describesItsObject, entriesWhere, includedByPrefix, isCanaryReference } from './metadata.js';
import { portIdentity } from './ports.js';
import { TemplateIsNotOfRevision } from './primary-workload.js';
import type { Revision } from './revision.js';
import { hashOf, revisionOf } from './revision.js';
import type { ServiceChange } from './service-change.js';
import { serviceName } from './services.js';

/*
 * A target of kind Service has no workload: what is rolled out is to which pods the Service leads. The primary and the canary
 * Service are copies of it, reached through Skipper only.
 */

export interface ServiceCopyContext {
  /** The Canary. */
  readonly owner: OwnerReference;
  readonly service: ServiceSpec;
  readonly includeLabelPrefix: readonly string[];
}

/**
 * Fields that the cluster allocates, that may exist once only, or that open a Service to the outside: a copy has its own or
 * none. All other fields, newer ones too, are copied.
 */
const ownFields: ReadonlySet<string> = new Set([
  'type',
  'clusterIP',
  'clusterIPs',
  'ipFamilies',
  'ipFamilyPolicy',
  'externalIPs',
  'externalName',
  'externalTrafficPolicy',
  'healthCheckNodePort',
  'allocateLoadBalancerNodePorts',
  'loadBalancerClass',
  'loadBalancerIP',
  'loadBalancerSourceRanges',
]);

/** What a live copy keeps when the rest of its specification is replaced. */
const keptFields: ReadonlySet<string> = new Set(['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']);

/**
 * The revision of a Service target: what decides which pods answer. Not part of it is what the cluster allocates, how the
 * Service is opened to the outside, and a default that is written out.
 */
export function serviceRevision(service: Service): Revision {
  return revisionOf(hashOf(comparableSpec(service)), []);
}

/** Why a Service cannot be a target: no endpoints would tell whether a copy of it can answer (R8). */
export function serviceTargetProblem({ metadata, spec }: Service): string | undefined {
  const name = `service ${metadata.name}.${metadata.namespace ?? ''}`;
  if (spec.type === 'ExternalName')
    return `${name} is of type ExternalName and has no endpoints, name one with a selector`;
  if (Object.keys(spec.selector ?? {}).length > 0) return undefined;
  return `${name} has no selector and copies of it would have no endpoints, give it one`;
}

/** The canary Service, compared with what is there. */
export function reconcileCanaryCopy(
  observed: Service | undefined,
  target: Service,
  context: ServiceCopyContext,
): ServiceChange {
  if (observed === undefined) return { kind: 'create', service: newCopy(target, 'canary', context), problems: [] };
  const wanted = replacedCopy(observed, target, 'canary', context);
  const isAsWanted =
    sameJson(comparableSpec(observed), comparableSpec(wanted)) &&
    sameJson(observed.metadata.labels ?? {}, wanted.metadata.labels) &&
    sameJson(observed.metadata.annotations ?? {}, wanted.metadata.annotations);
  return isAsWanted
    ? { kind: 'none', service: observed, problems: [] }
    : { kind: 'replace', service: wanted, problems: [] };
}

/**
 * The primary Service as it is made at initialisation.
 * @throws TemplateIsNotOfRevision when the target leads elsewhere by now
 */
export function newPrimaryService(target: Service, revision: Revision, context: ServiceCopyContext): Service {
  assertRevision(target, revision);
  return withRevision(newCopy(target, 'primary', context), revision);
}

/**
 * The observed primary Service after the promotion of the target: owner, cluster IP and whatever else is its own stay. Doing it
 * twice changes nothing.
 * @throws TemplateIsNotOfRevision when the target leads elsewhere by now (D50)
 */
export function promotedService(
  primary: Service,
  target: Service,
  revision: Revision,
  context: ServiceCopyContext,
): Service {
  assertRevision(target, revision);
  return withRevision(replacedCopy(primary, target, 'primary', context), revision);
}

/** A primary Service that Flagger made or promoted: owned again, and with the note which revision it has. */
export function adoptedPrimaryService(primary: Service, revision: Revision, owner: OwnerReference): Service {
  return withRevision({ ...primary, metadata: ownedBy(owner, primary.metadata) }, revision);
}

function assertRevision(target: Service, revision: Revision): void {
  if (serviceRevision(target) !== revision) throw new TemplateIsNotOfRevision(target, revision);
}

function newCopy(target: Service, role: 'canary' | 'primary', context: ServiceCopyContext): Service {
  const { namespace } = target.metadata;
  const headless = target.spec.clusterIP === 'None' ? { clusterIP: 'None' } : {};
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: serviceName(role, context.service.name),
      ...(namespace !== undefined && { namespace }),
      ...copiedMetadata(target, undefined, role, context),
      ownerReferences: [context.owner],
    },
    spec: { type: 'ClusterIP', ...headless, ...addressFamilies(target), ...copiedSpec(target, context) },
  };
}

function replacedCopy(
  live: Service,
  target: Service,
  role: 'canary' | 'primary',
  context: ServiceCopyContext,
): Service {
  const kept = fieldsWhere(live.spec, (field) => keptFields.has(field));
  return {
    ...live,
    metadata: {
      ...ownedBy(context.owner, live.metadata),
      ...copiedMetadata(target, live.metadata, role, context),
    },
    spec: { type: 'ClusterIP', ...kept, ...copiedSpec(target, context) },
  };
}

/** Flagger's promotion gives the primary Service the owners of the target; without ours it would outlive the Canary. */
function ownedBy(owner: OwnerReference, metadata: ObjectMeta): ObjectMeta {
  const references = metadata.ownerReferences ?? [];
  if (references.some(({ uid }) => uid === owner.uid)) return metadata;
  const others = references.filter((reference) => !isCanaryReference(reference));
  return { ...metadata, ownerReferences: [...others.map((other) => ({ ...other, controller: false })), owner] };
}

function copiedSpec(target: Service, { service }: ServiceCopyContext): Service['spec'] {
  const { trafficDistribution } = service;
  return {
    ...fieldsWhere(target.spec, (field) => !ownFields.has(field)),
    ports: (target.spec.ports ?? []).map(withoutNodePort),
    ...(trafficDistribution !== undefined && { trafficDistribution }),
  };
}

/** A new copy has addresses of the same families, or its endpoints would be others. */
function addressFamilies({ spec }: Service): Service['spec'] {
  return fieldsWhere(spec, (field) => field === 'ipFamilies' || field === 'ipFamilyPolicy');
}

function withoutNodePort({ nodePort: _allocated, ...port }: ServicePort): ServicePort {
  return port;
}

/** One rule for every copy at every time: what the setting lets through, and what the Canary asks for. */
function copiedMetadata(
  { metadata }: Service,
  live: ObjectMeta | undefined,
  role: 'canary' | 'primary',
  { service, includeLabelPrefix }: ServiceCopyContext,
): { readonly labels: StringMap; readonly annotations: StringMap } {
  const { unmanagedLabels, unmanagedAnnotations } = service;
  const annotations = includedByPrefix(metadata.annotations, includeLabelPrefix);
  return {
    labels: {
      ...includedByPrefix(metadata.labels, includeLabelPrefix),
      ...service[role].labels,
      ...entriesWhere(live?.labels, (key) => unmanagedLabels.includes(key)),
    },
    annotations: {
      ...entriesWhere(annotations, (key) => !describesItsObject(key)),
      ...service[role].annotations,
      ...fluxOffSwitch,
      ...entriesWhere(live?.annotations, (key) => unmanagedAnnotations.includes(key)),
    },
  };
}

function withRevision(service: Service, revision: Revision): Service {
  const annotations = { ...service.metadata.annotations, [revisionAnnotation]: revision };
  return { ...service, metadata: { ...service.metadata, annotations } };
}

function comparableSpec({ spec }: Service): Readonly<Record<string, unknown>> {
  const ports = (spec.ports ?? []).map(withoutNodePort).map((port) => ({
    ...port,
    protocol: port.protocol ?? 'TCP',
    targetPort: port.targetPort ?? port.port,
  }));
  return {
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
    ...fieldsWhere(spec, (field) => !ownFields.has(field)),
    ports: ports.sort((left, right) => (portIdentity(left) < portIdentity(right) ? -1 : 1)),
  };
}

function fieldsWhere(spec: Service['spec'], keep: (field: string) => boolean): Service['spec'] {
  return Object.fromEntries(Object.entries(spec).filter(([field]) => keep(field)));
}
