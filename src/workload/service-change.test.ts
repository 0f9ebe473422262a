// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Service, ServicePort, StringMap } from '../api/kubernetes.js';
import { fluxOffSwitch } from '../api/names.js';
import { defined } from '../lib/defined.js';
import type { ServiceSpec } from '../api/rollout-spec.js';
import { portIdentity, wantedPorts } from './ports.js';
import { reconcileService } from './service-change.js';
import { wantedService } from './services.js';
import { aServiceSpec, aTemplate, flaggerState, moments, owner, podinfoLabel } from './test-objects.js';

const template = aTemplate({ containers: [{ name: 'app', ports: [{ containerPort: 9797, name: 'metrics' }] }] });

function apexOf(service: ServiceSpec): Service {
  const ports = wantedPorts(service, template);
  return wantedService('apex', { owner, namespace: 'test', service, selectorLabel: podinfoLabel, ports });
}

function change(observed: Service | undefined, fields: Partial<ServiceSpec> = {}) {
  const service = aServiceSpec(fields);
  return reconcileService(observed, apexOf(service), owner, service);
}

/** Our own Service as the API server gives it back. */
function own(fields: Partial<ServiceSpec> = {}): Service {
  const wanted = apexOf(aServiceSpec(fields));
  return {
    ...wanted,
    metadata: { ...wanted.metadata, uid: 'u', resourceVersion: '5' },
    spec: { clusterIP: '10.0.0.1', ...wanted.spec, ...{ clusterIPs: ['10.0.0.1'], sessionAffinity: 'None' } },
  };
}

function withSpec(service: Service, spec: Partial<Service['spec']>): Service {
  return { ...service, spec: { ...service.spec, ...spec } };
}

function withMetadata(service: Service, metadata: { labels?: StringMap; annotations?: StringMap }): Service {
  return { ...service, metadata: { ...service.metadata, ...metadata } };
}

/** A user's Service from the time before the Canary. */
function foreign(ports: readonly ServicePort[], selector: StringMap = { app: 'podinfo', tier: 'web' }): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'podinfo',
      namespace: 'test',
      resourceVersion: '9',
      labels: { mine: 'x' },
      annotations: { note: 'y' },
    },
    spec: { type: 'LoadBalancer', clusterIP: '10.0.0.2', selector, ports },
  };
}

describe('reconcileService', () => {
  it('creates what is missing', () => {
    expect(change(undefined)).toEqual({ kind: 'create', service: apexOf(aServiceSpec()), problems: [] });
  });

  it.each(moments)('writes nothing over the Services that Flagger left: %s', (moment) => {
    const state = flaggerState(moment);
    const { service } = state.spec;
    for (const role of ['apex', 'primary', 'canary'] as const) {
      const ports = wantedPorts(service, state.get('Deployment', 'podinfo').spec.template);
      const wanted = wantedService(role, {
        owner,
        namespace: 'test',
        service,
        selectorLabel: podinfoLabel,
        ports,
      });
      const observed = state.get('Service', wanted.metadata.name);
      expect(reconcileService(observed, wanted, owner, service)).toEqual({
        kind: 'none',
        service: observed,
        problems: [],
      });
    }
  });

  it('S7: does not touch a Service of type ExternalName, and says so', () => {
    const external = withSpec(foreign([]), { type: 'ExternalName' });
    expect(change(external)).toEqual({
      kind: 'none',
      service: external,
      problems: ['Service podinfo.test is of type ExternalName and cannot lead to pods: change it to ClusterIP'],
    });
  });
});

