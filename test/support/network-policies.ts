// SPDX-License-Identifier: Apache-2.0
/** Says what NetworkPolicies let through, for tests: no cluster of the tests has a network plugin that enforces them. */
import { z } from 'zod';
import { labelSelectorOf } from '../../src/sandbox/api-server/selectors/label-selector.js';

/** Strict everywhere: a member that is not evaluated here, or is misspelt, must not pass for one without effect. */
const Selector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z
    .array(
      z.discriminatedUnion('operator', [
        z.strictObject({ key: z.string(), operator: z.enum(['In', 'NotIn']), values: z.array(z.string()).min(1) }),
        z.strictObject({ key: z.string(), operator: z.enum(['Exists', 'DoesNotExist']) }),
      ]),
    )
    .default([]),
});
type Selector = z.infer<typeof Selector>;

const Peer = z
  .strictObject({ podSelector: Selector.optional(), namespaceSelector: Selector.optional() })
  .refine(({ podSelector, namespaceSelector }) => podSelector !== undefined || namespaceSelector !== undefined);
const Port = z.strictObject({
  port: z.union([z.string(), z.int()]).optional(),
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).default('TCP'),
});
const peersAndPorts = { ports: z.array(Port).default([]) };
const Ingress = z.strictObject({ ...peersAndPorts, from: z.array(Peer).default([]) });
const Egress = z.strictObject({ ...peersAndPorts, to: z.array(Peer).default([]) });

/** A NetworkPolicy, without `ipBlock`. */
export const NetworkPolicy = z.object({
  kind: z.literal('NetworkPolicy'),
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.strictObject({
    podSelector: Selector,
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])).optional(),
    ingress: z.array(Ingress).optional(),
    egress: z.array(Egress).optional(),
  }),
});
export type NetworkPolicy = z.infer<typeof NetworkPolicy>;

type Labels = Readonly<Record<string, string>>;

export interface Pod {
  readonly namespace: string;
  readonly labels: Labels;
  /** Container ports by name. */
  readonly ports: Readonly<Record<string, number>>;
}

export interface Connection {
  readonly from: Pod;
  readonly to: Pod;
  /** Container port. */
  readonly port: number;
}

type Direction = 'Ingress' | 'Egress';

/** Whether a TCP connection gets through: both ends must let it. Namespaces have the label of their name, as in any cluster. */
export function isAllowed(policies: readonly NetworkPolicy[], connection: Connection): boolean {
  return passes(policies, 'Egress', connection) && passes(policies, 'Ingress', connection);
}

/** A pod that no policy of a direction selects is open; one that some select lets through what any of them allows. */
function passes(policies: readonly NetworkPolicy[], direction: Direction, connection: Connection): boolean {
  const pod = direction === 'Ingress' ? connection.to : connection.from;
  const selecting = policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.namespace &&
      typesOf(spec).includes(direction) &&
      selects(spec.podSelector, pod.labels),
  );
  return selecting.length === 0 || selecting.some((policy) => lets(policy, direction, connection));
}

function typesOf({ policyTypes, egress }: NetworkPolicy['spec']): readonly Direction[] {
  return policyTypes ?? (egress === undefined ? ['Ingress'] : ['Ingress', 'Egress']);
}

function lets({ metadata, spec }: NetworkPolicy, direction: Direction, { from, to, port }: Connection): boolean {
  const rules =
    direction === 'Ingress'
      ? (spec.ingress ?? []).map((rule) => ({ peers: rule.from, ports: rule.ports, other: from }))
      : (spec.egress ?? []).map((rule) => ({ peers: rule.to, ports: rule.ports, other: to }));
  return rules.some(
    ({ peers, ports, other }) =>
      (peers.length === 0 || peers.some((peer) => isPeer(peer, other, metadata.namespace))) &&
      (ports.length === 0 || ports.some((wanted) => isPort(wanted, to, port))),
  );
}

/** Without a selector of namespaces a peer is in the namespace of the policy. */
function isPeer({ podSelector, namespaceSelector }: z.infer<typeof Peer>, pod: Pod, ownNamespace: string): boolean {
  const isInPlace =
    namespaceSelector === undefined
      ? pod.namespace === ownNamespace
      : selects(namespaceSelector, { 'kubernetes.io/metadata.name': pod.namespace });
  return isInPlace && (podSelector === undefined || selects(podSelector, pod.labels));
}

/** A name is that of a port of the pod that is connected to, in both directions. */
function isPort({ port: wanted, protocol }: z.infer<typeof Port>, to: Pod, port: number): boolean {
  if (protocol !== 'TCP') return false;
  return wanted === undefined || (typeof wanted === 'string' ? to.ports[wanted] : wanted) === port;
}

function selects(selector: Selector, labels: Labels): boolean {
  return labelSelectorOf(selector)(labels);
}
