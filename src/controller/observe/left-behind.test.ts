// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Deployment, Service } from '../../api/kubernetes.js';
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

  it('is nothing when the target has pods, goes too, or is gone', () => {
    const { cluster, target, said } = aCanaryThatIsGone();
    cluster.put({ ...target, spec: { ...target.spec, replicas: 2 } } as Deployment);
    expect(said()).toBeUndefined();
    cluster.put({ ...target, metadata: { ...target.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect(said()).toBeUndefined();
    cluster.remove(target);
    expect(said()).toBeUndefined();
  });
});
