// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { ControllerRevision, PodTemplate, ReplicaSet } from '../api/kubernetes.js';
import { controllerRevisionTemplates, findTemplate, replicaSetTemplates, withTemplate } from './earlier-template.js';
import { templateHash } from './revision.js';
import { aDaemonSet, aDeployment, aTemplate } from './test-objects.js';

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
    const found = findTemplate(
      replicaSetTemplates([replicaSet('1'), replicaSet('2')], target),
      templateHash(template('1')),
    );
    expect(found).toEqual(template('1'));
  });

  it('R14: finds none when its ReplicaSet is gone, or belongs to another workload', () => {
    const found = (replicaSets: readonly ReplicaSet[]) =>
      findTemplate(replicaSetTemplates(replicaSets, target), templateHash(template('1')));
    expect(found([replicaSet('2')])).toBeUndefined();
    expect(found([replicaSet('1', 'other')])).toBeUndefined();
  });
});

describe('controllerRevisionTemplates', () => {
  const target = aDaemonSet();
  const revision = (data: unknown, ownerUid = 'uid-podinfo'): ControllerRevision => ({
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: 'podinfo-1',
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'podinfo', uid: ownerUid }],
    },
    data,
  });
  const patchOf = (podTemplate: PodTemplate) => ({ spec: { template: { $patch: 'replace', ...podTemplate } } });

  it('R14: finds the promoted template, also one that was scaled to zero then', () => {
    const scaledDown = aTemplate({ ...template('1').spec, nodeSelector: { 'flagger.app/scale-to-zero': 'true' } });
    const revisions = [revision(patchOf(template('2'))), revision(patchOf(scaledDown))];
    const templates = controllerRevisionTemplates(revisions, target);
    expect(findTemplate(templates, templateHash(template('1')))).toEqual(scaledDown);
  });

  it('leaves out what belongs to another workload or cannot be read', () => {
    const unreadable = [undefined, null, 'text', {}, { spec: { template: { spec: {} } } }].map((data) =>
      revision(data),
    );
    expect(controllerRevisionTemplates([revision(patchOf(template('1')), 'other'), ...unreadable], target)).toEqual([]);
  });
});

describe('withTemplate', () => {
  it('changes the template and nothing else', () => {
    const target = aDeployment({ replicas: 3 });
    expect(withTemplate(target, template('9'))).toEqual(aDeployment({ replicas: 3, template: template('9') }));
  });
});
