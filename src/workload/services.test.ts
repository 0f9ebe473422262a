// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { wantedPorts } from './ports.js';
import { serviceName, wantedService } from './services.js';
import type { ServiceContext, ServiceRole } from './services.js';
import { aServiceSpec, aTemplate, flaggerState, owner, podinfoLabel, written } from './test-objects.js';

const contextOf = (service: ServiceContext['service']): ServiceContext => ({
  owner,
  namespace: 'test',
  service,
  selectorLabel: podinfoLabel,
  ports: wantedPorts(service, aTemplate()),
});

describe('wantedService', () => {
  it.each(['primary', 'canary'] as const)('is the %s Service that Flagger makes', (role) => {
    const state = flaggerState('after-init');
    const service = wantedService(role, contextOf(state.spec.service));
    expect(written(service)).toEqual(written(state.get('Service', `podinfo-${role}`)));
  });

  it.each<{ role: ServiceRole; name: string; selected: string }>`
    role         | name             | selected
    ${'apex'}    | ${'web'}         | ${'podinfo-primary'}
    ${'primary'} | ${'web-primary'} | ${'podinfo-primary'}
    ${'canary'}  | ${'web-canary'}  | ${'podinfo'}
  `('$role: $name selects $selected and carries its own metadata', ({ role, name, selected }) => {
    const own = { labels: { team: role, app: 'ignored' }, annotations: { note: role } };
    const service = wantedService(role, contextOf(aServiceSpec({ name: 'web', [role]: own })));
    expect(serviceName(role, 'web')).toBe(name);
    expect(service.spec.selector).toEqual({ app: selected });
    expect(service.metadata).toEqual({
      name,
      namespace: 'test',
      labels: { team: role, app: name },
      annotations: {
        note: role,
        'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
        'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
      },
      ownerReferences: [owner],
    });
  });

  it('is headless and close to its clients on request', () => {
    const context = contextOf(aServiceSpec({ headless: true, trafficDistribution: 'PreferClose' }));
    expect(wantedService('apex', context).spec).toMatchObject({
      clusterIP: 'None',
      trafficDistribution: 'PreferClose',
    });
    expect(wantedService('apex', contextOf(aServiceSpec())).spec).not.toHaveProperty('trafficDistribution');
  });
});
