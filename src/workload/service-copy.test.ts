// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import type { Service } from '../api/kubernetes.js';
import { fluxOffSwitch } from '../api/names.js';
import { TemplateIsNotOfRevision } from './primary-workload.js';
import type { ServiceCopyContext } from './service-copy.js';
import {
  adoptedPrimaryService,
  newPrimaryService,
  promotedService,
  reconcileCanaryCopy,
  serviceRevision,
  serviceTargetProblem,
} from './service-copy.js';
import { aServiceSpec, owner } from './test-objects.js';

const context: ServiceCopyContext = { owner, service: aServiceSpec({ name: 'shop' }), includeLabelPrefix: [] };

/** As an API server hands out a Service that is open to the outside. */
const allocated = {
  type: 'LoadBalancer',
  clusterIP: '10.96.0.7',
  clusterIPs: ['10.96.0.7'],
  ipFamilies: ['IPv4'],
  ipFamilyPolicy: 'SingleStack',
  externalTrafficPolicy: 'Local',
  healthCheckNodePort: 31_000,
  allocateLoadBalancerNodePorts: true,
  internalTrafficPolicy: 'Cluster',
  sessionAffinity: 'None',
};

function aService(spec: object = {}, metadata: Partial<Service['metadata']> = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'podinfo', namespace: 'test', uid: 'uid-podinfo', resourceVersion: '3', ...metadata },
    spec: {
      selector: { app: 'podinfo', version: 'v1' },
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 9898, nodePort: 30_123 }],
      ...spec,
    },
  };
}

const v1 = aService(allocated);
const v2 = aService({ ...allocated, selector: { app: 'podinfo', version: 'v2' } });

/** A copy as it comes back from the API server. */
const served = (copy: Service, name: string): Service => ({
  ...copy,
  metadata: { ...copy.metadata, name, uid: `uid-${name}`, resourceVersion: '9' },
  spec: {
    ...copy.spec,
    ...{ clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
  },
});

const canaryOf = (target: Service): Service => reconcileCanaryCopy(undefined, target, context).service;

describe('the canary Service of a Service target', () => {
  it('D18: is a copy under our name, of nothing that is allocated or that opens it to the outside', () => {
    expect(canaryOf(v1)).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'shop-canary',
        namespace: 'test',
        labels: {},
        annotations: fluxOffSwitch,
        ownerReferences: [owner],
      },
      spec: {
        type: 'ClusterIP',
        selector: { app: 'podinfo', version: 'v1' },
        ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 9898 }],
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        internalTrafficPolicy: 'Cluster',
        sessionAffinity: 'None',
      },
    });
  });

  it('is headless when the target is, and takes fields along that are not known here', () => {
    const { spec } = canaryOf(aService({ clusterIP: 'None', publishNotReadyAddresses: true }));
    expect(spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
  });

  it('D46: is not written when it is as wanted, and keeps its addresses when it is', () => {
    const live = served(canaryOf(v1), 'shop-canary');
    expect(reconcileCanaryCopy(live, v1, context).kind).toBe('none');
    const change = reconcileCanaryCopy(live, v2, context);
    expect(change.kind).toBe('replace');
    expect(change.service.metadata.resourceVersion).toBe('9');
    expect(change.service.spec).toMatchObject({ clusterIP: '10.96.0.9', selector: { version: 'v2' } });
  });

  it('has the labels that the setting lets through and those that the Canary asks for', () => {
    const target = aService({}, { labels: { 'team/name': 'blue', other: 'x' }, annotations: { 'team/a': 'b' } });
    const asked = { labels: { tier: 'web' }, annotations: {} };
    const { metadata } = reconcileCanaryCopy(undefined, target, {
      ...context,
      service: aServiceSpec({ canary: asked }),
      includeLabelPrefix: ['team/'],
    }).service;
    expect(metadata.labels).toEqual({ 'team/name': 'blue', tier: 'web' });
    expect(metadata.annotations).toEqual({ 'team/a': 'b', ...fluxOffSwitch });
  });
});

describe('serviceRevision', () => {
  it.each<[string, Service]>([
    ['what the cluster allocates', aService({ clusterIP: '10.96.9.9', clusterIPs: ['10.96.9.9'] })],
    ['how it is opened to the outside', aService({ type: 'NodePort', externalIPs: ['1.2.3.4'] })],
    ['a default that is written out', aService({ sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' })],
    ['the metadata', aService({}, { labels: { a: 'b' }, resourceVersion: '99' })],
  ])('is not changed by %s', (_what, service) => {
    expect(serviceRevision(service)).toBe(serviceRevision(aService()));
  });

  it.each<[string, object]>([
    ['the selector', { selector: { app: 'podinfo', version: 'v2' } }],
    ['a port', { ports: [{ name: 'http', port: 80, targetPort: 9999 }] }],
    ['a field that is not known here', { publishNotReadyAddresses: true }],
  ])('is changed by %s', (_what, spec) => {
    expect(serviceRevision(aService(spec))).not.toBe(serviceRevision(aService()));
  });

  it('is that of the copies', () => {
    expect(serviceRevision(canaryOf(v1))).toBe(serviceRevision(v1));
  });
});

describe('the primary Service of a Service target', () => {
  const primary = served(newPrimaryService(v1, serviceRevision(v1), context), 'shop-primary');

  it('carries the revision that it was made from', () => {
    expect(primary.metadata.annotations).toEqual({ ...fluxOffSwitch, 'flagger.app/revision': serviceRevision(v1) });
  });

  it('R2: takes over the target at promotion, keeps owner and cluster IP, and changes nothing when done twice', () => {
    const revision = serviceRevision(v2);
    const once = promotedService(primary, v2, revision, context);
    expect(once.spec).toMatchObject({ clusterIP: '10.96.0.9', selector: { version: 'v2' }, type: 'ClusterIP' });
    expect(once.metadata).toMatchObject({
      ownerReferences: [owner],
      resourceVersion: '9',
      annotations: { 'flagger.app/revision': revision },
    });
    expect(promotedService(once, v2, revision, context)).toEqual(once);
  });

  it('D50: is not made from a target that leads elsewhere than what was analysed', () => {
    expect(() => promotedService(primary, v2, serviceRevision(v1), context)).toThrow(TemplateIsNotOfRevision);
    expect(() => newPrimaryService(v2, serviceRevision(v1), context)).toThrow(TemplateIsNotOfRevision);
  });

  it("is owned again when Flagger's promotion gave it the owners of the target", () => {
    const helm = { apiVersion: 'v1', kind: 'ConfigMap', name: 'release', uid: 'x', controller: true };
    const flaggers = { ...primary, metadata: { ...primary.metadata, ownerReferences: [helm], annotations: {} } };
    const { metadata, spec } = adoptedPrimaryService(flaggers, serviceRevision(v1), owner);
    expect(metadata.ownerReferences).toEqual([{ ...helm, controller: false }, owner]);
    expect(metadata.annotations).toEqual({ 'flagger.app/revision': serviceRevision(v1) });
    expect(spec).toEqual(primary.spec);
  });
});

describe('serviceTargetProblem', () => {
  it.each([
    [{}, undefined],
    [
      { type: 'ExternalName', selector: undefined },
      'service podinfo.test is of type ExternalName and has no endpoints, name one with a selector',
    ],
    [
      { selector: undefined },
      'service podinfo.test has no selector and copies of it would have no endpoints, give it one',
    ],
  ])('%j', (spec, expected) => {
    expect(serviceTargetProblem(aService(spec))).toBe(expected);
  });
});
