// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { StringMap } from '../api/kubernetes.js';
import { includedByPrefix, isControlledBy } from './metadata.js';
import { primaryLabels, primaryLabelValue, selectorLabelOf, SelectorLabelMissing } from './selector-label.js';
import type { SelectorLabel } from './selector-label.js';
import { aConfigMap, aDeployment, owner, podinfoLabel, selectorLabels } from './test-objects.js';

const selecting = (matchLabels: Readonly<Record<string, string>>) =>
  aDeployment({ spec: { selector: { matchLabels } } });

describe('selectorLabelOf', () => {
  it.each<{ matchLabels: StringMap; label: SelectorLabel }>`
    matchLabels                                       | label
    ${{ app: 'a', name: 'b' }}                        | ${{ key: 'app', value: 'a' }}
    ${{ tier: 'web', name: 'b' }}                     | ${{ key: 'name', value: 'b' }}
    ${{ 'app.kubernetes.io/name': 'c', tier: 'web' }} | ${{ key: 'app.kubernetes.io/name', value: 'c' }}
  `('$matchLabels gives $label', ({ matchLabels, label }) => {
    expect(selectorLabelOf(selecting(matchLabels), selectorLabels)).toEqual(label);
  });

  it('names the choices when there is none', () => {
    const target = selecting({ tier: 'web' });
    expect(() => selectorLabelOf(target, selectorLabels)).toThrow(SelectorLabelMissing);
    expect(() => selectorLabelOf(target, selectorLabels)).toThrow(
      /^deployment podinfo\.test spec\.selector\.matchLabels must contain one of \[app name app\.kubernetes\.io\/name\]$/,
    );
    expect(() => selectorLabelOf({ ...target, kind: 'DaemonSet' }, selectorLabels)).toThrow(
      /^daemonset podinfo\.test .* \[app name app\.kubernetes\.io\/name\]'$/,
    );
  });
});

describe('primaryLabels', () => {
  it('forces the selector label and drops keys of Flux', () => {
    const labels = { app: 'podinfo', tier: 'web', 'kustomize.toolkit.fluxcd.io/name': 'x' };
    expect(primaryLabels(labels, podinfoLabel)).toEqual({ app: 'podinfo-primary', tier: 'web' });
    expect(primaryLabels(undefined, podinfoLabel)).toEqual({ app: primaryLabelValue(podinfoLabel) });
  });
});

describe('includedByPrefix', () => {
  const map = { app: '1', 'team/a': '2', 'team/b': '3', 'kustomize.toolkit.fluxcd.io/name': '4' };

  it.each<{ prefixes: readonly string[]; kept: readonly string[] }>`
    prefixes              | kept
    ${[]}                 | ${[]}
    ${['']}               | ${[]}
    ${['team/']}          | ${['team/a', 'team/b']}
    ${['app', 'team/b']}  | ${['app', 'team/b']}
    ${['*']}              | ${['app', 'team/a', 'team/b']}
    ${['kustomize', 'x']} | ${[]}
  `('$prefixes keeps $kept', ({ prefixes, kept }) => {
    expect(Object.keys(includedByPrefix(map, prefixes))).toEqual(kept);
  });
});

describe('isControlledBy', () => {
  it.each([
    ['the Canary', [owner], true],
    ['another API version of it', [{ ...owner, apiVersion: 'flagger.app/v1' }], true],
    ['a Canary of another name', [{ ...owner, name: 'x' }], false],
    ['a Canary that is not its controller', [{ ...owner, controller: false }], false],
    ['another kind', [{ ...owner, kind: 'Deployment', apiVersion: 'apps/v1' }], false],
    ['nobody', [], false],
  ])('%s: %p', (_name, ownerReferences, result) => {
    expect(isControlledBy(aConfigMap({}, { ownerReferences }), owner)).toBe(result);
  });
});