describe('reconcileService on our own Service', () => {
  it('changes nothing that is as wanted, whatever the order of ports and the defaults of the API server', () => {
    const observed = own({ portDiscovery: true });
    const ports = [...(observed.spec.ports ?? [])]
      .reverse()
      .map(({ name, port, targetPort }) => defined({ name, port, targetPort }));
    expect(change(withSpec(observed, { ports }), { portDiscovery: true }).kind).toBe('none');
  });

  it.each<[string, Service]>([
    ['selector', withSpec(own(), { selector: { app: 'podinfo' } })],
    ['a port too many', withSpec(own(), { ports: [...(own().spec.ports ?? []), { name: 'x', port: 1 }] })],
    ['target port', withSpec(own(), { ports: [{ name: 'http', port: 80, targetPort: 1 }] })],
    ['unknown label', withMetadata(own(), { labels: { ...own().metadata.labels, x: 'y' } })],
    ['unknown annotation', withMetadata(own(), { annotations: { ...own().metadata.annotations, x: 'y' } })],
    ['missing annotation', withMetadata(own(), { annotations: {} })],
    ['D35: traffic distribution', withSpec(own(), { trafficDistribution: 'PreferClose' })],
  ])('R4: brings back: %s', (_name, observed) => {
    expect(change(observed)).toEqual({ kind: 'replace', service: own(), problems: [] });
  });

  it('D35: follows a new traffic distribution', () => {
    const result = change(own(), { trafficDistribution: 'PreferSameZone' });
    expect(result).toMatchObject({ kind: 'replace', service: { spec: { trafficDistribution: 'PreferSameZone' } } });
  });

  it('R4: keeps the live value of unmanaged keys', () => {
    const labels = { ...own().metadata.labels, theirs: 'l' };
    const annotations = { ...own().metadata.annotations, theirs: 'a' };
    const observed = withMetadata(own(), { labels, annotations });
    const unmanaged = { unmanagedLabels: ['theirs', 'absent'], unmanagedAnnotations: ['theirs'] };
    expect(change(observed, unmanaged).kind).toBe('none');
  });

  it('keeps node ports and a type that somebody set', () => {
    const ports = [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 1, nodePort: 30_001 }];
    const result = change(withSpec(own(), { type: 'NodePort', ports }), { portDiscovery: true });
    expect(result.service.spec).toMatchObject({ type: 'NodePort', clusterIP: '10.0.0.1' });
    expect(result.service.spec.ports).toEqual([
      { name: 'http', protocol: 'TCP', port: 80, targetPort: 9898, nodePort: 30_001 },
      { name: 'metrics', protocol: 'TCP', port: 9797, targetPort: 9797 },
    ]);
  });

  it.each([
    ['has a cluster IP', own(), { headless: true }],
    ['is headless', own({ headless: true }), {}],
  ])('D35: reports what cannot be changed in place: %s', (text, observed, fields) => {
    const result = change(observed, fields);
    expect(result.kind).toBe('none');
    expect(result.problems).toEqual([
      `Service podinfo.test ${text} and the Canary asks for the opposite, which Kubernetes does not change on an existing ` +
        'Service: delete it to have it made anew, or restore spec.service.headless',
    ]);
  });
});

