// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { Service, ServicePort, StringMap } from '../api/kubernetes.js';
import { adoptedServiceAnnotation, fluxOffSwitch, lastAppliedAnnotation } from '../api/names.js';
import { defined } from '../lib/defined.js';
import { canonicalJson, sameJson } from '../lib/hash.js';
import { comparablePorts, portIdentity } from './ports.js';
import type { SelectorLabel } from './selector-label.js';

/*
 * An apex Service that somebody else made, and how it is given back (D19). What we changed of it is noted on the Service itself,
 * each thing with what it was and what we made of it: what looks otherwise by now is a later edit of its user and stays.
 */

const PortFields = z.object({
  name: z.string().exactOptional(),
  targetPort: z.union([z.number(), z.string()]).exactOptional(),
  appProtocol: z.string().exactOptional(),
});
type PortFields = z.infer<typeof PortFields>;

const AdoptionNote = z.object({
  selector: z.object({ was: z.record(z.string(), z.string()), is: z.record(z.string(), z.string()) }).exactOptional(),
  /** By number and protocol; without `was` the port is ours. */
  ports: z.record(z.string(), z.object({ was: PortFields.exactOptional(), is: PortFields })).default({}),
});
type AdoptionNote = z.infer<typeof AdoptionNote>;

/** Selector and ports of a Service: what is changed of one that somebody else made. */
export interface ServiceTraffic {
  readonly selector: StringMap;
  readonly ports: readonly ServicePort[];
}

/**
 * What the Service would be without us: our ports gone, those that we changed as they were, later edits of its user kept.
 * A Service without a note is as it is.
 */
export function trafficOfUser(service: Service): ServiceTraffic {
  const note = noteOn(service);
  return note === undefined ? trafficOf(service) : undone(trafficOf(service), note, appliedSpec(service)?.ports ?? []);
}

/** The note for a Service that is changed from what its user wants into something else. */
export function adoptionNote(user: ServiceTraffic, ours: ServiceTraffic): string {
  const before = new Map(user.ports.map((port) => [portIdentity(port), fieldsOf(port)]));
  const changed = ours.ports
    .map((port) => ({ id: portIdentity(port), was: before.get(portIdentity(port)), is: fieldsOf(port) }))
    .filter(({ was, is }) => !sameJson(was, is));
  return canonicalJson({
    ...(!sameJson(user.selector, ours.selector) && { selector: { was: user.selector, is: ours.selector } }),
    ports: Object.fromEntries(changed.map(({ id, was, is }) => [id, defined({ was, is })])),
  });
}

/**
 * Merge patch that gives an apex Service which somebody else made back: its selector and ports as its user last applied them with
 * kubectl, else as they were, else the selector of the target's pods. Flux may care for it again.
 */
export function revertedService(apex: Service, selectorLabel: SelectorLabel): Readonly<Record<string, unknown>> {
  const applied = appliedSpec(apex);
  const live = trafficOf(apex);
  const user = trafficOfUser(apex);
  const isNoted = noteOn(apex)?.selector !== undefined;
  const fallback = isNoted ? user.selector : { [selectorLabel.key]: selectorLabel.value };
  const ports = withAppliedTargets(user.ports, applied?.ports ?? []);
  const isSame = sameJson(comparablePorts(ports), comparablePorts(live.ports));
  const ownKeys = { ...fluxOffSwitch, [adoptedServiceAnnotation]: '' };
  return {
    metadata: { ...defined({ resourceVersion: apex.metadata.resourceVersion }), annotations: removals(ownKeys) },
    spec: {
      selector: { ...removals(live.selector), ...(applied?.selector ?? fallback) },
      ...(!isSame && { ports }),
    },
  };
}

/** A merge patch removes a key that is null. */
export function removals(map: StringMap | undefined): Readonly<Record<string, null>> {
  return Object.fromEntries(Object.keys(map ?? {}).map((key) => [key, null]));
}

function trafficOf({ spec }: Service): ServiceTraffic {
  return { selector: spec.selector ?? {}, ports: spec.ports ?? [] };
}

/** With the default of the API server written out. */
function fieldsOf({ name, port, targetPort = port, appProtocol }: ServicePort): PortFields {
  return defined({ name, targetPort, appProtocol });
}

/** A port that we added and that the user has applied since is the user's. */
function undone(live: ServiceTraffic, note: AdoptionNote, applied: readonly AppliedPort[]): ServiceTraffic {
  const { selector } = note;
  const theirs = new Set(applied.map(portIdentity));
  const ports = live.ports.flatMap((port) => {
    const change = note.ports[portIdentity(port)];
    if (change === undefined) return [port];
    if (change.was !== undefined) return [withFields(port, change.was, change.is)];
    return sameJson(fieldsOf(port), change.is) && !theirs.has(portIdentity(port)) ? [] : [port];
  });
  return {
    selector: selector !== undefined && sameJson(live.selector, selector.is) ? selector.was : live.selector,
    ports: withNames(ports, live.ports),
  };
}

/** Each field that still is as we made it becomes what it was. */
function withFields(port: ServicePort, was: PortFields, is: PortFields): ServicePort {
  const live = fieldsOf(port);
  const { name: _name, targetPort: _target, appProtocol: _protocol, ...rest } = port;
  return {
    ...rest,
    ...defined({
      name: live.name === is.name ? was.name : live.name,
      targetPort: live.targetPort === is.targetPort ? was.targetPort : live.targetPort,
      appProtocol: live.appProtocol === is.appProtocol ? was.appProtocol : live.appProtocol,
    }),
  };
}

/** One port may be without a name, of several each must have one: that which it has. */
function withNames(ports: readonly ServicePort[], live: readonly ServicePort[]): readonly ServicePort[] {
  if (ports.length === 1) return ports;
  return ports.map((port) => {
    const name = port.name ?? live.find((candidate) => portIdentity(candidate) === portIdentity(port))?.name;
    return { ...port, ...defined({ name }) };
  });
}

/** What the user applied leads where the user had it lead. */
function withAppliedTargets(ports: readonly ServicePort[], applied: readonly AppliedPort[]): readonly ServicePort[] {
  return ports.map((port) => {
    const original = applied.find((candidate) => portIdentity(candidate) === portIdentity(port));
    if (original === undefined) return port;
    const { targetPort: _target, appProtocol: _protocol, ...rest } = port;
    return { ...rest, ...defined({ targetPort: original.targetPort, appProtocol: original.appProtocol }) };
  });
}

/** A note that somebody has damaged counts as none. */
function noteOn(service: Service): AdoptionNote | undefined {
  return AdoptionNote.safeParse(jsonOn(service, adoptedServiceAnnotation)).data;
}

function appliedSpec(service: Service): z.infer<typeof AppliedService>['spec'] | undefined {
  return AppliedService.safeParse(jsonOn(service, lastAppliedAnnotation)).data?.spec;
}

function jsonOn({ metadata }: Service, annotation: string): unknown {
  try {
    return JSON.parse(metadata.annotations?.[annotation] ?? 'null');
  } catch {
    return undefined;
  }
}

const AppliedPort = z.object({
  port: z.number(),
  protocol: z.string().exactOptional(),
  targetPort: z.union([z.number(), z.string()]).exactOptional(),
  appProtocol: z.string().exactOptional(),
});
type AppliedPort = z.infer<typeof AppliedPort>;

/** What kubectl keeps of a Service, as far as it matters here. */
const AppliedService = z.object({
  spec: z.object({ selector: z.record(z.string(), z.string()), ports: z.array(AppliedPort).default([]) }),
});
