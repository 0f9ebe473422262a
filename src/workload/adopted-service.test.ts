// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Service, ServicePort, StringMap } from '../api/kubernetes.js';
import { adoptedServiceAnnotation, fluxOffSwitch, lastAppliedAnnotation } from '../api/names.js';
import type { ServiceSpec } from '../api/rollout-spec.js';
import { mergePatch } from '../sandbox/api-server/patch/merge-patch.js';
import { revertedService } from './adopted-service.js';
import { comparablePorts, portIdentity, wantedPorts } from './ports.js';
import { reconcileService } from './service-change.js';
import { wantedService } from './services.js';
import { aServiceSpec, aTemplate, owner } from './test-objects.js';

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

/** A user's Service under a Canary: adopted, edited by both, and given back. */
class AdoptedService {
  constructor(public live: Service) {}

  static of(ports: readonly ServicePort[], selector: StringMap = { app: 'podinfo', tier: 'web' }): AdoptedService {
    return new AdoptedService({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'podinfo', namespace: 'test', annotations: { mine: 'x' } },
      spec: { selector, ports: ports.map(withDefaults) },
    });
  }

  /** What the operator does until it has nothing left to do; everything that it knows is on the Service. */
  reconcile(overrides: Partial<ServiceSpec> = {}, selectorLabel = label): this {
    const service = aServiceSpec(overrides);
    const ports = wantedPorts(service, template);
    const wanted = wantedService('apex', { owner, namespace: 'test', service, selectorLabel, ports });
    const change = reconcileService(this.live, wanted, owner, service);
    if (change.kind === 'patch') this.patch(change.patch);
    return this;
  }

  /** What its user does. */
  edit(spec: Service['spec']): this {
    this.live = { ...this.live, spec: { ...this.live.spec, ...spec } };
    return this;
  }

  /** With kubectl, which keeps it on the object. */
  apply(spec: object): this {
    const annotations = { ...this.live.metadata.annotations, [lastAppliedAnnotation]: JSON.stringify({ spec }) };
    this.live = { ...this.live, metadata: { ...this.live.metadata, annotations } };
    return this;
  }

  giveBack(): this {
    this.patch(revertedService(this.live, label));
    return this;
  }

  private patch(patch: Readonly<Record<string, unknown>>): void {
    const patched = mergePatch({ ...this.live }, patch) as unknown as Service; // parse boundary: a patch of a Service gives a Service
    this.live = { ...patched, spec: { ...patched.spec, ports: (patched.spec.ports ?? []).map(withDefaults) } };
  }
}

/** As the API server stores it. */
function withDefaults(port: ServicePort): ServicePort {
  return { protocol: 'TCP', targetPort: port.port, ...port };
}

const template = aTemplate({ containers: [{ name: 'app', ports: [{ containerPort: 9797, name: 'metrics' }] }] });
const web = { name: 'web', port: 80, targetPort: 'http', nodePort: 30_001 };
const admin = { name: 'admin', port: 81, targetPort: 9090, nodePort: 30_002 };

