// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Service } from '../api/kubernetes.js';
import { fluxOffSwitch, lastAppliedAnnotation } from '../api/names.js';
import { revertedService } from './service-change.js';

const label = { key: 'app', value: 'podinfo' };

function anApexService(applied: string | undefined): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'podinfo',
      namespace: 'test',
      resourceVersion: '7',
      annotations: { ...fluxOffSwitch, ...(applied === undefined ? {} : { [lastAppliedAnnotation]: applied }) },
    },
    spec: { selector: { app: 'podinfo-primary', tier: 'web' } },
  };
}

describe('revertedService', () => {
  it.each([
    [
      'what kubectl applied last',
      JSON.stringify({ spec: { selector: { app: 'podinfo', x: 'y' } } }),
      { app: 'podinfo', tier: null, x: 'y' },
    ],
    [
      'what kubectl applied last, whatever its ports',
      JSON.stringify({ spec: { selector: { app: 'podinfo' }, ports: [{ port: 80 }] } }),
      { app: 'podinfo', tier: null },
    ],
    ['the pods of the target when nothing is known', undefined, { app: 'podinfo', tier: null }],
    ['the pods of the target when the annotation is damaged', '{', { app: 'podinfo', tier: null }],
  ])('D19: gives the selector back: %s', (_name, applied, selector) => {
    const patch = revertedService(anApexService(applied), label);
    expect(patch).toMatchObject({ metadata: { resourceVersion: '7' }, spec: { selector } });
    expect(patch.metadata).toMatchObject({
      annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': null, 'helm.toolkit.fluxcd.io/driftDetection': null },
    });
  });

  it('D19: lets a port lead again where its user had it lead; node ports and further ports stay', () => {
    const applied = { selector: { app: 'podinfo' }, ports: [{ name: 'web', port: 80, targetPort: 'http' }] };
    const apex = anApexService(JSON.stringify({ spec: applied }));
    const admin = { name: 'admin', port: 81, targetPort: 9797 };
    const ports = [{ name: 'web', port: 80, protocol: 'TCP', targetPort: 9898, nodePort: 30_001 }, admin];
    const patch = revertedService({ ...apex, spec: { ...apex.spec, ports } }, label);
    expect(patch.spec).toMatchObject({
      ports: [{ name: 'web', port: 80, protocol: 'TCP', targetPort: 'http', nodePort: 30_001 }, admin],
    });
    const unchanged = revertedService({ ...apex, spec: { ...apex.spec, ports: [admin] } }, label);
    expect(unchanged.spec).not.toHaveProperty('ports');
  });
});
