// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { ScaledObject } from '../api/kubernetes.js';
import { pausedReplicasAnnotation } from '../api/names.js';
import type { AutoscalerRef } from '../api/rollout-spec.js';
import { isPausedAtZero, newPrimaryScaledObject, pausePatch, promotedScaledObject } from './scaled-object.js';
import { owner } from './test-objects.js';

const query = 'sum(rate(http_requests_total{app="podinfo"}[30s]))';

function aScaledObject(spec: object = {}, metadata: Partial<ScaledObject['metadata']> = {}): ScaledObject {
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name: 'podinfo-so', namespace: 'test', resourceVersion: '4', ...metadata },
    spec: {
      scaleTargetRef: { name: 'podinfo' },
      minReplicaCount: 1,
      maxReplicaCount: 3,
      triggers: [{ type: 'prometheus', name: 'load', metadata: { serverAddress: 'http://prometheus', query } }],
      ...spec,
    },
  };
}

const contextOf = (autoscaler: Partial<AutoscalerRef> = {}) => ({
  owner,
  targetName: 'podinfo',
  autoscaler: { kind: 'ScaledObject', name: 'podinfo-so', primaryScalerQueries: {}, ...autoscaler } as const,
});

const queriesOf = ({ spec }: ScaledObject) => spec.triggers?.map(({ metadata }) => metadata?.query);

describe('newPrimaryScaledObject', () => {
  it('makes the whole primary scaler', () => {
    expect(newPrimaryScaledObject(aScaledObject(), contextOf())).toEqual({
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: {
        name: 'podinfo-so-primary',
        namespace: 'test',
        labels: {},
        annotations: {},
        ownerReferences: [owner],
      },
      spec: {
        scaleTargetRef: { name: 'podinfo-primary' },
        minReplicaCount: 1,
        maxReplicaCount: 3,
        advanced: { horizontalPodAutoscalerConfig: {} },
        triggers: [
          {
            type: 'prometheus',
            name: 'load',
            metadata: { serverAddress: 'http://prometheus', query: query.replace('"podinfo"', '"podinfo-primary"') },
          },
        ],
      },
    });
  });

  it('D32: copies fields that are not known here, at every depth', () => {
    const newer = {
      fallback: { failureThreshold: 3, behavior: 'currentReplicas' },
      advanced: { scalingModifiers: { formula: 'x' }, horizontalPodAutoscalerConfig: { name: 'hpa', behavior: {} } },
      triggers: [{ type: 'cron', useCachedMetrics: true, authenticationRef: { name: 'a' }, metadata: { start: '8' } }],
      scaleTargetRef: { name: 'podinfo', envSourceContainerName: 'app' },
      initialCooldownPeriod: 9,
    };
    const { spec } = newPrimaryScaledObject(aScaledObject(newer), contextOf());
    expect(spec).toMatchObject({
      ...newer,
      advanced: {
        scalingModifiers: { formula: 'x' },
        horizontalPodAutoscalerConfig: { name: 'hpa-primary', behavior: {} },
      },
      scaleTargetRef: { name: 'podinfo-primary', envSourceContainerName: 'app' },
    });
  });

  it('D21: is not paused although the target is, and carries over who owns the HPA, but nothing of tools', () => {
    const { metadata } = newPrimaryScaledObject(
      aScaledObject(
        {},
        {
          labels: { team: 'blue', 'scaledobject.keda.sh/name': 'podinfo-so', 'kustomize.toolkit.fluxcd.io/name': 'x' },
          annotations: {
            [pausedReplicasAnnotation]: '0',
            'scaledobject.keda.sh/transfer-hpa-ownership': 'true',
            'kubectl.kubernetes.io/last-applied-configuration': '{}',
          },
        },
      ),
      contextOf(),
    );
    expect(metadata.labels).toEqual({ team: 'blue' });
    expect(metadata.annotations).toEqual({ 'scaledobject.keda.sh/transfer-hpa-ownership': 'true' });
  });

  it('takes bounds and queries of the Canary', () => {
    const spec = {
      triggers: [
        { type: 'prometheus', name: 'load', metadata: { query } },
        { type: 'prometheus', name: 'other', metadata: { query } },
      ],
    };
    const primary = newPrimaryScaledObject(
      aScaledObject(spec),
      contextOf({ primaryScalerQueries: { load: 'mine' }, primaryMinReplicas: 2, primaryMaxReplicas: 9 }),
    );
    expect(primary.spec).toMatchObject({ minReplicaCount: 2, maxReplicaCount: 9 });
    expect(queriesOf(primary)).toEqual(['mine', query]);
  });

  it.each([
    ['up{job="podinfo-canary"}', 'up{job="podinfo-primary"}'],
    ['up{job="podinfo-primary"}', 'up{job="podinfo-primary"}'],
    [
      'up{pod=~"podinfo-[0-9a-z]+"} / up{job="podinfo"}',
      'up{pod=~"podinfo-primary-[0-9a-z]+"} / up{job="podinfo-primary"}',
    ],
    ['podinfo_requests_total{app="podinfo"}', 'podinfo_requests_total{app="podinfo-primary"}'],
    ['up{app="my_podinfo"}', 'up{app="my_podinfo"}'],
    ['up', 'up'],
  ])('asks about the primary: %s', (text, expected) => {
    const triggers = [{ type: 'prometheus', metadata: { query: text } }, { type: 'cpu' }];
    expect(queriesOf(newPrimaryScaledObject(aScaledObject({ triggers }), contextOf()))).toEqual([expected, undefined]);
  });

  it('takes a name with a dot for what it is', () => {
    const triggers = [{ type: 'prometheus', metadata: { query: 'up{a="my.app",b="myxapp"}' } }];
    const primary = newPrimaryScaledObject(aScaledObject({ triggers }), { ...contextOf(), targetName: 'my.app' });
    expect(queriesOf(primary)).toEqual(['up{a="my.app-primary",b="myxapp"}']);
  });
});

