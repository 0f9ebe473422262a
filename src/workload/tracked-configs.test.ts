// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import {
  configFacts,
  configCopyFacts,
  dataChecksum,
  binaryChecksum,
  isTracked,
  missingConfigText,
} from './tracked-configs.js';
import { trackedConfigs, trackedConfigsChanged, trackedConfigsStatus } from './tracked-configs.js';
import { aConfigMap, aSecret, aTemplate, flaggerState, moments, owner } from './test-objects.js';

const hashOf = (json: string): string => createHash('sha256').update(json).digest('hex').slice(0, 16);

describe('dataChecksum', () => {
  it.each(moments)('is the one that Flagger wrote into the status: %s', (moment) => {
    const state = flaggerState(moment);
    const checksums = {
      'configmap/podinfo-env': dataChecksum(state.get('ConfigMap', 'podinfo-env').data),
      'secret/podinfo-token': dataChecksum(state.get('Secret', 'podinfo-token').data),
    };
    expect(checksums).toEqual(state.get('Canary', 'podinfo').status?.trackedConfigs);
  });

  it('has the values of a real Flagger', () => {
    expect(dataChecksum({ MESSAGE: 'a < b && c > d', PODINFO_UI_COLOR: '#34577c' })).toBe('5447c6571ee9ef73');
    expect(dataChecksum({ token: 'czNjcjN0' })).toBe('6010bdf95cfd9d10');
  });

  it.each([
    ['absent', undefined, 'null'],
    ['empty', {}, '{}'],
    ['markup', { a: '<&>' }, '{"a":"\\u003c\\u0026\\u003e"}'],
    ['line separators', { a: '\u2028\u2029' }, '{"a":"\\u2028\\u2029"}'],
    ['control characters', { a: '\n\r\t\b\f\u0001\u007f"\\/' }, '{"a":"\\n\\r\\t\\b\\f\\u0001\u007f\\"\\\\/"}'],
    ['other scripts', { a: 'é世界🎉' }, '{"a":"é世界🎉"}'],
    [
      'keys in text order, also those that look like numbers',
      { b: '', '9': 'x', '10': 'y', B: '', 'a.b': '' },
      '{"10":"y","9":"x","B":"","a.b":"","b":""}',
    ],
  ])('hashes the JSON that Go writes: %s', (_name, data, json) => {
    expect(dataChecksum(data)).toBe(hashOf(json));
  });
});

describe('binaryChecksum', () => {
  it('D20: changes with binaryData and with immutable', () => {
    const checksums = [
      aConfigMap({ data: { a: 'b' } }),
      aConfigMap({ binaryData: { a: 'AA==' } }),
      aConfigMap({ binaryData: { a: 'AQ==' } }),
      aConfigMap({ immutable: true }),
    ].map(binaryChecksum);
    expect(new Set(checksums).size).toBe(4);
  });

  it('is the same for all objects that have neither', () => {
    const plain = binaryChecksum(aConfigMap());
    expect(binaryChecksum(aConfigMap({ data: { a: 'b' }, binaryData: {}, immutable: false }))).toBe(plain);
    expect(binaryChecksum(aSecret({ data: { a: 'YQ==' } }))).toBe(plain);
  });
});

describe('isTracked', () => {
  it.each([
    ['Opaque', true],
    [undefined, true],
    ['kubernetes.io/basic-auth', true],
    ['kubernetes.io/ssh-auth', true],
    ['kubernetes.io/tls', true],
    ['kubernetes.io/dockerconfigjson', false],
    ['kubernetes.io/service-account-token', false],
    ['bootstrap.kubernetes.io/token', false],
    ['example.com/own', false],
  ])('Secret of type %p: %p', (type, tracked) => {
    expect(isTracked(aSecret(type === undefined ? {} : { type }))).toBe(tracked);
  });

  it.each([
    ['disabled', false],
    ['disable', false],
    ['enabled', true],
    ['', true],
  ])('annotation flagger.app/config-tracking: %p gives %p', (value, tracked) => {
    const metadata = { annotations: { 'flagger.app/config-tracking': value } };
    expect(isTracked(aConfigMap({}, metadata))).toBe(tracked);
    expect(isTracked(aSecret({}, metadata))).toBe(tracked);
  });
});

