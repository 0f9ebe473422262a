// SPDX-License-Identifier: Apache-2.0
/* Renders what docs/strategies.md shows: the Canary of each section and the Ingresses that it leads to. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { normaliseSpec } from '../src/api/normalise-spec.js';
import {
  ownerReferenceOf,
  skipperFilterAnnotation,
  skipperPredicateAnnotation,
  skipperWeightsAnnotation,
} from '../src/api/names.js';
import type { Canary } from '../src/api/canary.js';
import type { Ingress } from '../src/api/kubernetes.js';
import type { Action } from '../src/rollout/index.js';
import type { SessionCookies } from '../src/skipper/index.js';
import { checkSplit, splitOf } from '../src/skipper/index.js';
import { wantedRoutes } from '../src/controller/observe/wanted-routes.js';

const page = readFileSync('docs/strategies.md', 'utf8');
const sections = new Map(page.split('\n## ').map((text) => [text.slice(0, text.indexOf('\n')), text]));

const apex: Ingress = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'podinfo', namespace: 'test' },
  spec: {
    rules: [
      {
        host: 'app.example.com',
        http: {
          paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'podinfo', port: { number: 80 } } } }],
        },
      },
    ],
  },
};

function ingressesOf(canary: Canary, action: Partial<Action>, cookies: SessionCookies): readonly Ingress[] {
  const read = normaliseSpec(canary, { provider: 'skipper', intervalFloorMs: 10_000 });
  if (read.kind === 'invalid') throw new Error(read.problems.join('; '));
  const { spec, warnings } = read;
  expect([warnings, checkSplit(apex, 'podinfo', spec)]).toEqual([[], { problems: [], warnings: [] }]);
  const parts = {
    apexIngress: apex,
    apexUsable: true,
    canaryIngress: undefined,
    helperIngresses: new Map(),
    owner: ownerReferenceOf(canary),
    spec,
    shape: 'shape',
    split: splitOf(spec, cookies),
  };
  return wantedRoutes(parts, {
    action: { canaryWeight: 0, enabled: true, ...action, kind: 'setRoutes' },
    nowMs: 0,
    excludedMetadata: [],
    newToken: () => 'b7e0c9d4-5f1a-4c2e-9d83-6a0f1e2b3c4d',
  }).writes;
}

/** A line of a table as the page has it. */
function row({ metadata: { name, annotations = {} }, spec }: Ingress): string {
  const services = (spec.rules ?? []).flatMap((rule) =>
    (rule.http?.paths ?? []).map(({ backend }) => backend.service?.name ?? ''),
  );
  const weights = new Map(Object.entries(parse(annotations[skipperWeightsAnnotation] ?? '{}') as object));
  const shares = services.length === 1 ? services : services.map((service) => `${service} ${weights.get(service)}`);
  const code = (text: string | undefined): string => (text === undefined ? '' : `\`${text}\``);
  const cells = [
    name,
    code(annotations[skipperPredicateAnnotation]),
    code(annotations[skipperFilterAnnotation]),
    shares.join(', '),
  ];
  return `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |');
}

function canaryOf(section: string): Canary {
  return parse(/```yaml\n(.*?)```/s.exec(section)?.[1] ?? '') as Canary; // checked by normaliseSpec
}

describe('docs/strategies.md', () => {
  it.each<[string, Partial<Action>, SessionCookies]>([
    ['A/B testing', { canaryWeight: 100 }, {}],
    ['Blue/green', { canaryWeight: 100 }, {}],
    ['Mirroring', { mirror: 'on' }, {}],
    [
      'Session affinity',
      { canaryWeight: 20 },
      {
        sessionAffinityCookie: 'podinfo-version=8d2f6c1a90b37e45',
        primarySessionAffinityCookie: 'podinfo-stable=1b7c90e2f6a3d854',
      },
    ],
  ])('shows a Canary for %s and its Ingresses', (title, action, cookies) => {
    const section = sections.get(title) ?? '';
    const [table = ''] = /^\| Ingress \|.*?\n\n/ms.exec(section) ?? [];
    expect(table.trim().split('\n').slice(2)).toEqual(ingressesOf(canaryOf(section), action, cookies).map(row));
  });

  it('shows a Canary for provider kubernetes that is read as it stands', () => {
    const canary = canaryOf(sections.get('Provider kubernetes') ?? '');
    const read = normaliseSpec(canary, { provider: 'skipper', intervalFloorMs: 10_000 });
    expect(read).toMatchObject({ kind: 'ok', spec: { provider: 'kubernetes' }, warnings: [] });
  });
});