describe('an apex Service that is given back (D19)', () => {
  it.each<[string, readonly ServicePort[]]>([
    ['one port', [web]],
    ['one port without a name', [{ port: 80, targetPort: 'http' }]],
    ['another port without a name', [{ port: 8080 }]],
    ['a number that the app listens on', [web, { name: 'via-proxy', port: 9797, targetPort: 1 }]],
    ['further ports', [web, admin]],
  ])('D19: has exactly the ports that it had: %s', (_name, ports) => {
    const service = AdoptedService.of(ports);
    const before = service.live;
    service.reconcile({ portDiscovery: true, appProtocol: 'http' }).reconcile({ portDiscovery: true });
    expect(service.live.spec.selector).toEqual({ app: 'podinfo-primary' });
    expect(service.live).not.toEqual(before);
    expect(service.giveBack().live).toEqual(before);
  });

  it('D19: keeps what its user changed meanwhile: a port more, one less, another name, another selector', () => {
    const service = AdoptedService.of([web, admin]).reconcile({ portDiscovery: true });
    const ports = (service.live.spec.ports ?? []).filter(({ port }) => port !== 81);
    const extra = withDefaults({ name: 'extra', port: 8443 });
    service.edit({
      selector: { app: 'podinfo', tier: 'api' },
      ports: [...ports.map((port) => (port.port === 80 ? { ...port, name: 'www' } : port)), extra],
    });
    service.reconcile({ portDiscovery: true });
    expect(service.live.spec.ports?.map(({ name }) => name)).toEqual(['www', 'extra', 'metrics']);
    const { spec } = service.giveBack().live;
    expect(spec).toEqual({
      selector: { app: 'podinfo', tier: 'api' },
      ports: [withDefaults({ ...web, name: 'www' }), extra],
    });
  });

  it('D19: keeps a port that the operator had added as soon as its user applies it, too', () => {
    const metrics = { name: 'metrics', port: 9797, targetPort: 9797 };
    const service = AdoptedService.of([web]).reconcile({ portDiscovery: true });
    service.apply({ selector: { app: 'podinfo' }, ports: [web, metrics] }).reconcile();
    expect(service.giveBack().live.spec.ports?.map(({ port }) => port)).toEqual([80, 9797]);
  });

  it('D19: follows edits of the Canary, whose former ports go and whose node ports stay', () => {
    const service = AdoptedService.of([web]).reconcile({ port: 8080, portName: 'alt' });
    service.edit({ ports: (service.live.spec.ports ?? []).map((port) => ({ nodePort: 30_009, ...port })) });
    service.reconcile({ port: 8080, portName: 'alt', targetPort: 1 });
    expect(service.live.spec.ports?.map(({ port, nodePort }) => [port, nodePort])).toEqual([
      [80, 30_001],
      [8080, 30_009],
    ]);
    service.reconcile({ port: 8081, portName: 'alt' });
    expect(service.live.spec.ports?.map(({ port }) => port)).toEqual([80, 8081]);
    service.reconcile({ targetPort: 2 });
    expect(service.live.spec.ports).toEqual([withDefaults({ ...web, targetPort: 2 })]);
    expect(service.giveBack().live.spec.ports).toEqual([withDefaults(web)]);
  });

  it('D19: does not take the selector of an earlier target for the one of its user', () => {
    const service = AdoptedService.of([web], { app: 'podinfo' }).reconcile({}, { key: 'app', value: 'former' });
    expect(service.reconcile().giveBack().live.spec.selector).toEqual({ app: 'podinfo' });
  });

  it('D19: leads to the pods of the target when a note says nothing or is damaged', () => {
    for (const note of ['{}', '{', '{"selector":1}']) {
      const service = AdoptedService.of([web], { app: 'podinfo-primary' });
      const { metadata } = service.live;
      service.live = { ...service.live, metadata: { ...metadata, annotations: { [adoptedServiceAnnotation]: note } } };
      expect(service.giveBack().live.spec).toEqual({ selector: { app: 'podinfo' }, ports: [withDefaults(web)] });
    }
  });

  it('D19: is what it was, whatever ports it has and whatever the Canary asks for in turn', () => {
    const port = fc.record({
      name: fc.constantFrom('http', 'web', 'metrics', 'a', 'b', 'port-80'),
      port: fc.constantFrom(80, 81, 9797, 9898),
      protocol: fc.constantFrom('TCP', 'UDP'),
      targetPort: fc.constantFrom<(number | string)[]>(80, 9898, 'http'),
    });
    const named = fc
      .uniqueArray(port, { selector: portIdentity, minLength: 1 })
      .filter((ports) => new Set(ports.map(({ name }) => name)).size === ports.length);
    const unnamed = fc.constantFrom(80, 9797).map((number) => [{ port: number }]);
    const wish = fc.record({
      port: fc.constantFrom(80, 81, 9898),
      portName: fc.constantFrom('http', 'web', 'a'),
      targetPort: fc.constantFrom<(number | string)[]>(80, 9898, 'http'),
      portDiscovery: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.oneof(named, unnamed), fc.array(wish, { minLength: 1, maxLength: 4 }), (ports, wishes) => {
        const service = AdoptedService.of(ports);
        const before = service.live;
        for (const each of wishes) service.reconcile(each);
        const after = service.giveBack().live;
        expect(comparablePorts(after.spec.ports ?? [])).toEqual(comparablePorts(before.spec.ports ?? []));
        expect({ ...after.spec, ports: [] }).toEqual({ ...before.spec, ports: [] });
        expect(after.metadata).toEqual(before.metadata);
      }),
    );
  });
});
