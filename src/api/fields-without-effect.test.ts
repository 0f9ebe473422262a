// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { normaliseSpec } from './normalise-spec.js';

type Json = Readonly<Record<string, unknown>>;

function aSpec(changes: Json = {}): Json {
  return {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
    ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'podinfo' },
    service: { port: 80 },
    analysis: { interval: '30s', threshold: 3, stepWeight: 10 },
    ...changes,
  };
}

function warnings(spec: Json): readonly string[] {
  const canary = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', metadata: { name: 'podinfo' }, spec };
  const read = normaliseSpec(canary, { provider: 'skipper', intervalFloorMs: 10_000 });
  return read.kind === 'ok' ? read.warnings : read.problems;
}

function analysis(changes: Json): Json {
  return { analysis: { interval: '30s', threshold: 3, ...changes } };
}

const autoscalerRef = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'podinfo' };
const upstreamRef = { apiVersion: 'gloo.solo.io/v1', kind: 'Upstream', name: 'podinfo' };

describe('fields without effect', () => {
  it('has nothing to say about a Canary for Skipper', () => {
    expect(warnings(aSpec())).toEqual([]);
  });

  it('names all fields of other meshes in one Warning', () => {
    const service = {
      port: 80,
      gateways: ['public'],
      corsPolicy: { allowOrigins: [] },
      timeout: '5s',
      delegation: true,
    };
    expect(warnings(aSpec({ service, upstreamRef }))).toEqual([
      'without effect with provider skipper: spec.upstreamRef, spec.service.timeout, spec.service.gateways, ' +
        'spec.service.delegation, spec.service.corsPolicy; remove them, docs/compatibility.md says why',
    ]);
  });

  it.each<[string, Json]>([
    ['empty lists and maps', { service: { port: 80, gateways: [], headers: {} } }],
    ['switches that are off', { service: { port: 80, delegation: false } }],
    ['empty texts and nulls', { service: { port: 80, timeout: '', retries: null } }],
  ])('takes %s for not set', (_, changes) => {
    expect(warnings(aSpec(changes))).toEqual([]);
  });

  it.each<[string, Json]>([
    [
      'spec.analysis.match (needs iterations)',
      analysis({ stepWeight: 10, match: [{ headers: { a: { exact: 'b' } } }] }),
    ],
    ['spec.analysis.mirrorWeight (needs mirror)', analysis({ stepWeight: 10, mirrorWeight: 20 })],
    ['spec.analysis.stepWeight (iterations replaces it)', analysis({ iterations: 5, stepWeight: 10 })],
    ['spec.analysis.stepWeights (iterations replaces it)', analysis({ iterations: 5, stepWeights: [10] })],
    [
      'spec.autoscalerRef.primaryScalerQueries (needs kind ScaledObject)',
      { autoscalerRef: { ...autoscalerRef, primaryScalerQueries: { load: 'up' } } },
    ],
    ['spec.analysis.sessionAffinity', analysis({ iterations: 5, sessionAffinity: { cookieName: 'a' } })],
    ['spec.analysis.mirror', analysis({ iterations: 5, mirror: true, match: [{ headers: { a: { exact: 'b' } } }] })],
    ['spec.analysis.maxWeight (iterations replaces it)', analysis({ iterations: 5, maxWeight: 50 })],
    ['spec.analysis.maxWeight (stepWeights replaces it)', analysis({ stepWeights: [1, 10], maxWeight: 50 })],
    [
      'spec.analysis.stepWeightPromotion',
      analysis({ iterations: 5, stepWeightPromotion: 10, match: [{ headers: { a: { exact: 'b' } } }] }),
    ],
    [
      'spec.analysis.webhooks of type confirm-traffic-increase',
      analysis({ iterations: 5, webhooks: [{ name: 'gate', type: 'confirm-traffic-increase', url: 'http://gate/' }] }),
    ],
    [
      'spec.analysis.metrics[1].quantile (only of request-duration), ' +
        'spec.analysis.metrics[1].threshold (thresholdRange replaces it)',
      analysis({
        stepWeight: 10,
        metrics: [
          { name: 'request-duration', quantile: 0.99, thresholdRange: { max: 500 } },
          { name: 'request-success-rate', quantile: 0.99, threshold: 99, thresholdRange: { min: 99 } },
        ],
      }),
    ],
    [
      'spec.autoscalerRef (not with a Service as target), ' +
        'spec.progressDeadlineSeconds (not with a Service as target), ' +
        'spec.service.targetPort (not with a Service as target)',
      {
        targetRef: { apiVersion: 'v1', kind: 'Service', name: 'podinfo' },
        autoscalerRef,
        progressDeadlineSeconds: 60,
        service: { port: 80, targetPort: 9898 },
      },
    ],
    ['spec.ingressRef', { provider: 'kubernetes', ...analysis({ iterations: 5 }) }],
    [
      'spec.analysis.mirror, spec.analysis.sessionAffinity, spec.ingressRef',
      { provider: 'kubernetes', ...analysis({ iterations: 5, mirror: true, sessionAffinity: { cookieName: 'a' } }) },
    ],
  ])('names %s', (fields, changes) => {
    expect(warnings(aSpec(changes))[0]).toMatch(/^without effect with provider (skipper|kubernetes): /);
    expect(warnings(aSpec(changes))[0]).toContain(`: ${fields}; remove them`);
  });
});
