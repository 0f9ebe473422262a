// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { ConfigMap, Deployment, Secret } from '../api/kubernetes.js';
import { primaryConfig } from './primary-config.js';
import { adoptedPrimary, promotedDeployment } from './primary-deployment.js';
import { configCopies, copiedConfigKeys, copiesInUse, primaryRevision, templateDrift } from './primary-revision.js';
import type { PrimaryFacts } from './primary-revision.js';
import { isRevision, revisionOf, templateHash, templateHashOf } from './revision.js';
import type { Revision } from './revision.js';
import { aConfigMap, aDeployment, aTemplate, flaggerState, owner, podinfoLabel } from './test-objects.js';
import { configCopyFacts, configFacts, trackedConfigs } from './tracked-configs.js';

type Config = ConfigMap | Secret;

function factsOf(
  primary: Deployment,
  target: Deployment,
  sources: readonly Config[],
  copies: readonly Config[],
): PrimaryFacts {
  return {
    primary,
    target,
    canaryUid: owner.uid,
    selectorLabel: podinfoLabel,
    sources: new Map(sources.map(configFacts).map((facts) => [facts.key, facts])),
    copies: new Map(copies.map(configCopyFacts).map((facts) => [facts.key, facts])),
    configTracking: true,
  };
}

function revisionOfTarget({ target, sources }: PrimaryFacts): Revision {
  return revisionOf(templateHash(target.spec.template), trackedConfigs(target.spec.template, sources).entries);
}

function flaggerFacts(moment: Parameters<typeof flaggerState>[0]): PrimaryFacts {
  const state = flaggerState(moment);
  return factsOf(
    state.get('Deployment', 'podinfo-primary'),
    state.get('Deployment', 'podinfo'),
    [state.get('ConfigMap', 'podinfo-env'), state.get('Secret', 'podinfo-token')],
    [state.get('ConfigMap', 'podinfo-env-primary'), state.get('Secret', 'podinfo-token-primary')],
  );
}

describe('primaryRevision of a primary that Flagger made', () => {
  it.each(['after-init', 'after-promote'] as const)(
    'R1: is that of the target, so that no rollout starts: %s',
    (moment) => {
      const facts = flaggerFacts(moment);
      expect(primaryRevision(facts)).toBe(revisionOfTarget(facts));
    },
  );

  it.each(['after-rollback', 'mid-rollout-weight-20'] as const)(
    'is the promoted one, not that of the target: %s',
    (moment) => {
      const facts = flaggerFacts(moment);
      expect(primaryRevision(facts)).not.toBe(revisionOfTarget(facts));
      expect(primaryRevision(facts)).toBe(revisionOfTarget(flaggerFacts('after-promote')));
    },
  );

  it('differs from the target when only a config differs', () => {
    const facts = flaggerFacts('after-promote');
    const changed = aConfigMap({ data: { MESSAGE: 'new' } }, { name: 'podinfo-env' });
    const sources = new Map([...facts.sources, ['configmap/podinfo-env', configFacts(changed)] as const]);
    const seen = { ...facts, sources };
    expect(primaryRevision(seen)).not.toBe(revisionOfTarget(seen));
    expect(templateHashOf(primaryRevision(seen)!)).toBe(templateHashOf(revisionOfTarget(seen)));
  });

  it('is that of the target although its copies lost their owner with an earlier Canary', () => {
    const facts = flaggerFacts('after-promote');
    expect(primaryRevision({ ...facts, canaryUid: 'a-new-uid' })).toBe(revisionOfTarget(facts));
  });

  it('R1: takes binaryData for promoted, which Flagger copied never', () => {
    const source = aConfigMap({ data: { a: 'b' }, binaryData: { f: 'AA==' } });
    const copy = aConfigMap({ data: { a: 'b' } }, { name: 'env-primary', ownerReferences: [owner] });
    const mounting = (name: string) => aTemplate({ volumes: [{ name: 'v', configMap: { name } }] });
    const primary = aDeployment({ name: 'podinfo-primary', template: mounting('env-primary') });
    const facts = factsOf(primary, aDeployment({ template: mounting('env') }), [source], [copy]);
    expect(primaryRevision(facts)).toBe(revisionOfTarget(facts));
  });

  it('is that of the target when config tracking was off and stays off', () => {
    const state = flaggerState('after-promote');
    const target = state.get('Deployment', 'podinfo');
    const facts = { ...factsOf(target, target, [], []), configTracking: false };
    expect(primaryRevision(facts)).toBe(revisionOf(templateHash(target.spec.template), []));
  });

  it('is that of the target although the target speaks of pods and configs named like those of the primary', () => {
    const template = aTemplate({
      volumes: [
        { name: 'a', configMap: { name: 'env' } },
        { name: 'b', configMap: { name: 'env-primary' } },
      ],
      topologySpreadConstraints: [
        {
          labelSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['podinfo', 'podinfo-primary'] }] },
        },
      ],
    });
    const target = aDeployment({ template });
    const env = aConfigMap({ data: { a: 'b' } });
    const copy = aConfigMap({ data: { a: 'b' } }, { name: 'env-primary', ownerReferences: [owner] });
    const users = aConfigMap(
      { data: { a: 'b' } },
      { name: 'env-primary', annotations: { 'flagger.app/config-tracking': 'disabled' } },
    );
    const { spec } = promoted(aDeployment({ name: 'podinfo-primary' }), factsOf(target, target, [env, users], []));
    const primary = { ...aDeployment({ name: 'podinfo-primary' }), spec };
    const facts = factsOf(primary, target, [env, users], [copy]);
    expect(primaryRevision(facts)).toBe(revisionOfTarget(facts));
  });
});

