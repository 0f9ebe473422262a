// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Deployment } from '../../api/kubernetes.js';
import { lastAppliedAnnotation } from '../../api/names.js';
import { PrimarySizes } from './primary-sizes.js';
import { FlaggerNamespace } from '../testing.js';

const fixture = new FlaggerNamespace('after-promote');
const primary = fixture.get<Deployment>('Deployment', 'podinfo-primary');

function aTarget(applied?: string): Deployment {
  const target = fixture.get<Deployment>('Deployment', 'podinfo');
  const annotations = applied === undefined ? {} : { [lastAppliedAnnotation]: applied };
  return { ...target, metadata: { ...target.metadata, annotations } };
}

function withReplicas(replicas: number): Deployment {
  return { ...primary, spec: { ...primary.spec, replicas } };
}

describe('the size of a primary that is made again (R14)', () => {
  it('is the one that it had when it was last seen, zero apart', () => {
    const sizes = new PrimarySizes();
    for (const replicas of [3, 7, 0]) sizes.note('uid', withReplicas(replicas));
    sizes.note('uid', undefined);
    expect(sizes.lastKnown('uid', aTarget('{"spec":{"replicas":2}}'))).toBe(7);
  });

  it.each<[string, string | undefined, number | undefined]>([
    ['is what the user applied to the target, when nobody saw it', '{"spec":{"replicas":4}}', 4],
    ['is unknown without replicas in the manifest', '{"spec":{}}', undefined],
    ['is unknown with zero in the manifest', '{"spec":{"replicas":0}}', undefined],
    ['is unknown when the manifest is damaged', '{', undefined],
    ['is unknown without a manifest', undefined, undefined],
  ])('%s', (_, applied, expected) => {
    expect(new PrimarySizes().lastKnown('uid', aTarget(applied))).toBe(expected);
  });

  it('is forgotten with the Canary', () => {
    const sizes = new PrimarySizes();
    sizes.note('uid', primary);
    sizes.forget('uid');
    expect(sizes.lastKnown('uid', aTarget())).toBeUndefined();
  });
});
