// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { DaemonSet, Deployment, Service } from '../../api/kubernetes.js';
import { ownerReferenceOf } from '../../api/names.js';
import { leftBehind } from './left-behind.js';
import { FlaggerNamespace } from '../testing.js';

function aCanaryThatIsGone() {
  const cluster = new FlaggerNamespace('after-promote');
  const target = cluster.get<Deployment>('Deployment', 'podinfo');
  const said = (revertOnDeletion = false): string | undefined =>
    leftBehind(cluster.canary, { ...cluster.spec, revertOnDeletion }, cluster.cache);
  return { cluster, target, said };
}

const start = 'Canary podinfo.test was deleted without spec.revertOnDeletion: Deployment podinfo stays at 0 replicas';

describe('what a deleted Canary leaves behind', () => {
  it('is a target without pods', () => {
    const { cluster, said } = aCanaryThatIsGone();
    const apex = cluster.get<Service>('Service', 'podinfo');
    cluster.put({ ...apex, metadata: { ...apex.metadata, ownerReferences: [ownerReferenceOf(cluster.canary)] } });
    expect(said()).toBe(`${start}; scale it up`);
  });

  it("is further the user's own Service, which leads to pods that go", () => {
    expect(aCanaryThatIsGone().said()).toBe(
      `${start}, Service podinfo still leads to the pods of podinfo-primary, which go with it; scale it up and give the ` +
        'Service its selector back',
    );
  });

  it('is nothing with revertOnDeletion', () => {
    expect(aCanaryThatIsGone().said(true)).toBeUndefined();
  });

  it("is the user's own Service alone when the target has pods", () => {
    const { cluster, target, said } = aCanaryThatIsGone();
    cluster.put({ ...target, spec: { ...target.spec, replicas: 2 } } as Deployment);
    expect(said()).toBe(
      'Canary podinfo.test was deleted without spec.revertOnDeletion: Service podinfo still leads to the pods of ' +
        'podinfo-primary, which go with it; give the Service its selector back',
    );
    const apex = cluster.get<Service>('Service', 'podinfo');
    cluster.put({ ...apex, spec: { ...apex.spec, selector: { app: 'podinfo' } } } as Service);
    expect(said()).toBeUndefined();
  });

  it('is a DaemonSet without pods', () => {
    const { cluster, target } = aCanaryThatIsGone();
    const { template, selector } = target.spec;
    const nodeSelector = { 'flagger.app/scale-to-zero': 'true' };
    const daemonSet: DaemonSet = {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { ...target.metadata, uid: 'daemon' },
      spec: { selector, template: { ...template, spec: { ...template.spec, nodeSelector } } },
    };
    cluster.put(daemonSet);
    const spec = { ...cluster.spec, target: { ...cluster.spec.target, kind: 'DaemonSet' as const } };
    expect(leftBehind(cluster.canary, spec, cluster.cache)).toContain(
      'DaemonSet podinfo keeps the node selector flagger.app/scale-to-zero, with which it has no pods, Service podinfo still',
    );
  });

  it('is nothing when the target goes too, is gone, or is a Service, to which users are led then', () => {
    const { cluster, target, said } = aCanaryThatIsGone();
    const spec = { ...cluster.spec, target: { ...cluster.spec.target, kind: 'Service' as const } };
    expect(leftBehind(cluster.canary, spec, cluster.cache)).toBeUndefined();
    cluster.put({ ...target, metadata: { ...target.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect(said()).toBeUndefined();
    cluster.remove(target);
    expect(said()).toBeUndefined();
  });
});