describe('primaryRevision of a primary that we wrote', () => {
  const mounting = (image: string) =>
    aTemplate({ containers: [{ name: 'app', image }], volumes: [{ name: 'v', configMap: { name: 'env' } }] });
  const source = aConfigMap({ data: { a: 'b' }, binaryData: { f: 'AA==' } });
  const target = aDeployment({ template: mounting('1') });
  const blank = aDeployment({ name: 'podinfo-primary' });
  const copyOf = (config: ConfigMap): ConfigMap => {
    const change = primaryConfig(config, undefined, { owner, includeLabelPrefix: [], inUse: new Set() });
    if (change.kind !== 'create') throw new Error(change.kind);
    return change.object;
  };
  const before = factsOf(blank, target, [source], [copyOf(source)]);
  const primary = promoted(blank, before);

  it('R2: is the one written on it', () => {
    const facts = { ...before, primary };
    expect(primaryRevision(facts)).toBe(revisionOfTarget(facts));
    const next = { ...facts, target: aDeployment({ template: mounting('2') }) };
    expect(primaryRevision(next)).toBe(revisionOfTarget(facts));
  });

  it.each([
    ['data', aConfigMap({ data: { a: 'c' }, binaryData: { f: 'AA==' } })],
    ['binaryData', aConfigMap({ data: { a: 'b' }, binaryData: { f: 'AQ==' } })],
    ['immutable', aConfigMap({ data: { a: 'b' }, binaryData: { f: 'AA==' }, immutable: true })],
  ])('R1: is unknown while its copy holds other %s', (_part, other) => {
    expect(primaryRevision(factsOf(primary, target, [source], [copyOf(other)]))).toBeUndefined();
  });

  it('R1: is unknown while a copy is missing', () => {
    expect(primaryRevision(factsOf(primary, target, [source], []))).toBeUndefined();
  });

  it('R1: is kept after a takeover when binary data change that the copies of Flagger do not hold', () => {
    const flaggersCopy = aConfigMap({ data: { a: 'b' } }, { name: 'env-primary', ownerReferences: [owner] });
    const taken = factsOf(primary, target, [source], [flaggersCopy]);
    expect(primaryRevision(taken)).toBe(revisionOfTarget(taken));
    const changed = factsOf(
      primary,
      target,
      [aConfigMap({ data: { a: 'b' }, binaryData: { f: 'AQ==' } })],
      [flaggersCopy],
    );
    expect(primaryRevision(changed)).toBe(revisionOfTarget(taken));
    expect(revisionOfTarget(changed)).not.toBe(revisionOfTarget(taken));
  });

  it('compares templates only when config tracking is switched off', () => {
    const facts = { ...before, primary, configTracking: false };
    expect(primaryRevision(facts)).toBe(revisionOf(templateHash(target.spec.template), []));
  });

  it('is worked out anew when what is written on it is damaged', () => {
    const facts = { ...before, primary: adoptedPrimary(primary, '67ddc594bc' as Revision) };
    expect(isRevision('67ddc594bc')).toBe(false);
    expect(primaryRevision(facts)).toBe(revisionOfTarget(facts));
  });
});

