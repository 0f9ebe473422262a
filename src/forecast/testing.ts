// SPDX-License-Identifier: Apache-2.0
import { Registry } from 'prom-client';
import { stringify } from 'yaml';
import { createMetrics } from '../observability/index.js';
import { forecast } from './forecast.js';
import { readManifests } from './manifests.js';
import type { OperatorFlags } from './operator-flags.js';
import { Forecast, type Refusal } from './report.js';
import { goodRevision, type Scenario } from './scenario.js';

/** The operator's defaults. */
const flags: OperatorFlags = {
  meshProvider: 'skipper',
  analysisIntervalFloorMs: 10_000,
  settleTimeMs: 5_000,
  selectorLabels: ['app', 'name', 'app.kubernetes.io/name'],
  enableConfigTracking: true,
};

const metrics = createMetrics(new Registry());

/** Foretells a rollout by the manifests of a text. */
export function foretold(
  text: string,
  scenario: Partial<Scenario> = {},
  overrides: Partial<OperatorFlags> = {},
): Promise<Forecast | Refusal> {
  return forecast({
    manifests: readManifests(text),
    metrics,
    scenario: { ...goodRevision, ...scenario },
    flags: { ...flags, ...overrides },
  });
}

/** The same of a Canary of which there is one; checked by the schema that is promised. @throws Error with its problems */
export async function told(...parameters: Parameters<typeof foretold>): Promise<Forecast> {
  const result = await foretold(...parameters);
  if ('problems' in result) throw new Error(result.problems.join('; '));
  return Forecast.parse(result);
}

/** A Canary in YAML with an analysis of one's own. */
export function canaryText(analysis: object, spec: object = {}): string {
  return stringify({
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: 'podinfo', namespace: 'test' },
    spec: {
      provider: 'skipper',
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
      ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'podinfo' },
      service: { port: 80, targetPort: 9898 },
      analysis: { interval: '10s', threshold: 3, ...analysis },
      ...spec,
    },
  });
}

/** The documents of a text with some more. */
export function withObjects(text: string, ...objects: readonly object[]): string {
  return [text, ...objects.map((object) => stringify(object))].join('\n---\n');
}
