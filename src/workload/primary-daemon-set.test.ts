// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { DaemonSet } from '../api/kubernetes.js';
import { scaleToZeroNodeSelector } from '../api/names.js';
import { newPrimaryDaemonSet, promotedDaemonSet, updateStrategyProblem } from './primary-daemon-set.js';
import { TemplateIsNotOfRevision } from './primary-workload.js';
import type { PrimaryContext } from './primary-workload.js';
import { primaryRevision } from './primary-revision.js';
import { flaggerId, revisionOf, templateHash } from './revision.js';
import { aDaemonSet, aTemplate, owner, podinfoLabel } from './test-objects.js';

const contextOf = (target: DaemonSet): PrimaryContext => ({
  owner,
  revision: revisionOf(templateHash(target.spec.template), []),
  selectorLabel: podinfoLabel,
  trackedConfigs: new Set(),
  includeLabelPrefix: [],
});

const image = (tag: string): DaemonSet['spec']['template'] =>
  aTemplate({ containers: [{ name: 'app', image: `podinfo:${tag}` }] });

describe('newPrimaryDaemonSet', () => {
  it('makes the whole primary', () => {
    const target = aDaemonSet({ updateStrategy: { type: 'RollingUpdate' }, minReadySeconds: 3 });
    const context = contextOf(target);
    expect(newPrimaryDaemonSet(target, context)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: {
        name: 'podinfo-primary',
        namespace: 'test',
        labels: { app: 'podinfo-primary' },
        annotations: { 'flagger.app/revision': context.revision },
        ownerReferences: [owner],
      },
      spec: {
        updateStrategy: { type: 'RollingUpdate' },
        minReadySeconds: 3,
        revisionHistoryLimit: 10,
        selector: { matchLabels: { app: 'podinfo-primary' } },
        template: {
          metadata: {
            labels: { app: 'podinfo-primary' },
            annotations: { 'flagger-id': flaggerId(owner.uid, context.revision) },
          },
          spec: { containers: [{ name: 'app', image: 'podinfo:1' }] },
        },
      },
    });
  });

  it('D21: never inherits that the target is scaled to zero, and keeps the rest of its node selector', () => {
    const nodeSelector = { [scaleToZeroNodeSelector]: 'true', disk: 'ssd' };
    const target = aDaemonSet({ template: aTemplate({ nodeSelector }) });
    expect(newPrimaryDaemonSet(target, contextOf(target)).spec.template.spec.nodeSelector).toEqual({ disk: 'ssd' });
    const promoted = promotedDaemonSet(aDaemonSet(), target, contextOf(target));
    expect(promoted.spec.template.spec.nodeSelector).toEqual({ disk: 'ssd' });
  });

  it('D38: rewrites what the template says about its own pods', () => {
    const term = { labelSelector: { matchLabels: { app: 'podinfo' } }, topologyKey: 'kubernetes.io/hostname' };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    const target = aDaemonSet({ template: aTemplate({ affinity }) });
    const { template } = newPrimaryDaemonSet(target, contextOf(target)).spec;
    const [rewritten] = template.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    expect(rewritten?.labelSelector).toEqual({ matchLabels: { app: 'podinfo-primary' } });
  });
});

describe('promotedDaemonSet', () => {
  const primary = aDaemonSet({ minReadySeconds: 9, updateStrategy: { type: 'RollingUpdate' } }, undefined, {
    name: 'podinfo-primary',
    ownerReferences: [owner],
    annotations: { 'deprecated.daemonset.template.generation': '4' },
  });

  it('R2, R3: replaces what follows the target whole, and changes nothing when done twice', () => {
    const target = aDaemonSet({ template: image('2') });
    const context = contextOf(target);
    const once = promotedDaemonSet(primary, target, context);
    expect(promotedDaemonSet(once, target, context)).toEqual(once);
    expect(once.metadata).toMatchObject({
      resourceVersion: '7',
      ownerReferences: [owner],
      annotations: { 'flagger.app/revision': context.revision, 'deprecated.daemonset.template.generation': '4' },
    });
    expect(once.spec.minReadySeconds).toBe(0);
    expect(once.spec.template.spec.containers).toEqual(target.spec.template.spec.containers);
  });

  it('D50: refuses a target that has another template than was analysed', () => {
    expect(() => promotedDaemonSet(primary, aDaemonSet({ template: image('3') }), contextOf(aDaemonSet()))).toThrow(
      TemplateIsNotOfRevision,
    );
  });

  it('R22: the primary that Flagger made from a target now scaled to zero has the revision of that target', () => {
    const scaledDown = aDaemonSet({ template: aTemplate({ nodeSelector: { [scaleToZeroNodeSelector]: 'true' } }) });
    const flaggers = aDaemonSet(
      {
        selector: { matchLabels: { app: 'podinfo-primary' } },
        template: aTemplate({}, { labels: { app: 'podinfo-primary' }, annotations: { 'flagger-id': 'x' } }),
      },
      undefined,
      { name: 'podinfo-primary' },
    );
    const none = new Map<never, never>();
    const facts = { canaryUid: owner.uid, selectorLabel: podinfoLabel, copies: none, sources: none };
    const revision = primaryRevision({ primary: flaggers, target: scaledDown, configTracking: true, ...facts });
    expect(revision).toBe(revisionOf(templateHash(scaledDown.spec.template), []));
  });
});

describe('updateStrategyProblem', () => {
  it.each([
    ['RollingUpdate', undefined],
    ['', undefined],
    [undefined, undefined],
    [
      'OnDelete',
      'createPrimaryDaemonSet failed: daemonset podinfo.test must have RollingUpdate strategy but have OnDelete',
    ],
  ])('%s', (type, expected) => {
    const updateStrategy = type === undefined ? {} : { updateStrategy: { type } };
    expect(updateStrategyProblem(aDaemonSet(updateStrategy))).toBe(expected);
  });
});
