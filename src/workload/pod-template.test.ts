// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Container, KeyReference, LabelSelector, PodSpec, PodTemplate } from '../api/kubernetes.js';
import type { ConfigKey } from './config-references.js';
import { primaryTemplate, promotedTemplate } from './pod-template.js';
import type { PrimaryNaming } from './pod-template.js';
import { templateHash } from './revision.js';
import { aTemplate, podinfoLabel } from './test-objects.js';

const naming: PrimaryNaming = {
  targetName: 'podinfo-deployment',
  selectorLabel: podinfoLabel,
  trackedConfigs: new Set<ConfigKey>(['configmap/env', 'secret/token']),
};

describe('primaryTemplate', () => {
  it('renames the selector label and puts the id in', () => {
    const template = aTemplate(
      {},
      { labels: { tier: 'web', 'app.kubernetes.io/name': 'podinfo' }, annotations: { a: 'b' } },
    );
    expect(primaryTemplate(template, naming, 'id').metadata).toEqual({
      labels: { app: 'podinfo-primary', tier: 'web', 'app.kubernetes.io/name': 'podinfo' },
      annotations: { a: 'b', 'flagger-id': 'id' },
    });
  });

  it('leaves keys of Flux and an id of the target behind', () => {
    const annotations = { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled', 'flagger-id': 'old' };
    const template = aTemplate({}, { labels: { 'helm.toolkit.fluxcd.io/name': 'x' }, annotations });
    const { labels, annotations: result } = primaryTemplate(template, naming, 'new').metadata!;
    expect(labels).toEqual({ app: 'podinfo-primary' });
    expect(result).toEqual({ 'flagger-id': 'new' });
  });

  it('renames tracked configs and no others', () => {
    const from = (configMap: string, secret: string): Container => ({
      name: 'app',
      envFrom: [{ configMapRef: { name: configMap } }, { secretRef: { name: secret } }],
    });
    const template = aTemplate({
      containers: [from('env', 'token'), from('token', 'env')],
      initContainers: [from('env', 'other')],
    });
    const { containers, initContainers } = primaryTemplate(template, naming, 'id').spec;
    expect(containers).toEqual([from('env-primary', 'token-primary'), from('token', 'env')]);
    expect(initContainers).toEqual([from('env-primary', 'other')]);
  });

  it('D21: never inherits the entry that scales a DaemonSet to zero', () => {
    const template = aTemplate({ nodeSelector: { disk: 'ssd', 'flagger.app/scale-to-zero': 'true' } });
    expect(primaryTemplate(template, naming, 'id').spec.nodeSelector).toEqual({ disk: 'ssd' });
  });

  describe('D38: what the template says about its own pods', () => {
    const own: LabelSelector = {
      matchLabels: { app: 'podinfo', tier: 'podinfo' },
      matchExpressions: [
        { key: 'app', operator: 'In', values: ['podinfo', 'other'] },
        { key: 'name', operator: 'In', values: ['podinfo', 'podinfo-deployment'] },
        { key: 'app', operator: 'Exists' },
      ],
    };
    const ofPrimary: LabelSelector = {
      matchLabels: { app: 'podinfo-primary', tier: 'podinfo' },
      matchExpressions: [
        { key: 'app', operator: 'In', values: ['podinfo-primary', 'other'] },
        { key: 'name', operator: 'In', values: ['podinfo', 'podinfo-deployment'] },
        { key: 'app', operator: 'Exists' },
      ],
    };

    const everywhere = (labelSelector: LabelSelector): Partial<PodSpec> => {
      const term = { labelSelector, topologyKey: 'kubernetes.io/hostname' };
      const affinity = {
        requiredDuringSchedulingIgnoredDuringExecution: [term],
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term }],
      };
      return {
        affinity: { podAffinity: affinity, podAntiAffinity: affinity, nodeAffinity: { x: own } },
        topologySpreadConstraints: [{ labelSelector, ...{ maxSkew: 1 } }, {}],
      };
    };

    it('speaks of the primary pods, by the value of the selector label, in affinity, anti-affinity and spread', () => {
      const result = primaryTemplate(aTemplate(everywhere(own)), naming, 'id');
      expect(result.spec).toEqual(aTemplate(everywhere(ofPrimary)).spec);
    });

    it('is undone', () => {
      const result = promotedTemplate(aTemplate(everywhere(ofPrimary)), naming);
      expect(result.spec).toEqual(aTemplate(everywhere(own)).spec);
    });

    it('is undone as Flagger writes it, by the name of the Deployment', () => {
      const term = (value: string): Partial<PodSpec> => ({
        topologySpreadConstraints: [{ labelSelector: { matchLabels: { name: value } } }],
      });
      const result = promotedTemplate(aTemplate(term('podinfo-deployment-primary')), naming);
      expect(result.spec).toEqual(aTemplate(term('podinfo-deployment')).spec);
    });
  });
});

