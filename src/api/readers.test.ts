// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readAlertProvider } from './alert-provider.js';
import { readMetricTemplate } from './metric-template.js';
import { canaryName, objectKey, ownerReferenceOf, primaryName } from './names.js';
import { parseStatus } from './status-schema.js';

function anObject(kind: string, spec: unknown) {
  return { apiVersion: 'flagger.app/v1beta1', kind, metadata: { name: 'x', namespace: 'ops', uid: 'u1' }, spec };
}

const key = { namespace: 'ops', name: 'x' };

describe('readMetricTemplate', () => {
  const read = (spec: unknown) => readMetricTemplate(anObject('MetricTemplate', spec));

  it('reads all that a template says', () => {
    const provider = {
      type: 'prometheus',
      address: 'http://prometheus/base',
      headers: { 'X-Scope-OrgID': ['a', 'b'] },
      secretRef: { name: 'credentials' },
      region: 'eu',
      insecureSkipVerify: true,
    };
    expect(read({ provider, query: 'up' })).toStrictEqual({
      kind: 'ok',
      template: {
        key,
        provider: {
          type: 'prometheus',
          address: 'http://prometheus/base',
          headers: { 'X-Scope-OrgID': ['a', 'b'] },
          secretName: 'credentials',
          region: 'eu',
          insecureSkipVerify: true,
        },
        query: 'up',
      },
    });
  });

  it('applies the defaults', () => {
    expect(read({ provider: { type: 'graphite', address: '', secretRef: null }, query: '' })).toStrictEqual({
      kind: 'ok',
      template: { key, provider: { type: 'graphite', headers: {}, insecureSkipVerify: false }, query: '' },
    });
  });

  it.each([
    [undefined, 'spec is missing, add it'],
    [{ query: 'up' }, 'spec.provider is missing, add it'],
    [{ provider: { type: 'prometheus' } }, 'spec.query is missing, add it'],
    [{ provider: { type: 'nagios' }, query: 'up' }, 'spec.provider.type is "nagios", use one of "prometheus"'],
    [
      { provider: { type: 'prometheus', headers: { a: 'b' } }, query: 'up' },
      'spec.provider.headers.a is a text, make it a list',
    ],
  ])('reports %j', (spec, problem) => {
    expect(read(spec)).toEqual({ kind: 'invalid', problems: [expect.stringContaining(problem)] });
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.jsonValue(), (spec) => ['ok', 'invalid'].includes(read(spec).kind)));
  });
});

describe('readAlertProvider', () => {
  const read = (spec: unknown) => readAlertProvider(anObject('AlertProvider', spec));

  it('applies the defaults', () => {
    expect(read({ type: 'slack', address: 'https://hooks' })).toStrictEqual({
      kind: 'ok',
      provider: { key, type: 'slack', channel: 'general', username: 'flagger', address: 'https://hooks' },
    });
  });

  it('reads an object with both address and secretRef, as the documentation of Flagger shows it', () => {
    const spec = { type: 'rocket', address: 'a', secretRef: { name: 's' }, channel: 'c', username: 'u', proxy: 'p' };
    expect(read(spec)).toStrictEqual({
      kind: 'ok',
      provider: { key, type: 'rocket', address: 'a', secretName: 's', channel: 'c', username: 'u', proxy: 'p' },
    });
  });

  it.each([
    [{ type: 'slack' }, 'spec.address is missing, set it or name a Secret'],
    [{ type: 'slack', address: '' }, 'spec.address is missing'],
    [{ address: 'a' }, 'spec.type is missing, add it'],
    [{ type: 'irc', address: 'a' }, 'spec.type is "irc", use one of "slack"'],
  ])('reports %j', (spec, problem) => {
    expect(read(spec)).toEqual({ kind: 'invalid', problems: [expect.stringContaining(problem)] });
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.jsonValue(), (spec) => ['ok', 'invalid'].includes(read(spec).kind)));
  });
});

describe('parseStatus', () => {
  const nothing = { phase: '', canaryWeight: 0, failedChecks: 0, iterations: 0 };

  it('reads a status that Flagger wrote', () => {
    const status = {
      phase: 'Progressing',
      canaryWeight: 20,
      failedChecks: 1,
      iterations: 0,
      lastAppliedSpec: '84556c57cc',
      lastPromotedSpec: '67ddc594bc',
      lastTransitionTime: '2026-11-23T09:06:35Z',
      trackedConfigs: { 'configmap/podinfo-env': '5447c6571ee9ef73' },
      conditions: [
        {
          type: 'Promoted',
          status: 'Unknown',
          reason: 'Progressing',
          message: 'New revision detected, progressing canary analysis.',
          lastUpdateTime: '2026-11-23T09:06:05Z',
          lastTransitionTime: '2026-11-23T09:06:05Z',
        },
      ],
    };
    expect(parseStatus(status)).toStrictEqual(status);
  });

  it.each([undefined, null, 7, 'x', [], {}])('reads %j as a Canary that nobody has looked at', (raw) => {
    expect(parseStatus(raw)).toStrictEqual(nothing);
  });

  it.each`
    raw                                       | expected
    ${{ phase: 'Paused' }}                    | ${{}}
    ${{ phase: null, canaryWeight: '20' }}    | ${{}}
    ${{ canaryWeight: Number.NaN }}           | ${{}}
    ${{ canaryWeight: 120, iterations: -1 }}  | ${{ canaryWeight: 100 }}
    ${{ canaryWeight: 12.5 }}                 | ${{ canaryWeight: 12.5 }}
    ${{ trackedConfigs: {} }}                 | ${{ trackedConfigs: {} }}
    ${{ trackedConfigs: { a: 1 } }}           | ${{}}
    ${{ lastAppliedSpec: 5, other: true }}    | ${{}}
    ${{ conditions: [{ type: 'Promoted' }] }} | ${{}}
  `('reads $raw as $expected over zeros', ({ raw, expected }) => {
    expect(parseStatus(raw)).toStrictEqual({ ...nothing, ...expected });
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.jsonValue(), (raw) => typeof parseStatus(raw).phase === 'string'));
  });
});

describe('names', () => {
  it('points from a generated object to its Canary', () => {
    const canary = anObject('Canary', {});
    expect(ownerReferenceOf(canary)).toStrictEqual({
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      name: 'x',
      uid: 'u1',
      controller: true,
      blockOwnerDeletion: true,
    });
    expect(objectKey(canary)).toStrictEqual(key);
  });

  it('names generated objects after what they are made from', () => {
    expect([primaryName('podinfo'), canaryName('podinfo')]).toEqual(['podinfo-primary', 'podinfo-canary']);
  });
});