describe('trackedConfigs', () => {
  const template = aTemplate({
    containers: [
      {
        name: 'app',
        envFrom: [{ configMapRef: { name: 'env' } }, { configMapRef: { name: 'extra', optional: true } }],
        env: [{ name: 'T', valueFrom: { secretKeyRef: { name: 'token', key: 't' } } }],
      },
    ],
    volumes: [{ name: 'pull', secret: { secretName: 'registry' } }],
  });
  const registry = configFacts(aSecret({ type: 'kubernetes.io/dockerconfigjson' }, { name: 'registry' }));
  const facts = (...objects: readonly ReturnType<typeof configFacts>[]) =>
    new Map(objects.map((fact) => [fact.key, fact]));
  const env = configFacts(aConfigMap({ data: { a: 'b' } }));
  const token = configFacts(aSecret({ data: { t: 'eA==' } }));

  it('lists what is tracked, sorted, and neither other Secrets nor missing optional ones', () => {
    const { entries, missing } = trackedConfigs(template, facts(token, env, registry));
    expect(missing).toEqual([]);
    expect(entries.map(({ key }) => key)).toEqual(['configmap/env', 'secret/token']);
    expect(trackedConfigsStatus(entries)).toEqual({ 'configmap/env': env.checksum, 'secret/token': token.checksum });
  });

  it('names what is missing and needed, with the text that users know', () => {
    const { missing } = trackedConfigs(template, facts(token, registry));
    expect(missing.map((reference) => missingConfigText(reference, 'test'))).toEqual([
      'configmap env.test get query error: configmap env.test get query error: configmaps "env" not found',
    ]);
    const withoutSecret = trackedConfigs(template, facts(env, registry)).missing;
    expect(withoutSecret.map((reference) => missingConfigText(reference, 'test'))).toEqual([
      'secret token.test get query error: secret token.test get query error: secrets "token" not found',
    ]);
  });

  it.each([
    ['the same', { 'configmap/env': env.checksum, 'secret/token': token.checksum }, false],
    ['another checksum', { 'configmap/env': 'x', 'secret/token': token.checksum }, true],
    ['one less', { 'configmap/env': env.checksum }, true],
    ['one more', { 'configmap/env': env.checksum, 'secret/token': token.checksum, 'secret/old': 'x' }, true],
    ['another name', { 'configmap/env': env.checksum, 'secret/other': token.checksum }, true],
    ['no field', undefined, true],
  ])('compares with a status: %s', (_name, stored, changed) => {
    expect(trackedConfigsChanged(stored, [env, token])).toBe(changed);
  });

  it('takes a status without the field for one without configs', () => {
    expect(trackedConfigsChanged(undefined, [])).toBe(false);
    expect(trackedConfigsChanged({}, [])).toBe(false);
  });
});

describe('configCopyFacts', () => {
  it('knows of what the object is a copy, and of which Canaries', () => {
    const other = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x', uid: 'u' };
    const copy = aConfigMap({ data: { a: 'b' } }, { name: 'env-primary', ownerReferences: [owner, other] });
    expect(configCopyFacts(copy)).toEqual({
      key: 'configmap/env',
      checksum: dataChecksum({ a: 'b' }),
      binaryChecksum: undefined,
      canaryUids: [owner.uid],
    });
  });

  it('R1: judges binary data only on copies that say that they hold it', () => {
    const annotations = { 'flagger.app/binary-checksum': 'whatever' };
    const copy = aConfigMap({ binaryData: { a: 'AA==' } }, { name: 'env-primary', annotations });
    expect(configCopyFacts(copy).binaryChecksum).toBe(binaryChecksum(copy));
  });
});
