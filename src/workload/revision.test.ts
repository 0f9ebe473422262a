// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PodTemplate } from '../api/kubernetes.js';
import { configDigestOf, flaggerId, isRevision, revisionOf, templateHash, templateHashOf } from './revision.js';
import { aTemplate } from './test-objects.js';
import type { ConfigEntry } from './tracked-configs.js';

const base = aTemplate({ nodeSelector: { disk: 'ssd' } }, { annotations: { team: 'a' } });

const entry = (name: string, checksum = '0011223344556677', binaryChecksum = 'b'): ConfigEntry => ({
  key: `configmap/${name}`,
  checksum,
  binaryChecksum,
});

describe('templateHash', () => {
  it('stays the same from release to release, since statuses hold it', () => {
    expect(templateHash(base)).toBe('s1-7a6c93de8c9ce9c4');
  });

  it.each<readonly [string, PodTemplate]>([
    ['other order of keys', { spec: base.spec, metadata: base.metadata! }],
    ['creationTimestamp null', { ...base, metadata: { ...base.metadata, ...{ creationTimestamp: null } } }],
    [
      'the entry that scales a DaemonSet to zero (D21)',
      withNodeSelector({ disk: 'ssd', 'flagger.app/scale-to-zero': 'true' }),
    ],
    ['a flagger-id', withAnnotations({ team: 'a', 'flagger-id': 'x' })],
    ['a key of Flux', withAnnotations({ team: 'a', 'kustomize.toolkit.fluxcd.io/checksum': 'x' })],
  ])('ignores: %s', (_name, template) => {
    expect(templateHash(template)).toBe(templateHash(base));
  });

  it('takes empty maps for absent ones', () => {
    const spec = { containers: [{ name: 'app' }] };
    const empty = { metadata: { labels: {}, annotations: {} }, spec: { ...spec, nodeSelector: {} } };
    expect(templateHash(empty)).toBe(templateHash({ spec }));
  });

  it.each<readonly [string, PodTemplate]>([
    ['image', aTemplate({ containers: [{ name: 'app', image: 'podinfo:2' }] })],
    ['kubectl rollout restart', withAnnotations({ team: 'a', 'kubectl.kubernetes.io/restartedAt': 'now' })],
    ['label', { ...base, metadata: { ...base.metadata, labels: { app: 'podinfo', tier: 'web' } } }],
    ['node selector', withNodeSelector({ disk: 'hdd' })],
    ['empty volume source', { ...base, spec: { ...base.spec, volumes: [{ name: 'tmp', ...{ emptyDir: {} } }] } }],
    ['order of containers', { ...base, spec: { ...base.spec, containers: [{ name: 'b' }, { name: 'a' }] } }],
  ])('changes with: %s', (_name, template) => {
    expect(templateHash(template)).not.toBe(templateHash(base));
  });

  it('does not depend on the order of any map', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, member]) => [key, reversed(member)]),
      );
    };
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (extra) => {
        const template = { ...base, spec: { ...base.spec, ...extra, containers: [], nodeSelector: {} } };
        expect(templateHash(reversed(template) as PodTemplate)).toBe(templateHash(template));
      }),
    );
  });
});

describe('revisionOf', () => {
  const hash = templateHash(base);

  it('has a stable form without configs', () => {
    expect(revisionOf(hash, [])).toBe(`${hash}-none`);
  });

  it('R1: changes with the template, with a checksum, with binary data, and with the set of configs', () => {
    const others = [
      revisionOf(templateHash(aTemplate()), [entry('a')]),
      revisionOf(hash, [entry('a', 'ffff')]),
      revisionOf(hash, [entry('a', undefined, 'c')]),
      revisionOf(hash, [entry('a'), entry('b')]),
      revisionOf(hash, []),
    ];
    const revision = revisionOf(hash, [entry('a')]);
    expect(new Set([revision, ...others]).size).toBe(others.length + 1);
  });

  it('does not depend on the order of the configs', () => {
    expect(revisionOf(hash, [entry('a'), entry('b')])).toBe(revisionOf(hash, [entry('b'), entry('a')]));
  });

  it('can be taken apart', () => {
    const revision = revisionOf(hash, [entry('a')]);
    expect(templateHashOf(revision)).toBe(hash);
    expect(templateHashOf(revisionOf(hash, []))).toBe(hash);
    expect(configDigestOf(revisionOf(hash, []))).toBeUndefined();
    expect(`${hash}-${configDigestOf(revision)!.data}-${configDigestOf(revision)!.binary}`).toBe(revision);
  });

  it.each([
    ['67ddc594bc'],
    [''],
    [undefined],
    ['s1-'],
    ['s1-0123456789abcdef'],
    ['s1-0123456789abcdef-none '],
    ['S1-0123456789abcdef-none'],
  ])('is told from %p', (text) => {
    expect(isRevision(text)).toBe(false);
  });

  it('is recognised', () => {
    expect(isRevision(revisionOf(hash, []))).toBe(true);
    expect(isRevision(revisionOf(hash, [entry('a')]))).toBe(true);
  });
});

describe('flaggerId', () => {
  const revision = revisionOf(templateHash(base), []);
  const uid = '269d1e85-17ac-42ca-98fe-58061b734c03';

  it('R2: is the same version 5 UUID for the same Canary and revision', () => {
    expect(flaggerId(uid, revision)).toBe(flaggerId(uid, revision));
    expect(flaggerId(uid, revision)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('R2: differs between revisions and between Canaries', () => {
    const other = revisionOf(templateHash(aTemplate()), []);
    const ids = [
      flaggerId(uid, revision),
      flaggerId(uid, other),
      flaggerId('369d1e85-17ac-42ca-98fe-58061b734c03', revision),
    ];
    expect(new Set(ids).size).toBe(3);
  });
});

function withAnnotations(annotations: Readonly<Record<string, string>>): PodTemplate {
  return { ...base, metadata: { ...base.metadata, annotations } };
}

function withNodeSelector(nodeSelector: Readonly<Record<string, string>>): PodTemplate {
  return { ...base, spec: { ...base.spec, nodeSelector } };
}