describe('reconcileService on a foreign Service', () => {
  const http = { name: 'http', protocol: 'TCP', port: 80, targetPort: 9898, nodePort: 30_001 };

  it('R4: patches selector and ports, with the resourceVersion, and switches Flux off', () => {
    const observed = foreign([http]);
    const result = change(observed);
    expect(result).toMatchObject({
      kind: 'patch',
      patch: {
        metadata: { resourceVersion: '9', annotations: fluxOffSwitch },
        spec: { selector: { app: 'podinfo-primary', tier: null }, ports: [http] },
      },
    });
    expect(result.service).toEqual({
      ...withSpec(observed, { selector: { app: 'podinfo-primary' } }),
      metadata: {
        ...observed.metadata,
        annotations: { note: 'y', ...fluxOffSwitch, 'flagger.app/adopted-service': expect.any(String) },
      },
    });
  });

  it('changes nothing once selector and ports are as wanted', () => {
    const observed = foreign([http, { name: 'admin', port: 81 }], { app: 'podinfo-primary' });
    expect(change(observed)).toEqual({ kind: 'none', service: observed, problems: [] });
  });

  it('has nothing left to do after its own patch', () => {
    const { service } = change(foreign([{ port: 8080 }]), { portDiscovery: true });
    expect(change(service, { portDiscovery: true }).kind).toBe('none');
  });

  it('D19: keeps foreign ports, adds ours', () => {
    const admin = { name: 'admin', port: 8081, targetPort: 'admin', nodePort: 30_002 };
    const { service } = change(foreign([admin]), { portDiscovery: true });
    expect(service.spec.ports).toEqual([
      admin,
      { name: 'http', protocol: 'TCP', port: 80, targetPort: 9898 },
      { name: 'metrics', protocol: 'TCP', port: 9797, targetPort: 9797 },
    ]);
  });

  it('R17: keeps the name by which an Ingress may know a port, and leads it where the Canary says', () => {
    const { service } = change(foreign([{ name: 'web', port: 80, targetPort: 1, nodePort: 30_001 }]));
    expect(service.spec.ports).toEqual([{ name: 'web', port: 80, targetPort: 9898, nodePort: 30_001 }]);
  });

  it('D19: leaves a foreign port alone although a container declares the same number', () => {
    const proxied = { name: 'via-proxy', port: 9797, targetPort: 1 };
    expect(change(foreign([http, proxied]), { portDiscovery: true }).service.spec.ports).toEqual([http, proxied]);
  });

  it('names ports only when there are two, and never two alike', () => {
    expect(change(foreign([{ port: 80, targetPort: 9898 }])).service.spec.ports).toEqual([
      { port: 80, targetPort: 9898 },
    ]);
    const named = (ports: readonly ServicePort[]) =>
      change(foreign(ports)).service.spec.ports?.map(({ name, port }) => [name, port]);
    expect(named([{ port: 8080 }])).toEqual([
      ['port-8080', 8080],
      ['http', 80],
    ]);
    expect(named([{ name: 'http', port: 8080 }])).toEqual([
      ['http', 8080],
      ['http-80', 80],
    ]);
  });

  it('D19: keeps every foreign port, serves ours, and is content with the result, whatever ports there are', () => {
    const port = fc.record(
      {
        name: fc.constantFrom('http', 'http-80', 'metrics', 'a', 'b', 'c'),
        port: fc.integer({ min: 78, max: 82 }),
        protocol: fc.constantFrom('TCP', 'UDP'),
      },
      { requiredKeys: ['name', 'port'] },
    );
    const named = fc
      .uniqueArray(port, { selector: portIdentity })
      .filter((ports) => new Set(ports.map(({ name }) => name)).size === ports.length);
    const unnamed = fc.integer({ min: 78, max: 82 }).map((number) => [{ port: number }]);
    fc.assert(
      fc.property(fc.oneof(named, unnamed), fc.boolean(), (live, portDiscovery) => {
        const { service } = change(foreign(live), { portDiscovery });
        const ports = service.spec.ports ?? [];
        const identities = ports.map(portIdentity);
        expect(identities).toEqual(expect.arrayContaining([...live.map(portIdentity), '80/TCP']));
        expect(new Set(identities).size).toBe(ports.length);
        expect(ports.length === 1 || new Set(ports.map(({ name }) => name)).size === ports.length).toBe(true);
        expect(change(service, { portDiscovery }).kind).toBe('none');
      }),
    );
  });

  it('keeps a port of the same number and another protocol', () => {
    const udp = { name: 'quic', port: 80, protocol: 'UDP' };
    expect(change(foreign([http, udp])).service.spec.ports).toEqual([http, udp]);
  });

  it('treats a Service of another Canary as foreign', () => {
    const theirs = own();
    const observed = { ...theirs, metadata: { ...theirs.metadata, ownerReferences: [{ ...owner, name: 'other' }] } };
    expect(change(withSpec(observed, { selector: {} })).kind).toBe('patch');
  });
});
