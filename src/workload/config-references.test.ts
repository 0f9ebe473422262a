// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Container, PodSpec } from '../api/kubernetes.js';
import { configReferences, renameConfigs } from './config-references.js';
import { aTemplate } from './test-objects.js';

const envFrom = (name: string, optional?: boolean): Container => ({
  name: 'app',
  envFrom: [{ configMapRef: { name, ...(optional !== undefined && { optional }) } }],
});

/** One reference of every kind. */
const everywhere: PodSpec = {
  volumes: [
    { name: 'a', configMap: { name: 'volume-config' } },
    { name: 'b', secret: { secretName: 'volume-secret', optional: true } },
    {
      name: 'c',
      projected: {
        sources: [{ configMap: { name: 'projected-config' } }, { secret: { name: 'projected-secret' } }, {}],
      },
    },
    { name: 'd' },
  ],
  containers: [
    {
      name: 'app',
      env: [
        { name: 'A', valueFrom: { configMapKeyRef: { name: 'env-config', key: 'a' } } },
        { name: 'B', valueFrom: { secretKeyRef: { name: 'env-secret', key: 'b' } } },
        { name: 'C', value: 'plain' },
        { name: 'D', valueFrom: {} },
      ],
      envFrom: [{ configMapRef: { name: 'from-config' } }, { prefix: 'X', secretRef: { name: 'from-secret' } }],
    },
  ],
  initContainers: [{ name: 'init', envFrom: [{ configMapRef: { name: 'init-config' } }] }],
};

const names = [
  'configmap/volume-config',
  'secret/volume-secret',
  'configmap/projected-config',
  'secret/projected-secret',
  'configmap/env-config',
  'secret/env-secret',
  'configmap/from-config',
  'secret/from-secret',
  'configmap/init-config',
];

describe('configReferences', () => {
  it('finds every place that is scanned', () => {
    const found = configReferences({ spec: everywhere }).map(({ kind, name }) => `${kind}/${name}`);
    expect(found).toEqual(names);
  });

  it('does not look at ephemeral containers, image pull secrets and CSI volumes', () => {
    const csi = { name: 'v', csi: { nodePublishSecretRef: { name: 'z' } } };
    const elsewhere = {
      containers: [],
      imagePullSecrets: [{ name: 'x' }],
      ephemeralContainers: [envFrom('y')],
      volumes: [csi],
    };
    expect(configReferences({ spec: elsewhere })).toEqual([]);
  });

  it.each<readonly [string, Partial<PodSpec>, boolean]>([
    [
      'env before envFrom',
      { containers: [{ ...envFrom('x', true), env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'x' } } }] }] },
      true,
    ],
    ['containers before init containers', { containers: [envFrom('x', true)], initContainers: [envFrom('x')] }, false],
    [
      'volumes before containers',
      { volumes: [{ name: 'v', configMap: { name: 'x', optional: true } }], containers: [envFrom('x')] },
      false,
    ],
  ])('lets the last reference decide whether a config is optional: %s', (_name, spec, optional) => {
    expect(configReferences(aTemplate(spec))).toEqual([{ kind: 'configmap', name: 'x', optional }]);
  });
});

describe('renameConfigs', () => {
  it('renames exactly the references that are found', () => {
    const renamed = renameConfigs(everywhere, (_kind, name) => `${name}-primary`);
    const found = configReferences({ spec: renamed }).map(({ kind, name }) => `${kind}/${name}`);
    expect(found).toEqual(names.map((name) => `${name}-primary`));
    expect(renameConfigs(renamed, (_kind, name) => name.slice(0, -'-primary'.length))).toEqual(everywhere);
  });
});
