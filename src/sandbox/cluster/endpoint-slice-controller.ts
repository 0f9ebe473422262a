// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey, ServicePort, StringMap } from '../../api/index.js';
import { sameValue } from '../api-server/json.js';
import { controlledBy, isGoing, type EndpointSliceObject, type PodObject, type ServiceObject } from './objects.js';
import { isFinished, isReady } from './pod-state.js';
import type { TypedResource } from './typed-resource.js';

export interface EndpointSliceControllerDeps {
  readonly services: TypedResource<ServiceObject>;
  readonly pods: TypedResource<PodObject>;
  readonly slices: TypedResource<EndpointSliceObject>;
}

const serviceLabel = 'kubernetes.io/service-name';
const managerLabel = 'endpointslice.kubernetes.io/managed-by';
const manager = 'endpointslice-controller.k8s.io';
/** Endpoints of one slice. */
const sliceSize = 100;

/** Keeps the EndpointSlices of Services with a selector. */
export class EndpointSliceController {
  constructor(private readonly deps: EndpointSliceControllerDeps) {}

  reconcile(key: ObjectKey): void {
    const service = this.deps.services.find(key);
    if (service === undefined || isGoing(service) || service.spec.selector === undefined) return;
    const wanted = this.#wanted(service, service.spec.selector);
    const found = this.deps.slices
      .ownedBy(service)
      .filter((slice) => slice.metadata.labels?.[managerLabel] === manager && !isGoing(slice));
    wanted.forEach((content, index) => this.#write(service, content, found[index]));
    for (const slice of found.slice(wanted.length)) this.deps.slices.delete(slice);
  }

  /** Contents of the slices: pods that resolve the Service's ports alike share one. At least one, be it empty. */
  #wanted(service: ServiceObject, selector: StringMap): readonly SliceContent[] {
    const pods = this.deps.pods
      .list(service.metadata.namespace ?? '')
      .filter((pod) => isSelected(pod, selector) && pod.status.podIP !== undefined && !isFinished(pod));
    const groups = new Map<string, { readonly ports: readonly object[]; readonly endpoints: object[] }>();
    for (const pod of pods) {
      const ports = portsOf(service, pod);
      const text = JSON.stringify(ports);
      const group = groups.get(text) ?? { ports, endpoints: [] };
      groups.set(text, group);
      group.endpoints.push(endpointOf(service, pod));
    }
    const contents = [...groups.values()].flatMap(({ ports, endpoints }) =>
      chunks(endpoints).map((chunk) => ({ ports, endpoints: chunk })),
    );
    return contents.length === 0 ? [{ ports: undefined, endpoints: [] }] : contents;
  }

  #write(service: ServiceObject, { ports, endpoints }: SliceContent, before: EndpointSliceObject | undefined): void {
    const labels = { ...service.metadata.labels, [serviceLabel]: service.metadata.name, [managerLabel]: manager };
    if (before === undefined) {
      this.deps.slices.create(service.metadata.namespace ?? '', {
        metadata: { generateName: `${service.metadata.name}-`, labels, ownerReferences: [controlledBy(service)] },
        addressType: 'IPv4',
        endpoints,
        ports: ports ?? null,
      });
      return;
    }
    if (sameValue(before.metadata.labels, labels) && isSameContent(before, { ports, endpoints })) return;
    const { ports: _before, ...rest } = before;
    const metadata = { ...before.metadata, labels };
    this.deps.slices.update({ ...rest, metadata, endpoints, ...(ports !== undefined && { ports }) });
  }
}

interface SliceContent {
  readonly ports: readonly object[] | undefined;
  readonly endpoints: readonly object[];
}

/** The API server keeps empty lists as null. */
function isSameContent(slice: EndpointSliceObject, { ports, endpoints }: SliceContent): boolean {
  return sameValue(slice.endpoints ?? [], endpoints) && sameValue(slice.ports ?? [], ports ?? []);
}

/** Whether a Service selects a pod. */
export function isSelected({ metadata }: PodObject, selector: StringMap): boolean {
  return Object.entries(selector).every(([name, value]) => metadata.labels?.[name] === value);
}

function portsOf({ spec }: ServiceObject, pod: PodObject): readonly object[] {
  return (spec.ports ?? []).flatMap((port) => {
    const number = portNumber(port, pod);
    const { name = '', protocol = 'TCP', appProtocol } = port;
    return number === undefined
      ? []
      : [{ name, port: number, protocol, ...(appProtocol !== undefined && { appProtocol }) }];
  });
}

/** The pod's port behind a port of a Service: a number, or the name of one of its containers' ports. */
function portNumber({ port, targetPort = port }: ServicePort, { spec }: PodObject): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  const ports = spec.containers.flatMap((container) => container.ports ?? []);
  return ports.find(({ name }) => name === targetPort)?.containerPort;
}

function endpointOf({ spec }: ServiceObject, pod: PodObject): object {
  const serving = isReady(pod);
  const terminating = isGoing(pod);
  const ready = spec.publishNotReadyAddresses === true || (serving && !terminating);
  const { name, namespace, uid } = pod.metadata;
  return {
    addresses: [pod.status.podIP],
    conditions: { ready, serving, terminating },
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(pod.spec.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
  };
}

function chunks(endpoints: readonly object[]): readonly (readonly object[])[] {
  const count = Math.ceil(endpoints.length / sliceSize);
  return Array.from({ length: count }, (_, index) => endpoints.slice(index * sliceSize, (index + 1) * sliceSize));
}
