// SPDX-License-Identifier: Apache-2.0
/* Who may reach whom with the policies of kustomize/tester and docs/security.md, by the labels and ports of the shipped pods. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { type Connection, isAllowed, NetworkPolicy, type Pod } from '../support/network-policies.js';

const Workload = z.object({
  metadata: z.object({ namespace: z.string() }),
  spec: z.object({
    template: z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      spec: z.object({
        containers: z.array(
          z.object({ ports: z.array(z.object({ name: z.string(), containerPort: z.int() })).default([]) }),
        ),
      }),
    }),
  }),
});
const Service = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    selector: z.record(z.string(), z.string()),
    ports: z.array(z.object({ port: z.int(), targetPort: z.union([z.string(), z.int()]) })),
  }),
});

function documents(text: string): readonly unknown[] {
  return parseAllDocuments(text).map((document) => document.toJS() as unknown); // a parse boundary
}

function manifest(file: string): string {
  return readFileSync(`kustomize/${file}`, 'utf8');
}

function podOf(file: string): Pod {
  const { metadata, spec } = Workload.parse(documents(manifest(file))[0]);
  const { metadata: of, spec: pod } = spec.template;
  const ports = pod.containers.flatMap((container) => container.ports.map((port) => [port.name, port.containerPort]));
  return { namespace: metadata.namespace, labels: of.labels, ports: Object.fromEntries(ports) as Pod['ports'] };
}

const page = readFileSync('docs/security.md', 'utf8');
const examples = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text = '']) => text);
const policyTexts = {
  tester: manifest('tester/network-policy.yaml'),
  operator: examples.find((text) => text.includes('kind: NetworkPolicy')) ?? '',
};
const policiesOf = (...texts: readonly string[]) => texts.flatMap(documents).map((one) => NetworkPolicy.parse(one));

const operator = podOf('base/operator/deployment.yaml');
const prometheus = podOf('base/prometheus/deployment.yaml');
const tester = podOf('tester/deployment.yaml');
const app = podOf('podinfo/deployment.yaml');
const skipper: Pod = { namespace: 'kube-system', labels: { application: 'skipper-ingress' }, ports: {} };
const dns: Pod = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' }, ports: {} };
const moved = (pod: Pod, namespace: string): Pod => ({ ...pod, namespace });
const port = (pod: Pod, name = 'http'): number => pod.ports[name] ?? 0;

type Case = readonly [string, Connection, boolean];
const atTester: readonly Case[] = [
  ['the operator reaches the load tester', { from: operator, to: tester, port: port(tester) }, true],
  ['its Prometheus does too', { from: prometheus, to: tester, port: port(tester) }, true],
  ['neither reaches another port of it', { from: operator, to: tester, port: 9090 }, false],
  ['the tested application does not', { from: app, to: tester, port: port(tester) }, false],
  ['another load tester does not', { from: moved(tester, 'other'), to: tester, port: port(tester) }, false],
  ['a pod of another namespace does not', { from: moved(app, 'other'), to: tester, port: port(tester) }, false],
  [
    'a pod beside the operator does not',
    { from: moved(app, operator.namespace), to: tester, port: port(tester) },
    false,
  ],
  [
    'nor does one that borrows the label of the operator',
    { from: moved(operator, 'test'), to: tester, port: port(tester) },
    false,
  ],
  ['nor does Skipper', { from: skipper, to: tester, port: port(tester) }, false],
  ['the load tester reaches Skipper', { from: tester, to: skipper, port: 9999 }, true],
  ['the load tester reaches the application', { from: tester, to: app, port: port(app) }, true],
  ['the load tester reaches names', { from: tester, to: dns, port: 53 }, true],
  ['what is about another pod is as it was', { from: moved(app, 'other'), to: app, port: port(app) }, true],
];
const atOperator: readonly Case[] = [
  ['Prometheus reads the metrics of the operator', { from: prometheus, to: operator, port: port(operator) }, true],
  ['nobody else does', { from: app, to: operator, port: port(operator) }, false],
  ['not even the load tester', { from: tester, to: operator, port: port(operator) }, false],
  ['the operator asks Prometheus', { from: operator, to: prometheus, port: port(prometheus) }, true],
  ['the operator reaches no application', { from: operator, to: app, port: port(app) }, false],
  [
    'the operator reaches a load tester anywhere',
    { from: operator, to: moved(tester, 'other'), port: port(tester) },
    true,
  ],
];

describe('the NetworkPolicy of kustomize/tester', () => {
  const policies = policiesOf(policyTexts.tester);

  it.each(atTester)('%s', (_what, connection, expected) => {
    expect(isAllowed(policies, connection)).toBe(expected);
  });

  it('lets the webhook of the guide through: its Service leads to a port of the load tester that is let through', () => {
    const { metadata, spec } = Service.parse(documents(manifest('tester/service.yaml'))[0]);
    expect(`http://${metadata.name}.${metadata.namespace}`).toBe('http://flagger-loadtester.test');
    expect(tester.labels).toMatchObject(spec.selector);
    const { targetPort } = spec.ports.find((each) => each.port === 80) ?? { targetPort: 0 };
    expect(typeof targetPort === 'string' ? tester.ports[targetPort] : targetPort).toBe(port(tester));
  });
});

describe('the NetworkPolicy of docs/security.md, with that of kustomize/tester', () => {
  const policies = policiesOf(policyTexts.tester, policyTexts.operator);

  it.each([...atTester, ...atOperator])('%s', (_what, connection, expected) => {
    expect(isAllowed(policies, connection)).toBe(expected);
  });
});

describe('a slip in a policy', () => {
  /** Each word that names a label, a value, a namespace or a port, misspelt once. */
  const slips = Object.values(policyTexts).flatMap((text) =>
    [...text.matchAll(/(?:app|flagger-system|flagger-prometheus|flagger-loadtester|flagger|http|8080|9090)\b(?!:\/)/g)]
      .map(({ 0: word, index }) => ({ word, text, index }))
      .filter(({ index }) => isSelecting(text, index)),
  );

  function isSelecting(text: string, index: number): boolean {
    const before = text.slice(0, index);
    return before.includes('\nspec:') && !before.slice(before.lastIndexOf('\n')).includes('#');
  }

  it('is seen, whichever it is', () => {
    expect(slips.length).toBeGreaterThan(15);
    const unseen = slips.filter(({ word, text, index }) => {
      const typo = /^\d+$/.test(word) ? '7070' : `${word}x`;
      const changed = text.slice(0, index) + typo + text.slice(index + word.length);
      const others = Object.values(policyTexts).filter((each) => each !== text);
      const policies = policiesOf(changed, ...others);
      return [...atTester, ...atOperator].every(
        ([, connection, expected]) => isAllowed(policies, connection) === expected,
      );
    });
    expect(unseen).toEqual([]);
  });
});
