// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { PodTemplate, ReplicaSet } from '../api/kubernetes.js';
import { findTemplate, withTemplate } from './replica-set-template.js';
import { templateHash } from './revision.js';
import { aDeployment, aTemplate } from './test-objects.js';

const template = (image: string): PodTemplate => aTemplate({ containers: [{ name: 'app', image }] });

function replicaSet(image: string, ownerUid = 'uid-podinfo'): ReplicaSet {
  const spec = template(image);
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'x', uid: ownerUid, controller: true }];
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: `podinfo-${image}`, ownerReferences },
    spec: {
      selector: {},
      template: { ...spec, metadata: { labels: { ...spec.metadata?.labels, 'pod-template-hash': 'abc' } } },
    },
  };
}

describe('findTemplate', () => {
  const target = aDeployment();

  it('R14: finds the promoted template among those that the target ran', () => {
    const found = findTemplate([replicaSet('1'), replicaSet('2')], target, templateHash(template('1')));
    expect(found).toEqual(template('1'));
  });

  it('R14: finds none when its ReplicaSet is gone, or belongs to another workload', () => {
    expect(findTemplate([replicaSet('2')], target, templateHash(template('1')))).toBeUndefined();
    expect(findTemplate([replicaSet('1', 'other')], target, templateHash(template('1')))).toBeUndefined();
  });
});

describe('withTemplate', () => {
  it('changes the template and nothing else', () => {
    const target = aDeployment({ replicas: 3 });
    expect(withTemplate(target, template('9'))).toEqual(aDeployment({ replicas: 3, template: template('9') }));
  });
});
