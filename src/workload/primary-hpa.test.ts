// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { HorizontalPodAutoscaler } from '../api/kubernetes.js';
import type { AutoscalerRef } from '../api/rollout-spec.js';
import { defined } from '../lib/defined.js';
import { newPrimaryHpa, promotedHpa } from './primary-hpa.js';
import { flaggerState, moments, owner, written } from './test-objects.js';

const autoscaler: AutoscalerRef = { kind: 'HorizontalPodAutoscaler', name: 'podinfo', primaryScalerQueries: {} };
const context = { owner, targetName: 'podinfo', autoscaler };
const target = flaggerState('after-init').get('HorizontalPodAutoscaler', 'podinfo');

function changed(fields: Partial<HorizontalPodAutoscaler['spec']>, metadata = {}): HorizontalPodAutoscaler {
  return { ...target, metadata: { ...target.metadata, ...metadata }, spec: { ...target.spec, ...fields } };
}

describe('newPrimaryHpa', () => {
  it.each(moments)('is the one that Flagger makes, from a Canary that says autoscaling/v2beta2: %s', (moment) => {
    const state = flaggerState(moment);
    const ours = newPrimaryHpa(state.get('HorizontalPodAutoscaler', 'podinfo'), {
      ...context,
      autoscaler: state.spec.autoscaler ?? autoscaler,
    });
    expect(written(ours)).toEqual(written(state.get('HorizontalPodAutoscaler', 'podinfo-primary')));
  });

  it('takes the replicas that the Canary names for the primary', () => {
    const own = { ...context, autoscaler: { ...autoscaler, primaryMinReplicas: 5, primaryMaxReplicas: 9 } };
    expect(newPrimaryHpa(target, own).spec).toMatchObject({ minReplicas: 5, maxReplicas: 9 });
  });

  it('D31: copies labels and annotations, but none that tools keep about the object itself', () => {
    const annotations = {
      'metric-config.pods.rps.json-path/port': '9898',
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
      'argocd.argoproj.io/tracking-id': 'x',
      'helm.toolkit.fluxcd.io/driftDetection': 'x',
    };
    const labels = { team: 'a', 'kustomize.toolkit.fluxcd.io/name': 'x' };
    const { metadata } = newPrimaryHpa(changed({}, { annotations, labels }), context);
    expect(metadata.annotations).toEqual({ 'metric-config.pods.rps.json-path/port': '9898' });
    expect(metadata.labels).toEqual({ team: 'a' });
  });
});

describe('promotedHpa', () => {
  const primary = flaggerState('after-init').get('HorizontalPodAutoscaler', 'podinfo-primary');

  it.each(moments)('D31: changes nothing on what Flagger left: %s', (moment) => {
    const state = flaggerState(moment);
    const live = state.get('HorizontalPodAutoscaler', 'podinfo-primary');
    expect(promotedHpa(live, state.get('HorizontalPodAutoscaler', 'podinfo'), context)).toBeUndefined();
  });

  it.each<[string, HorizontalPodAutoscaler]>([
    ['minReplicas', changed({ minReplicas: 3 })],
    ['maxReplicas', changed({ maxReplicas: 7 })],
    ['metrics', changed({ metrics: [] })],
    ['behavior', changed({ behavior: { scaleDown: {} } })],
    ['labels', changed({}, { labels: { team: 'a' } })],
    ['annotations', changed({}, { annotations: { team: 'a' } })],
  ])('D31: writes what it compares, and then is content: %s', (_name, source) => {
    const written = promotedHpa(primary, source, context);
    expect(written?.metadata.resourceVersion).toBe(primary.metadata.resourceVersion);
    expect(written?.spec.scaleTargetRef.name).toBe('podinfo-primary');
    expect(promotedHpa(written ?? primary, source, context)).toBeUndefined();
  });

  it('takes absent minReplicas for 1', () => {
    const { scaleTargetRef, maxReplicas, metrics } = target.spec;
    const source = { ...target, spec: defined({ scaleTargetRef, maxReplicas, metrics }) };
    const live = { ...primary, spec: { ...primary.spec, minReplicas: 1 } };
    expect(promotedHpa(live, source, context)).toBeUndefined();
  });

  it('S7: leaves an autoscaler alone that the Canary does not own', () => {
    const theirs = { ...primary, metadata: { ...primary.metadata, ownerReferences: [] } };
    expect(promotedHpa(theirs, changed({ maxReplicas: 7 }), context)).toBeUndefined();
  });
});