describe('a primary that somebody edits', () => {
  const source = aConfigMap({ data: { a: 'b' } });
  const target = aDeployment({ template: mountingEnv('1') });
  const copyOf = (config: ConfigMap): ConfigMap => ({
    ...config,
    metadata: { ...config.metadata, name: 'env-primary', ownerReferences: [owner] },
  });
  const before = factsOf(aDeployment({ name: 'podinfo-primary' }), target, [source], [copyOf(source)]);
  const primary = promoted(aDeployment({ name: 'podinfo-primary' }), before);
  const edited = (template: Partial<Deployment['spec']['template']>): Deployment => ({
    ...primary,
    spec: { ...primary.spec, template: { ...primary.spec.template, ...template } },
  });
  const { spec: podSpec, metadata } = primary.spec.template;
  const otherImage = edited({ spec: { ...podSpec, containers: [{ name: 'app', image: '2' }] } });

  it.each<[string, Deployment, readonly string[]]>([
    ['nothing', primary, []],
    ['another image', otherImage, ['spec.containers']],
    [
      'another label',
      edited({ metadata: { ...metadata, labels: { ...metadata?.labels, team: 'blue' } } }),
      ['metadata.labels.team'],
    ],
    [
      'a restart by hand',
      edited({
        metadata: {
          ...metadata,
          annotations: { ...metadata?.annotations, 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' },
        },
      }),
      [],
    ],
  ])('R2: has in its template: %s', (_, live, fields) => {
    const facts = { ...before, primary: live };
    expect(templateDrift(facts)).toEqual(fields);
    // It still counts as what is written on it: nobody's edit starts a rollout.
    expect(primaryRevision(facts)).toBe(revisionOfTarget(facts));
  });

  it('R2: is not judged by a target that has moved on', () => {
    expect(
      templateDrift({ ...before, primary: otherImage, target: aDeployment({ template: mountingEnv('3') }) }),
    ).toEqual([]);
  });

  it('R1: can get its configs back only while the target has those that were promoted', () => {
    const other = aConfigMap({ data: { a: 'c' } });
    const entriesOf = (config: ConfigMap) =>
      trackedConfigs(target.spec.template, factsOf(primary, target, [config], []).sources).entries;
    expect(configCopies(primary, undefined, entriesOf(source))).toBe('restorable');
    expect(configCopies(primary, undefined, entriesOf(other))).toBe('unknown');
    expect(configCopies(primary, revisionOfTarget(before), entriesOf(source))).toBe('asPromoted');
    expect(configCopies(before.primary, undefined, entriesOf(source))).toBe('asPromoted');
  });
});

describe('copiesInUse', () => {
  it('names the copies of a primary, but no object that the target refers to by that name', () => {
    const { primary, target } = flaggerFacts('after-promote');
    expect([...copiesInUse(primary, target)].sort()).toEqual(['configmap/podinfo-env', 'secret/podinfo-token']);
    expect([...copiesInUse(primary, primary)]).toEqual([]);
  });
});

describe('copiedConfigKeys', () => {
  it('names what has to be read', () => {
    const { primary } = flaggerFacts('after-promote');
    expect([...copiedConfigKeys(primary)].sort()).toEqual(['configmap/podinfo-env', 'secret/podinfo-token']);
  });
});

function mountingEnv(image: string) {
  return aTemplate({ containers: [{ name: 'app', image }], volumes: [{ name: 'v', configMap: { name: 'env' } }] });
}

function promoted(primary: Deployment, facts: PrimaryFacts): Deployment {
  const { entries } = trackedConfigs(facts.target.spec.template, facts.sources);
  const context = {
    owner,
    revision: revisionOfTarget(facts),
    selectorLabel: podinfoLabel,
    trackedConfigs: new Set(entries.map(({ key }) => key)),
    includeLabelPrefix: [],
  };
  return promotedDeployment(primary, facts.target, context, false);
}
