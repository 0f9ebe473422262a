// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Container, Deployment, StringMap } from '../api/kubernetes.js';
import { adoptedPrimary, newPrimaryDeployment, promotedDeployment } from './primary-deployment.js';
import { primaryTemplate } from './pod-template.js';
import { TemplateIsNotOfRevision } from './primary-workload.js';
import type { PrimaryContext } from './primary-workload.js';
import { flaggerId, revisionOf, templateHash } from './revision.js';
import { aDeployment, aTemplate, flaggerState, moments, owner, podinfoLabel, written } from './test-objects.js';
import type { FlaggerState } from './test-objects.js';
import { configFacts, trackedConfigs } from './tracked-configs.js';

function contextOf(target: Deployment, fields: Partial<PrimaryContext> = {}): PrimaryContext {
  return {
    owner,
    revision: revisionOf(templateHash(target.spec.template), []),
    selectorLabel: podinfoLabel,
    trackedConfigs: new Set(),
    includeLabelPrefix: [],
    ...fields,
  };
}

function stateContext(state: FlaggerState, target: Deployment): PrimaryContext {
  const sources = [state.get('ConfigMap', 'podinfo-env'), state.get('Secret', 'podinfo-token')].map(configFacts);
  const { entries } = trackedConfigs(target.spec.template, new Map(sources.map((facts) => [facts.key, facts])));
  return contextOf(target, {
    revision: revisionOf(templateHash(target.spec.template), entries),
    trackedConfigs: new Set(entries.map(({ key }) => key)),
  });
}

/** Flagger's primary as ours would be: its random pod id and its copied annotations are the documented differences. */
function asOurs(flaggers: Deployment, context: PrimaryContext): Deployment {
  const { template } = flaggers.spec;
  const revision = flaggers.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? '';
  return {
    ...flaggers,
    metadata: {
      ...flaggers.metadata,
      annotations: { 'deployment.kubernetes.io/revision': revision, 'flagger.app/revision': context.revision },
    },
    spec: {
      ...flaggers.spec,
      minReadySeconds: 0,
      template: {
        ...template,
        metadata: { ...template.metadata, annotations: { 'flagger-id': flaggerId(owner.uid, context.revision) } },
      },
    },
  };
}

describe('newPrimaryDeployment', () => {
  it('makes the primary that Flagger makes', () => {
    const state = flaggerState('after-init');
    const target = state.get('Deployment', 'podinfo');
    const context = stateContext(state, target);
    const flaggers = asOurs(state.get('Deployment', 'podinfo-primary'), context);
    const ours = written(newPrimaryDeployment(target, context, 2));
    expect(ours).toEqual({
      ...written(flaggers),
      metadata: {
        ...(written(flaggers).metadata as object),
        annotations: { 'flagger.app/revision': context.revision },
      }, // our own fixture
    });
  });

  it.each<[string, number | undefined, number | undefined, number]>([
    ['its own', 3, 2, 3],
    ['the default', undefined, undefined, 1],
    ['the minimum of the autoscaler', 0, 2, 2],
    ['one', 0, undefined, 1],
  ])('D12: takes the replicas of the target, never 0: %s', (_name, replicas, minimum, expected) => {
    const spec = { selector: {}, template: aTemplate(), ...(replicas !== undefined && { replicas }) };
    const target = { ...aDeployment(), spec };
    expect(newPrimaryDeployment(target, contextOf(target), minimum).spec.replicas).toBe(expected);
  });

  it('copies settings of the rollout, and never whether it is paused', () => {
    const strategy = { type: 'Recreate' };
    const spec = { strategy, minReadySeconds: 5, progressDeadlineSeconds: 7, revisionHistoryLimit: 2, paused: true };
    const target = aDeployment({ spec });
    const primary = newPrimaryDeployment(target, contextOf(target), undefined);
    expect(primary.spec).toMatchObject({
      strategy,
      minReadySeconds: 5,
      progressDeadlineSeconds: 7,
      revisionHistoryLimit: 2,
    });
    expect(primary.spec).not.toHaveProperty('paused');
    expect(primary.spec.selector).toEqual({ matchLabels: { app: 'podinfo-primary' } });
  });

  it('D50: copies no template but that of the revision', () => {
    const target = aDeployment({ template: aTemplate({ containers: [{ name: 'app', image: 'unseen' }] }) });
    const context = contextOf(aDeployment());
    expect(() => newPrimaryDeployment(target, context, undefined)).toThrow(TemplateIsNotOfRevision);
    expect(() => promotedDeployment(aDeployment(), target, context, false)).toThrow(/no longer has the template/);
  });
});

describe('D38: metadata of the primary', () => {
  const users = {
    'team/owner': 'a',
    'other/key': 'b',
    'kustomize.toolkit.fluxcd.io/name': 'c',
    'kubectl.kubernetes.io/last-applied-configuration': '{}',
    'deployment.kubernetes.io/revision': '9',
  };
  const live = { 'deployment.kubernetes.io/revision': '4', 'flagger.app/revision': 'old', 'left/over': 'x' };

  it.each<[string, readonly string[], StringMap]>([
    ['no prefix', [], {}],
    ['one prefix', ['team/'], { 'team/owner': 'a' }],
    ['all', ['*'], { 'team/owner': 'a', 'other/key': 'b' }],
  ])('follows one rule at creation and at promotion: %s', (_name, includeLabelPrefix, kept) => {
    const target = aDeployment({ labels: { app: 'podinfo', 'team/owner': 'a', 'other/key': 'b' }, annotations: users });
    const context = contextOf(target, { includeLabelPrefix });
    const annotations = { ...kept, 'flagger.app/revision': context.revision };
    const labels = { ...kept, app: 'podinfo-primary' };
    const created = newPrimaryDeployment(target, context, undefined).metadata;
    expect(created).toEqual({
      name: 'podinfo-primary',
      namespace: 'test',
      labels,
      annotations,
      ownerReferences: [owner],
    });
    const promoted = promotedDeployment(
      aDeployment({ annotations: live, labels: { old: 'x' } }),
      target,
      context,
      false,
    ).metadata;
    expect(promoted.labels).toEqual(labels);
    expect(promoted.annotations).toEqual({ ...annotations, 'deployment.kubernetes.io/revision': '4' });
  });
});