describe('promotedTemplate', () => {
  it('gives back a template with the hash of the one that the primary was made from', () => {
    fc.assert(
      fc.property(anyTemplate, (template) => {
        const primary = primaryTemplate(template, naming, 'some-id');
        expect(templateHash(promotedTemplate(primary, naming))).toBe(templateHash(template));
      }),
    );
  });

  it('leaves names that merely end in -primary', () => {
    const template = aTemplate({ volumes: [{ name: 'v', configMap: { name: 'other-primary' } }] });
    expect(promotedTemplate(template, naming).spec).toEqual(template.spec);
  });
});

const configName = fc.constantFrom('env', 'token', 'other', 'env-x', 'primary');
const reference: fc.Arbitrary<KeyReference> = fc.record(
  { name: configName, key: fc.string(), optional: fc.boolean() },
  { requiredKeys: ['name'] },
);
const selectorValue = fc.constantFrom('podinfo', 'podinfo-deployment', 'other');
const selectorKey = fc.constantFrom('app', 'name', 'tier');
const labelSelector: fc.Arbitrary<LabelSelector> = fc.record(
  {
    matchLabels: fc.dictionary(selectorKey, selectorValue),
    matchExpressions: fc.array(
      fc.record({ key: selectorKey, operator: fc.constant('In'), values: fc.array(selectorValue) }),
    ),
  },
  { requiredKeys: [] },
);
const term = fc.record({ labelSelector }, { requiredKeys: [] });
const podAffinity = fc.record(
  {
    requiredDuringSchedulingIgnoredDuringExecution: fc.array(term),
    preferredDuringSchedulingIgnoredDuringExecution: fc.array(fc.record({ podAffinityTerm: term })),
  },
  { requiredKeys: [] },
);
const container: fc.Arbitrary<Container> = fc.record(
  {
    name: fc.constantFrom('app', 'sidecar'),
    env: fc.array(
      fc.record({
        name: fc.string(),
        valueFrom: fc.record({ configMapKeyRef: reference, secretKeyRef: reference }, { requiredKeys: [] }),
      }),
    ),
    envFrom: fc.array(fc.record({ configMapRef: reference, secretRef: reference }, { requiredKeys: [] })),
  },
  { requiredKeys: ['name'] },
);
const keys = fc.constantFrom('a', 'tier', 'helm.toolkit.fluxcd.io/name', 'flagger-id');
const anyTemplate: fc.Arbitrary<PodTemplate> = fc
  .record({
    annotations: fc.option(fc.dictionary(keys, fc.string()), { nil: undefined }),
    labels: fc.dictionary(fc.constantFrom('tier', 'name', 'kustomize.toolkit.fluxcd.io/name'), fc.string()),
    spec: fc.record(
      {
        containers: fc.array(container),
        initContainers: fc.array(container),
        volumes: fc.array(
          fc.record(
            {
              name: fc.string(),
              configMap: reference,
              secret: fc.record({ secretName: configName }, { requiredKeys: [] }),
              projected: fc.record(
                { sources: fc.array(fc.record({ configMap: reference, secret: reference }, { requiredKeys: [] })) },
                { requiredKeys: [] },
              ),
            },
            { requiredKeys: ['name'] },
          ),
        ),
        nodeSelector: fc.dictionary(fc.constantFrom('disk', 'flagger.app/scale-to-zero'), fc.string()),
        affinity: fc.record({ podAffinity, podAntiAffinity: podAffinity }, { requiredKeys: [] }),
        topologySpreadConstraints: fc.array(term),
      },
      { requiredKeys: ['containers'] },
    ),
  })
  .map(({ annotations, labels, spec }) => ({
    metadata: { labels: { ...labels, app: 'podinfo' }, ...(annotations !== undefined && { annotations }) },
    spec,
  }));
