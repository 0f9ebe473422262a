// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Canary } from '../../api/canary.js';
import { specObstacles } from './spec-obstacles.js';
import { SpecReader } from '../cluster/spec-reader.js';
import { anEmptyCache } from '../testing.js';

interface CanaryParts {
  readonly name: string;
  readonly target?: string;
  readonly ingress?: string;
  readonly age?: number;
  readonly analysis?: object;
}

function aCanary({ name, target = name, ingress = name, age = 0, analysis = {} }: CanaryParts): Canary {
  return {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: {
      name,
      namespace: 'test',
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: `2026-01-01T00:00:${String(age).padStart(2, '0')}Z`,
    },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target },
      ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: ingress },
      service: { port: 80 },
      analysis: { interval: '1m', threshold: 1, stepWeight: 10, ...analysis },
    },
  };
}

function obstaclesOf(canary: Canary, others: readonly Canary[] = [], noCrossNamespaceRefs = false): readonly string[] {
  const cache = anEmptyCache();
  for (const each of [canary, ...others]) cache.canaries.admit(each);
  const specs = new SpecReader({ provider: 'skipper', intervalFloorMs: 10_000 });
  const read = specs.read(canary);
  if (read.kind === 'invalid') return read.problems;
  return specObstacles(canary, read.spec, { cache, specs, settings: { noCrossNamespaceRefs } });
}

const foreignReferences = {
  metrics: [{ name: 'latency', templateRef: { name: 'latency', namespace: 'shared' } }],
  alerts: [{ name: 'chat', providerRef: { name: 'chat', namespace: 'shared' } }],
};

describe('specObstacles', () => {
  it('D55: lets only the older of two Canaries on one target run, and says so on the younger', () => {
    const older = aCanary({ name: 'older', target: 'app' });
    const younger = aCanary({ name: 'younger', target: 'app', age: 1 });
    expect(obstaclesOf(older, [younger])).toEqual([]);
    expect(obstaclesOf(younger, [older])).toEqual([
      'Deployment app.test is already the target of the older Canary older.test, which alone is worked on; delete one of the two',
    ]);
  });

  it('lets only the older of two Canaries on one Ingress run', () => {
    const older = aCanary({ name: 'older', ingress: 'app' });
    const younger = aCanary({ name: 'younger', ingress: 'app', age: 1 });
    expect(obstaclesOf(younger, [older])).toEqual([
      'Ingress app.test is already the ingressRef of the older Canary older.test, which alone is worked on; delete one of the two',
    ]);
  });

  it('D29: blocks references to other namespaces when they are forbidden, at every look', () => {
    const canary = aCanary({ name: 'app', analysis: foreignReferences });
    expect(obstaclesOf(canary)).toEqual([]);
    expect(obstaclesOf(canary, [], true)).toEqual([
      "can't access metric template latency.shared, cross-namespace references are blocked",
      "can't access alert provider chat.shared, cross-namespace references are blocked",
    ]);
  });
});

describe('SpecReader', () => {
  it('reads each object once', () => {
    const specs = new SpecReader({ provider: 'skipper', intervalFloorMs: 10_000 });
    const canary = aCanary({ name: 'app' });
    expect(specs.read(canary)).toBe(specs.read(canary));
    expect(specs.read({ ...canary })).toEqual(specs.read(canary));
  });
});
