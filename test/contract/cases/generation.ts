// SPDX-License-Identifier: Apache-2.0
import { expect, it } from '@jest/globals';
import { generationOf, successful, type Bench } from '../bench.js';
import { at } from '../cluster.js';
import {
  apps,
  autoscaling,
  canary,
  configMap,
  core,
  deployment,
  discovery,
  flagger,
  ingress,
  inNamespace,
  networking,
  replicaSet,
  service,
} from '../objects.js';

const label = { metadata: { labels: { a: 'b' } } };
const annotation = { metadata: { annotations: { a: 'b' } } };
const paused = (name: string): object => deployment(name, { paused: true });
const slice = (name: string): object => ({ metadata: { name }, addressType: 'IPv4', endpoints: [] });
const autoscaler = (name: string): object => ({
  metadata: { name },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'none' }, maxReplicas: 2 },
});

type Row = readonly [
  kind: string,
  group: string,
  make: (name: string) => object,
  change: object,
  generation: number | undefined,
];

/** By kind, what a change does to a generation that was 1. */
const rows: readonly Row[] = [
  ['deployments', apps, paused, { spec: { minReadySeconds: 1 } }, 2],
  ['deployments', apps, paused, { spec: { template: { metadata: { annotations: { a: 'b' } } } } }, 2],
  ['deployments', apps, paused, { spec: { paused: true } }, 1],
  ['deployments', apps, paused, label, 1],
  ['deployments', apps, paused, annotation, 2],
  ['deployments', apps, paused, { status: { replicas: 3 } }, 1],
  ['replicasets', apps, replicaSet, { spec: { minReadySeconds: 1 } }, 2],
  ['replicasets', apps, replicaSet, annotation, 1],
  ['ingresses', networking, ingress, { spec: { ingressClassName: 'skipper' } }, 2],
  ['ingresses', networking, ingress, annotation, 1],
  ['ingresses', networking, ingress, label, 1],
  ['endpointslices', discovery, slice, { ports: [{ port: 80 }] }, 2],
  ['endpointslices', discovery, slice, label, 2],
  ['endpointslices', discovery, slice, annotation, 1],
  ['canaries', flagger, canary, { spec: { suspend: true } }, 2],
  ['canaries', flagger, canary, annotation, 1],
  ['canaries', flagger, canary, { status: { phase: 'Failed' } }, 1],
  ['canaries', flagger, canary, { spec: { bogus: true } }, 1],
  ['services', core, service, { spec: { selector: { a: 'b' } } }, undefined],
  ['configmaps', core, configMap, { data: { a: 'b' } }, undefined],
  ['horizontalpodautoscalers', autoscaling, autoscaler, { spec: { maxReplicas: 3 } }, undefined],
];

export function generationCases(bench: Bench): void {
  const cases = rows.map(([kind, group, make, change, generation]) => {
    return { kind, group, make, change, generation, text: JSON.stringify(change) };
  });
  it.each(cases)('$kind changed by $text have generation $generation', async (row) => {
    const { kind, group, make, change, generation } = row;
    const name = bench.name();
    const path = inNamespace(group, kind, bench.namespace);
    const object = await bench.created(path, make(name));
    expect(generationOf(object)).toBe(generation === undefined ? undefined : 1);
    const changed = successful(await bench.client.patch(`${path}/${name}`, 'merge', change));
    expect(generationOf(changed)).toBe(generation);
  });

  it('counts a new template of a DaemonSet in its annotation', async () => {
    const name = bench.name();
    const path = inNamespace(apps, 'daemonsets', bench.namespace);
    const { spec } = replicaSet(name) as { readonly spec: Readonly<Record<string, unknown>> };
    const { replicas: _replicas, ...rest } = spec;
    await bench.created(path, { metadata: { name }, spec: rest });
    const counter = async (): Promise<unknown> =>
      Object.values(at((await bench.client.get(`${path}/${name}`)).body, 'metadata.annotations') as object)[0];
    expect(await counter()).toBe('1');
    successful(await bench.client.patch(`${path}/${name}`, 'merge', { spec: { minReadySeconds: 1 } }));
    expect(await counter()).toBe('1');
    const change = { spec: { template: { metadata: { annotations: { a: 'b' } } } } };
    const changed = successful(await bench.client.patch(`${path}/${name}`, 'merge', change));
    expect(generationOf(changed)).toBe(3);
    expect(await counter()).toBe('2');
  });
}
