// SPDX-License-Identifier: Apache-2.0
import type { Container, ContainerPort, PodTemplate, Service, ServicePort } from '../api/kubernetes.js';
import type { ServiceSpec } from '../api/rollout-spec.js';
import { defined } from '../lib/defined.js';

/** How an Ingress names a port of a Service. */
export interface PortReference {
  readonly number?: number;
  readonly name?: string;
}

/** Containers of service meshes, whose ports are not the application's. */
const sidecarNames: ReadonlySet<string> = new Set(['istio-proxy', 'envoy']);

const maxPortNameLength = 63;

/**
 * The ports of the generated Services: the one that the Canary names, then, with port discovery, those of the containers, each
 * with its own protocol (D35). No two share a name, or number and protocol; of two containers' ports of one name the last keeps
 * it, as users of Flagger know it, and the other gets a generated one.
 */
export function wantedPorts(service: ServiceSpec, template: PodTemplate): readonly ServicePort[] {
  const main: ServicePort = defined({
    name: service.portName,
    protocol: 'TCP',
    port: service.port,
    targetPort: service.targetPort,
    appProtocol: service.appProtocol,
  });
  if (!service.portDiscovery) return [main];
  const discovered = template.spec.containers
    .filter((container) => !sidecarNames.has(container.name))
    .flatMap((container) => containerPorts(container))
    .filter(({ port }) => !isMainPort(port, service));
  return distinctPorts(main, discovered);
}

/** Whether an Ingress that names this port finds it on the Service; by the port's number or name, never by the target port. */
export function servesPort(service: Service, reference: PortReference): boolean {
  return (service.spec.ports ?? []).some((port) => {
    if ((port.protocol ?? 'TCP') !== 'TCP') return false;
    return reference.number !== undefined
      ? port.port === reference.number
      : reference.name !== undefined && port.name === reference.name;
  });
}

/** Identity of a port within a Service: the API server refuses two of one number and protocol. */
export function portIdentity(port: ServicePort): string {
  return `${port.port}/${port.protocol ?? 'TCP'}`;
}

/** Ports without what the API server fills in or allocates, in an order of their own: they are a set. */
export function comparablePorts(ports: readonly ServicePort[]): readonly ServicePort[] {
  return ports
    .map(({ name, protocol = 'TCP', port, targetPort, appProtocol }) =>
      defined({ name, protocol, port, targetPort: targetPort ?? port, appProtocol }),
    )
    .sort((left, right) => (portIdentity(left) < portIdentity(right) ? -1 : 1));
}

/** The name, or one like it that is not taken. */
export function freeName(name: string, taken: ReadonlySet<string | undefined>): string {
  let free = name;
  for (let next = 2; taken.has(free); next += 1) free = `${name.slice(0, maxPortNameLength - 4)}-${next}`;
  return free;
}

interface DiscoveredPort {
  readonly port: ContainerPort;
  /** Name for a port that has none of its own, or has lost it to another. */
  readonly generatedName: string;
}

function containerPorts(container: Container): DiscoveredPort[] {
  return (container.ports ?? []).map((port, index) => {
    const prefix = `${(port.protocol ?? 'TCP').toLowerCase()}-`;
    const suffix = `-${index}`;
    const name = container.name.slice(0, maxPortNameLength - prefix.length - suffix.length);
    return { port, generatedName: `${prefix}${name}${suffix}` };
  });
}

/** Whether the Canary's own port leads to this container port, so that it needs no second one. */
function isMainPort(port: ContainerPort, service: ServiceSpec): boolean {
  if ((port.protocol ?? 'TCP') !== 'TCP') return false;
  if (!service.targetPortSet) return port.containerPort === service.port;
  return typeof service.targetPort === 'number'
    ? port.containerPort === service.targetPort
    : port.name === service.targetPort;
}

function distinctPorts(main: ServicePort, discovered: readonly DiscoveredPort[]): readonly ServicePort[] {
  const entries = withDistinctIdentities([
    { port: main, generatedName: '' },
    ...discovered.map(({ port: { name, protocol = 'TCP', containerPort }, generatedName }) => ({
      port: defined({ name, protocol, port: containerPort, targetPort: containerPort }),
      generatedName,
    })),
  ]);
  // The last of one name holds it; the Canary's own port comes after all others.
  const nameHolders = new Map([...entries.slice(1), ...entries.slice(0, 1)].map((entry) => [entry.port.name, entry]));
  const keepsName = (entry: NamedPort): boolean =>
    entry.port.name !== undefined && nameHolders.get(entry.port.name) === entry;

  const taken = new Set(entries.filter(keepsName).map(({ port }) => port.name));
  return entries.map((entry) => {
    if (keepsName(entry)) return entry.port;
    const name = freeName(entry.generatedName, taken);
    taken.add(name);
    return { ...entry.port, name };
  });
}

interface NamedPort {
  readonly port: ServicePort;
  readonly generatedName: string;
}

/** The first of each number and protocol. */
function withDistinctIdentities(entries: readonly NamedPort[]): readonly NamedPort[] {
  const identities = entries.map(({ port }) => portIdentity(port));
  return entries.filter((_entry, index) => identities.indexOf(identities[index] ?? '') === index);
}