describe('promotedScaledObject', () => {
  const target = aScaledObject({}, { labels: { team: 'blue' } });
  const live: ScaledObject = {
    ...newPrimaryScaledObject(target, contextOf()),
    metadata: {
      ...newPrimaryScaledObject(target, contextOf()).metadata,
      labels: { team: 'blue', 'scaledobject.keda.sh/name': 'podinfo-so-primary' },
      resourceVersion: '8',
      finalizers: ['finalizer.keda.sh'],
    },
  };

  it('is left alone when nothing changed', () => {
    expect(promotedScaledObject(live, target, contextOf())).toBeUndefined();
  });

  it('D32: follows the target, with its labels, and keeps what KEDA wrote on it', () => {
    const changed = aScaledObject({ maxReplicaCount: 7 }, { labels: { team: 'red' } });
    const promoted = promotedScaledObject(live, changed, contextOf());
    expect(promoted?.spec.maxReplicaCount).toBe(7);
    expect(promoted?.metadata).toMatchObject({
      labels: { team: 'red', 'scaledobject.keda.sh/name': 'podinfo-so-primary' },
      resourceVersion: '8',
      finalizers: ['finalizer.keda.sh'],
    });
  });

  it('S7: is left alone when it is not ours', () => {
    const foreign = { ...live, metadata: { ...live.metadata, ownerReferences: [] } };
    expect(promotedScaledObject(foreign, aScaledObject({ maxReplicaCount: 7 }), contextOf())).toBeUndefined();
  });
});

describe('pausing the target', () => {
  it.each([
    [true, '0'],
    [false, null],
  ])('D32: patches nothing but the annotation: paused %s', (paused, value) => {
    expect(pausePatch(aScaledObject(), paused)).toEqual({
      metadata: { resourceVersion: '4', annotations: { [pausedReplicasAnnotation]: value } },
    });
  });

  it.each([
    ['0', true],
    ['4', false],
    [undefined, false],
  ])('is seen by its annotation: %s', (value, expected) => {
    const annotations = value === undefined ? {} : { [pausedReplicasAnnotation]: value };
    expect(isPausedAtZero(aScaledObject({}, { annotations }))).toBe(expected);
  });
});