describe('promotedDeployment', () => {
  it('makes the primary that Flagger makes', () => {
    const after = flaggerState('after-promote');
    const target = after.get('Deployment', 'podinfo');
    const context = stateContext(after, target);
    const primary = flaggerState('after-init').get('Deployment', 'podinfo-primary');
    const ours = promotedDeployment(primary, target, context, true);
    const flaggers = asOurs(after.get('Deployment', 'podinfo-primary'), context);
    // The deployment controller counts on after the write.
    const counted = { ...ours.metadata.annotations, 'deployment.kubernetes.io/revision': '2' };
    expect(written({ ...ours, metadata: { ...ours.metadata, annotations: counted } })).toEqual(written(flaggers));
    expect(ours.metadata.resourceVersion).toBe(primary.metadata.resourceVersion);
  });

  it.each(moments)(
    'R3: drops a container and an env variable that the new revision lacks, over the objects of Flagger: %s',
    (moment) => {
      const state = flaggerState(moment);
      const sidecar: Container = { name: 'sidecar', image: 'envoy', env: [{ name: 'X', value: 'y' }] };
      const flaggers = state.get('Deployment', 'podinfo-primary');
      const primary = withContainers(flaggers, (containers) => [...containers, sidecar]);
      const target = withContainers(state.get('Deployment', 'podinfo'), (containers) =>
        containers.map((container) => ({ ...container, image: 'podinfo:new', env: [] })),
      );
      const context = stateContext(state, target);
      const promoted = promotedDeployment(primary, target, context, true);
      const naming = { ...context, targetName: 'podinfo' };
      expect(promoted.spec.template).toEqual(
        primaryTemplate(target.spec.template, naming, flaggerId(owner.uid, context.revision)),
      );
      expect(promoted.spec.template.spec.containers).toEqual([
        expect.objectContaining({
          image: 'podinfo:new',
          env: [],
          envFrom: [{ configMapRef: { name: 'podinfo-env-primary' } }],
        }),
      ]);
    },
  );

  it('gives up a setting that the target gave up', () => {
    const primary = aDeployment({ spec: { minReadySeconds: 30, strategy: { type: 'Recreate' } } });
    const promoted = promotedDeployment(primary, aDeployment(), contextOf(aDeployment()), false);
    expect(promoted.spec.minReadySeconds).toBe(0);
    expect(promoted.spec.strategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' },
    });
  });

  it.each<{ target: number; live: number; hasAutoscaler: boolean; result: number }>`
    target | live | hasAutoscaler | result
    ${3}   | ${5} | ${false}      | ${3}
    ${3}   | ${5} | ${true}       | ${5}
    ${0}   | ${5} | ${false}      | ${5}
    ${0}   | ${0} | ${false}      | ${1}
    ${0}   | ${5} | ${true}       | ${5}
  `(
    'D12: target $target, live $live, autoscaler $hasAutoscaler: $result replicas',
    ({ target, live, hasAutoscaler, result }) => {
      const source = aDeployment({ replicas: target });
      const promoted = promotedDeployment(aDeployment({ replicas: live }), source, contextOf(source), hasAutoscaler);
      expect(promoted.spec.replicas).toBe(result);
    },
  );

  it('R2: changes nothing when done twice, and carries the revision with the template', () => {
    const target = aDeployment({ template: aTemplate({ containers: [{ name: 'app', image: 'podinfo:2' }] }) });
    const context = contextOf(target);
    const once = promotedDeployment(aDeployment({ name: 'podinfo-primary' }), target, context, false);
    expect(promotedDeployment(once, target, context, false)).toEqual(once);
    expect(once.metadata.annotations?.['flagger.app/revision']).toBe(context.revision);
  });

  it('leaves owners, selector, and a pause that somebody put on the primary', () => {
    const selector = { matchLabels: { app: 'podinfo-primary' } };
    const primary = aDeployment({ spec: { selector, paused: true } });
    const owned = { ...primary, metadata: { ...primary.metadata, ownerReferences: [owner] } };
    const promoted = promotedDeployment(owned, aDeployment(), contextOf(aDeployment()), false);
    expect(promoted.metadata.ownerReferences).toEqual([owner]);
    expect(promoted.spec).toMatchObject({ selector, paused: true });
  });
});

describe('adoptedPrimary', () => {
  it('adds the revision and nothing else', () => {
    const primary = flaggerState('after-promote').get('Deployment', 'podinfo-primary');
    const { revision } = contextOf(primary);
    const adopted = adoptedPrimary(primary, revision);
    expect(adopted.metadata.annotations).toEqual({ ...primary.metadata.annotations, 'flagger.app/revision': revision });
    expect({ ...adopted, metadata: { ...adopted.metadata, annotations: primary.metadata.annotations } }).toEqual(
      primary,
    );
  });
});

function withContainers(
  deployment: Deployment,
  change: (containers: readonly Container[]) => readonly Container[],
): Deployment {
  const { spec } = deployment;
  const { template } = spec;
  const containers = change(template.spec.containers);
  return { ...deployment, spec: { ...spec, template: { ...template, spec: { ...template.spec, containers } } } };
}
