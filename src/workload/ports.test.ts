// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Container, ContainerPort, Service } from '../api/kubernetes.js';
import { portIdentity, servesPort, wantedPorts } from './ports.js';
import { aServiceSpec, aTemplate, flaggerState } from './test-objects.js';

const container = (name: string, ...ports: readonly ContainerPort[]): Container => ({ name, ports });
const main = { name: 'http', protocol: 'TCP', port: 80, targetPort: 9898 };
const discovering = aServiceSpec({ portDiscovery: true });
const discovered = (...containers: readonly Container[]) =>
  wantedPorts(discovering, aTemplate({ containers })).slice(1);

describe('wantedPorts', () => {
  it('is the port of the Canary alone without port discovery', () => {
    const template = aTemplate({ containers: [container('app', { containerPort: 9797 })] });
    expect(wantedPorts(aServiceSpec(), template)).toEqual([main]);
    expect(wantedPorts(aServiceSpec({ appProtocol: 'grpc', portName: 'grpc', targetPort: 'web' }), template)).toEqual([
      { name: 'grpc', protocol: 'TCP', port: 80, targetPort: 'web', appProtocol: 'grpc' },
    ]);
  });

  it('adds the ports of containers under their names, generated where there is none', () => {
    expect(discovered(container('app', { containerPort: 9797, name: 'metrics' }, { containerPort: 9999 }))).toEqual([
      { name: 'metrics', protocol: 'TCP', port: 9797, targetPort: 9797 },
      { name: 'tcp-app-1', protocol: 'TCP', port: 9999, targetPort: 9999 },
    ]);
  });

  it('skips sidecars of meshes, and init containers', () => {
    const sidecars = [container('istio-proxy', { containerPort: 1 }), container('envoy', { containerPort: 2 })];
    const initContainers = [container('init', { containerPort: 3 })];
    expect(wantedPorts(discovering, aTemplate({ containers: sidecars, initContainers }))).toEqual([main]);
  });

  it.each([
    ['a number', aServiceSpec({ portDiscovery: true }), [8080]],
    ['a name', aServiceSpec({ portDiscovery: true, targetPort: 'web' }), [9898]],
    ['unset', aServiceSpec({ portDiscovery: true, port: 8080, targetPort: 8080, targetPortSet: false }), [9898]],
  ])('skips the port to which the Canary leads, with a target port that is %s', (_name, service, ports) => {
    const app = container('app', { containerPort: 9898, name: 'http-web' }, { containerPort: 8080, name: 'web' });
    const found = wantedPorts(service, aTemplate({ containers: [app] })).slice(1);
    expect(found.map(({ port }) => port)).toEqual(ports);
  });

  it('D35: keeps the real protocol', () => {
    expect(
      discovered(
        container('app', { containerPort: 53, protocol: 'UDP' }, { containerPort: 53, name: 'dns', protocol: 'TCP' }),
      ),
    ).toEqual([
      { name: 'udp-app-0', protocol: 'UDP', port: 53, targetPort: 53 },
      { name: 'dns', protocol: 'TCP', port: 53, targetPort: 53 },
    ]);
  });

  it('D35: adds a UDP port of the same number as the target port', () => {
    const app = container('app', { containerPort: 9898 }, { containerPort: 9898, protocol: 'UDP' });
    expect(discovered(app)).toEqual([{ name: 'udp-app-1', protocol: 'UDP', port: 9898, targetPort: 9898 }]);
  });

  it('D35: lets no two ports share a name; the last keeps it', () => {
    const found = discovered(
      container('app', { containerPort: 1, name: 'metrics' }, { containerPort: 2, name: 'http' }),
      container('side', { containerPort: 3, name: 'metrics' }),
    );
    expect(found.map(({ name, port }) => `${name ?? ''}=${port}`)).toEqual(['tcp-app-0=1', 'tcp-app-1=2', 'metrics=3']);
  });

  it('D35: lets no two ports share number and protocol; the port of the Canary wins', () => {
    const found = discovered(
      container('app', { containerPort: 80, name: 'eighty' }, { containerPort: 1 }),
      container('b', { containerPort: 1 }),
    );
    expect(found.map(({ name, port }) => `${name ?? ''}=${port}`)).toEqual(['tcp-app-1=1']);
  });

  it('keeps generated names within the limit of Kubernetes', () => {
    const [port] = discovered(container('x'.repeat(63), { containerPort: 1 }));
    expect(port?.name).toBe(`tcp-${'x'.repeat(57)}-0`);
  });

  it('D35: gives only distinct names and distinct numbers, whatever the containers declare', () => {
    const declared = fc.record(
      {
        containerPort: fc.integer({ min: 78, max: 82 }),
        name: fc.constantFrom('http', 'metrics', 'tcp-a-0'),
        protocol: fc.constantFrom('TCP', 'UDP'),
      },
      { requiredKeys: ['containerPort'] },
    );
    const containers = fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b', 'c'), ports: fc.array(declared) }), {
      selector: ({ name }) => name,
    });
    fc.assert(
      fc.property(containers, (all) => {
        const ports = wantedPorts(discovering, aTemplate({ containers: all }));
        expect(new Set(ports.map(({ name }) => name)).size).toBe(ports.length);
        expect(new Set(ports.map(portIdentity)).size).toBe(ports.length);
      }),
    );
  });
});

describe('servesPort', () => {
  const service: Service = {
    ...flaggerState('after-init').get('Service', 'podinfo'),
    spec: {
      ports: [
        { name: 'http', port: 80, targetPort: 9898 },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    },
  };

  it.each([
    [{ number: 80 }, true],
    [{ name: 'http' }, true],
    [{ number: 9898 }, false],
    [{ name: 'web' }, false],
    [{ number: 53 }, false],
    [{}, false],
  ])('R17: %p: %p', (reference, expected) => {
    expect(servesPort(service, reference)).toBe(expected);
  });

  it('R17: is false for a Service without ports', () => {
    expect(servesPort({ ...service, spec: {} }, { number: 80 })).toBe(false);
  });
});
