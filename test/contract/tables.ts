// SPDX-License-Identifier: Apache-2.0
import {
  apps,
  autoscaling,
  canary,
  configMap,
  coordination,
  core,
  deployment,
  discovery,
  extensions,
  flagger,
  ingress,
  ingressPath,
  networking,
  podTemplate,
  rbac,
  replicaSet,
  selector,
  service,
} from './objects.js';

/** An object that is created; what comes of it is in recorded/. */
export interface Row {
  readonly group: string;
  readonly resource: string;
  readonly object: unknown;
  readonly isClusterWide?: true;
  readonly query?: string;
}

const named = (name: string, rest: object = {}): object => ({ metadata: { name }, ...rest });
const template = podTemplate();
const container = (fields: object): object => deployment('web', { template: podTemplate(fields) });
const pod = (spec: object): object => deployment('web', { template: podTemplate({}, spec) });
const deploymentRow = (object: object): Row => ({ group: apps, resource: 'deployments', object });
const serviceRow = (spec: object): Row => ({ group: core, resource: 'services', object: service('web', spec) });
const ingressRow = (spec: object): Row => ({ group: networking, resource: 'ingresses', object: ingress('web', spec) });
const hpaRow = (spec: object): Row => ({
  group: autoscaling,
  resource: 'horizontalpodautoscalers',
  object: named('web', {
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 4, ...spec },
  }),
});
const abTesting = { interval: '10s', threshold: 2, iterations: 10 };
const canaryRow = (spec: object): Row => ({ group: flagger, resource: 'canaries', object: canary('web', spec) });
const configRow = (object: unknown): Row => ({ group: core, resource: 'configmaps', object });
const backend = { service: { name: 'web', port: { number: 80 } } };
const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } };

/** Objects that are admitted: the API server fills them in, and the whole result is compared. */
export const admitted: Readonly<Record<string, Row>> = {
  'a minimal Deployment': deploymentRow(named('web', { spec: { replicas: 0, selector, template } })),
  'a Deployment with Recreate': deploymentRow(deployment('web', { strategy: { type: 'Recreate' } })),
  'a Deployment with half a strategy': deploymentRow(
    deployment('web', { strategy: { rollingUpdate: { maxSurge: 2 } } }),
  ),
  'a Deployment with zeros': deploymentRow(
    deployment('web', { replicas: 0, minReadySeconds: 0, paused: false, revisionHistoryLimit: 0 }),
  ),
  'a Deployment with unknown fields': deploymentRow({ ...deployment('web'), bogus: 1 }),
  'a Deployment with a status': deploymentRow({ ...deployment('web'), status: { replicas: 3, readyReplicas: 3 } }),
  'container ports, environment and probes': deploymentRow(
    container({
      ports: [{ name: 'http', containerPort: 9898 }],
      env: [
        { name: 'A', value: '' },
        { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'C', valueFrom: { configMapKeyRef: { name: 'config', key: 'c' } } },
        { name: 'D', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      ],
      envFrom: [{ secretRef: { name: 'secret' } }],
      readinessProbe: { httpGet: { port: 'http' } },
      livenessProbe: { exec: { command: ['true'] }, periodSeconds: 3 },
      startupProbe: { tcpSocket: { port: 80 } },
      lifecycle: { preStop: { httpGet: { port: 80, path: '/bye' } } },
    }),
  ),
  'images and their pull policy': deploymentRow(
    deployment('web', {
      template: podTemplate(
        {},
        {
          containers: [
            { name: 'a', image: 'web' },
            { name: 'b', image: 'web:latest' },
            { name: 'c', image: 'registry:5000/web' },
            { name: 'd', image: `web@sha256:${'0'.repeat(64)}` },
            { name: 'e', image: 'web:2', imagePullPolicy: 'Never' },
          ],
          initContainers: [{ name: 'init', image: 'init:1', securityContext: {} }],
        },
      ),
    }),
  ),
  'quantities in canonical form': deploymentRow(
    container({
      resources: {
        requests: { cpu: 0.5, memory: '1024Mi' },
        limits: { cpu: '1500m', memory: '1.5Gi', 'ephemeral-storage': '1e3' },
      },
    }),
  ),
  'volumes of every usual kind': deploymentRow(
    deployment('web', {
      template: podTemplate(
        { volumeMounts: [{ name: 'empty', mountPath: '/empty', readOnly: false }] },
        {
          volumes: [
            { name: 'empty' },
            { name: 'config', configMap: { name: 'config' } },
            { name: 'secret', secret: { secretName: 'secret', optional: true } },
            { name: 'host', hostPath: { path: '/host' } },
            { name: 'down', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
            {
              name: 'all',
              projected: {
                sources: [{ configMap: { name: 'config' } }, { serviceAccountToken: { path: 'token' } }],
              },
            },
          ],
        },
      ),
    }),
  ),
  'placement of pods': deploymentRow(
    pod({
      serviceAccountName: 'web',
      hostNetwork: true,
      terminationGracePeriodSeconds: 0,
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'a', operator: 'Exists' }],
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 1, podAffinityTerm: { labelSelector: selector, topologyKey: 'kubernetes.io/hostname' } },
          ],
        },
      },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: selector },
      ],
    }),
  ),
  'a ReplicaSet': { group: apps, resource: 'replicasets', object: replicaSet('web') },
  'a DaemonSet': {
    group: apps,
    resource: 'daemonsets',
    object: named('web', { spec: { selector, template: podTemplate({}, { nodeSelector: { none: 'such' } }) } }),
  },
  'a ControllerRevision': {
    group: apps,
    resource: 'controllerrevisions',
    object: named('web', { revision: 3, data: { spec: 1 } }),
  },
  'a Pod': {
    group: core,
    resource: 'pods',
    object: named('web', {
      spec: { containers: [{ name: 'web', image: 'web:1', resources: { limits: { cpu: '1' } } }] },
    }),
  },
  'a Pod with everything reserved': {
    group: core,
    resource: 'pods',
    object: named('web', {
      spec: {
        containers: [{ name: 'web', image: 'web:1', resources: { limits: { cpu: '1', memory: '1Gi' } } }],
        tolerations: [{ operator: 'Exists' }],
        nodeName: 'somewhere',
      },
    }),
  },
  'a Service': serviceRow({ selector: { app: 'web' } }),
  'a Service with named ports': serviceRow({
    ports: [
      { name: 'http', port: 80, targetPort: 'http' },
      { name: 'dns', port: 53, protocol: 'UDP', targetPort: 5353, appProtocol: 'dns' },
    ],
  }),
  'a headless Service': serviceRow({ clusterIP: 'None', selector: { app: 'web' } }),
  'a headless Service without selector or ports': {
    group: core,
    resource: 'services',
    object: named('web', { spec: { clusterIP: 'None' } }),
  },
  'a NodePort Service': serviceRow({ type: 'NodePort' }),
  'a LoadBalancer Service': serviceRow({ type: 'LoadBalancer' }),
  'an ExternalName Service': {
    group: core,
    resource: 'services',
    object: named('web', { spec: { type: 'ExternalName', externalName: 'example.com' } }),
  },
  'a ConfigMap': configRow(configMap('web', { a: 'b' })),
  'a ConfigMap without data': configRow(named('web', { data: {}, binaryData: { a: 'AAA=' }, immutable: false })),
  'metadata that a client may not set': configRow({
    metadata: {
      name: 'web',
      uid: 'mine',
      generation: 7,
      selfLink: '/me',
      creationTimestamp: '2020-01-01T00:00:00Z',
      labels: {},
      annotations: { a: '' },
    },
  }),
  'a Secret from text': {
    group: core,
    resource: 'secrets',
    object: named('web', { stringData: { a: 'b', c: '' }, data: { a: 'eA==', d: '' } }),
  },
  'a ServiceAccount': {
    group: core,
    resource: 'serviceaccounts',
    object: named('web', { automountServiceAccountToken: false }),
  },
  'an Event': {
    group: core,
    resource: 'events',
    object: named('web', {
      involvedObject: { kind: 'Pod', name: 'web', namespace: '$namespace' },
      count: 1,
      type: 'Normal',
      firstTimestamp: '2026-01-01T00:00:00+01:00',
    }),
  },
  'an Ingress': ingressRow({}),
  'an Ingress with TLS, class and default backend': ingressRow({
    ingressClassName: 'skipper',
    tls: [{ hosts: ['app.example.com'], secretName: 'tls' }, {}],
    defaultBackend: { service: { name: 'web', port: { name: 'http' } } },
  }),
  'an Ingress rule without paths': ingressRow({ rules: [{ host: 'app.example.com' }], defaultBackend: backend }),
  'a HorizontalPodAutoscaler': hpaRow({}),
  'a HorizontalPodAutoscaler with metrics and behaviour': hpaRow({
    minReplicas: 2,
    metrics: [cpu],
    behavior: {
      scaleDown: { stabilizationWindowSeconds: 60, policies: [{ type: 'Pods', value: 1, periodSeconds: 30 }] },
    },
  }),
  'an EndpointSlice': {
    group: discovery,
    resource: 'endpointslices',
    object: named('web', {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.3'], conditions: { ready: true } }],
      ports: [{ port: 80 }],
    }),
  },
  'an EndpointSlice without endpoints': {
    group: discovery,
    resource: 'endpointslices',
    object: named('web', { addressType: 'IPv4', endpoints: [] }),
  },
  'a Lease': {
    group: coordination,
    resource: 'leases',
    object: named('web', {
      spec: {
        holderIdentity: 'me',
        leaseDurationSeconds: 15,
        renewTime: '2026-01-01T00:00:00.123456Z',
        leaseTransitions: 0,
      },
    }),
  },
  'a Role': {
    group: rbac,
    resource: 'roles',
    object: named('web', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }),
  },
  'a RoleBinding': {
    group: rbac,
    resource: 'rolebindings',
    object: named('web', {
      roleRef: { kind: 'Role', name: 'web' },
      subjects: [
        { kind: 'ServiceAccount', name: 'web', namespace: 'web' },
        { kind: 'User', name: 'me' },
      ],
    }),
  },
  'a Canary': canaryRow({}),
  'a Canary with unknown fields and a status': {
    group: flagger,
    resource: 'canaries',
    object: {
      ...canary('web', { bogus: 1, service: { port: 80, bogus: {} } }),
      bogus: true,
      status: { phase: 'Failed' },
    },
  },
  'a Canary with A/B matches': canaryRow({
    analysis: {
      interval: '10s',
      threshold: 2,
      iterations: 10,
      match: [{ headers: { 'x-canary': { exact: 'insider' } } }],
      webhooks: [{ name: 'load', url: 'http://x/', timeout: '5s', metadata: { cmd: 'hey' } }],
    },
  }),
  'a Canary with A/B matches of query parameters': canaryRow({
    analysis: { ...abTesting, match: [{ queryParams: { beta: { exact: 'yes' }, any: {} } }] },
  }),
};

/** Objects that are refused: the whole Status is compared. */
export const refused: Readonly<Record<string, Row>> = {
  'no name': configRow({ data: {} }),
  'a name with capitals': configRow(named('Web')),
  'a name that is too long': configRow(named('a'.repeat(254))),
  'another namespace': configRow({ metadata: { name: 'web', namespace: 'elsewhere' } }),
  'another kind': configRow({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'web' } }),
  'an unknown kind': configRow({ apiVersion: 'v1', kind: 'Bogus', metadata: { name: 'web' } }),
  'another version': configRow({ apiVersion: 'v2', kind: 'ConfigMap', metadata: { name: 'web' } }),
  'data that is no text': configRow(named('web', { data: { a: 1 } })),
  'data that is a list': configRow(named('web', { data: [] })),
  'data keys of forbidden forms': configRow(named('web', { data: { '..': '', '': '', ['a'.repeat(254)]: '' } })),
  'labels of forbidden forms': configRow({
    metadata: { name: 'web', labels: { '/a': 'b', 'a/': 'b', 'A.b/c': 'd', ['a'.repeat(64)]: 'a'.repeat(64) } },
  }),
  'a bad data key': configRow(named('web', { data: { 'a/b': '' } })),
  'a key in data and binaryData': configRow(named('web', { data: { a: '' }, binaryData: { a: '' } })),
  'a bad label': configRow({ metadata: { name: 'web', labels: { '-a': 'b', c: 'd e' } } }),
  'a bad annotation': configRow({ metadata: { name: 'web', annotations: { 'a/b/c': '' } } }),
  'a label that is no text': configRow({ metadata: { name: 'web', labels: { a: 1 } } }),
  'a bad finalizer': configRow({ metadata: { name: 'web', finalizers: ['a b'] } }),
  'an empty owner reference': configRow({ metadata: { name: 'web', ownerReferences: [{}] } }),
  'two controllers': configRow({
    metadata: {
      name: 'web',
      ownerReferences: ['a', 'b'].map((name) => ({ apiVersion: 'v1', kind: 'Pod', name, uid: name, controller: true })),
    },
  }),
  'unknown fields, checked strictly': {
    ...deploymentRow({ ...container({ bogus: 1 }), bogus: 2 }),
    query: '?fieldValidation=Strict',
  },
  'an unknown field validation': { ...configRow(named('web')), query: '?fieldValidation=Bogus' },
  'an unknown dry run': { ...configRow(named('web')), query: '?dryRun=Some' },
  'an empty Deployment': deploymentRow(named('web')),
  'a Deployment without containers': deploymentRow(
    deployment('web', { template: { metadata: { labels: selector.matchLabels }, spec: {} } }),
  ),
  'labels that the selector does not match': deploymentRow(
    deployment('web', { selector: { matchLabels: { app: 'other' } } }),
  ),
  'an empty selector': deploymentRow(deployment('web', { selector: {} })),
  'negative replicas': deploymentRow(deployment('web', { replicas: -1 })),
  'replicas as text': deploymentRow(deployment('web', { replicas: '3' })),
  'half a replica': deploymentRow(deployment('web', { replicas: 1.5 })),
  'an unknown strategy': deploymentRow(deployment('web', { strategy: { type: 'Bogus' } })),
  'Recreate with a rolling update': deploymentRow(
    deployment('web', { strategy: { type: 'Recreate', rollingUpdate: {} } }),
  ),
  'no surge and no unavailability': deploymentRow(
    deployment('web', { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
  ),
  'a bad percentage': deploymentRow(deployment('web', { strategy: { rollingUpdate: { maxSurge: 'many' } } })),
  'a deadline before readiness': deploymentRow(deployment('web', { minReadySeconds: 30, progressDeadlineSeconds: 30 })),
  'a container without name and image': deploymentRow(container({ name: '', image: '' })),
  'a container with a bad name': deploymentRow(container({ name: 'Web_1' })),
  'two containers of one name': deploymentRow(
    pod({
      containers: [
        { name: 'a', image: 'a' },
        { name: 'a', image: 'b' },
      ],
    }),
  ),
  'a port out of range': deploymentRow(
    container({
      ports: [
        { containerPort: 70000, name: 'UP' },
        { containerPort: 80, protocol: 'ICMP' },
      ],
    }),
  ),
  'two ports of one name': deploymentRow(
    container({
      ports: [
        { name: 'http', containerPort: 80 },
        { name: 'http', containerPort: 81 },
      ],
    }),
  ),
  'an environment variable without name': deploymentRow(container({ env: [{ value: 'a' }, { name: 'a=b' }] })),
  'an environment variable with two sources': deploymentRow(
    container({
      env: [
        { name: 'a', value: 'b', valueFrom: { configMapKeyRef: { name: 'c', key: 'd' } } },
        { name: 'e', valueFrom: {} },
      ],
    }),
  ),
  'a bad quantity': deploymentRow(container({ resources: { limits: { cpu: 'much' } } })),
  'a request above its limit': deploymentRow(
    container({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }),
  ),
  'a mount without volume': deploymentRow(container({ volumeMounts: [{ name: 'none', mountPath: '/a' }] })),
  'two mounts of one path': deploymentRow(
    deployment('web', {
      template: podTemplate(
        {
          volumeMounts: [
            { name: 'v', mountPath: '/a' },
            { name: 'v', mountPath: '/a' },
          ],
        },
        { volumes: [{ name: 'v' }, { name: 'v' }, { name: 'w', configMap: {} }] },
      ),
    }),
  ),
  'a probe without handler': deploymentRow(
    container({ readinessProbe: {}, livenessProbe: { httpGet: { port: 80 }, successThreshold: 2 } }),
  ),
  'a restart policy for jobs': deploymentRow(pod({ restartPolicy: 'Never' })),
  'a ReplicaSet without anything': { group: apps, resource: 'replicasets', object: named('web') },
  'a DaemonSet without anything': { group: apps, resource: 'daemonsets', object: named('web') },
  'a Pod without containers': { group: core, resource: 'pods', object: named('web', { spec: {} }) },
  'a Service without ports': { group: core, resource: 'services', object: named('web', { spec: {} }) },
  'a Service with a bad name': { group: core, resource: 'services', object: service('1web') },
  'Service ports without names': serviceRow({ ports: [{ port: 80 }, { port: 81 }] }),
  'Service ports of one number': serviceRow({
    ports: [
      { name: 'a', port: 80 },
      { name: 'b', port: 80 },
    ],
  }),
  'Service ports out of range': serviceRow({ ports: [{ name: 'A', port: 0, targetPort: 70000, protocol: 'X' }] }),
  'an unknown Service type': serviceRow({ type: 'Bogus' }),
  'a clusterIP that is none': serviceRow({ clusterIP: 'here' }),
  'an ExternalName without name': serviceRow({ type: 'ExternalName' }),
  'an unknown session affinity': serviceRow({ sessionAffinity: 'Bogus' }),
  'an Ingress without rules': { group: networking, resource: 'ingresses', object: named('web', { spec: {} }) },
  'an Ingress path without type': ingressRow({ rules: [{ http: { paths: [ingressPath({ pathType: undefined })] } }] }),
  'an Ingress path of unknown type': ingressRow({ rules: [{ http: { paths: [ingressPath({ pathType: 'Bogus' })] } }] }),
  'an Ingress path that is not absolute': ingressRow({ rules: [{ http: { paths: [ingressPath({ path: 'a' })] } }] }),
  'an Ingress without backend': ingressRow({ rules: [{ http: { paths: [ingressPath({ backend: {} })] } }] }),
  'an Ingress backend without port': ingressRow({
    rules: [{ http: { paths: [ingressPath({ backend: { service: { name: 'web' } } })] } }],
  }),
  'an Ingress backend with two ports': ingressRow({
    rules: [
      { http: { paths: [ingressPath({ backend: { service: { name: 'Web_', port: { name: 'a', number: 1 } } } })] } },
    ],
  }),
  'an Ingress host that is an address': ingressRow({ rules: [{ host: '10.0.0.1', http: { paths: [ingressPath()] } }] }),
  'an Ingress host that is no name': ingressRow({ rules: [{ host: 'a_b', http: { paths: [] } }] }),
  'an autoscaler without maximum': hpaRow({ maxReplicas: 0 }),
  'an autoscaler with more minimum than maximum': hpaRow({ minReplicas: 5 }),
  'an autoscaler without target': hpaRow({ scaleTargetRef: { kind: '', name: '' } }),
  'an autoscaler metric without target': hpaRow({ metrics: [{ type: 'Resource' }, { type: 'Bogus' }] }),
  'an EndpointSlice without address type': {
    group: discovery,
    resource: 'endpointslices',
    object: named('web', { endpoints: [{ addresses: ['a'] }] }),
  },
  'an EndpointSlice with a name as address': {
    group: discovery,
    resource: 'endpointslices',
    object: named('web', { addressType: 'IPv4', endpoints: [{ addresses: ['a'] }] }),
  },
  'a Lease of no time': {
    group: coordination,
    resource: 'leases',
    object: named('web', { spec: { leaseDurationSeconds: 0 } }),
  },
  'a time that is none': {
    group: coordination,
    resource: 'leases',
    object: named('web', { spec: { renewTime: 'now' } }),
  },
  'a RoleBinding without role': {
    group: rbac,
    resource: 'rolebindings',
    object: named('web', { subjects: [{ kind: 'User' }] }),
  },
  'an Event about another namespace': {
    group: core,
    resource: 'events',
    object: named('web', { involvedObject: { kind: 'Pod', name: 'web', namespace: 'elsewhere' } }),
  },
  'a Canary without kind': { group: flagger, resource: 'canaries', object: named('web') },
  'a Canary with a bad name': { group: flagger, resource: 'canaries', object: canary('Web') },
  'a Canary without spec fields': { group: flagger, resource: 'canaries', object: { ...canary('web'), spec: {} } },
  'a Canary with a number for a spec': { group: flagger, resource: 'canaries', object: { ...canary('web'), spec: 1 } },
  'a Canary with values of wrong types': canaryRow({
    service: { port: 'x' },
    analysis: { interval: 5, threshold: 'x', iterations: 5 },
  }),
  'a Canary with an unknown target kind': canaryRow({ targetRef: { apiVersion: 'apps/v1', kind: 'Job' } }),
  'a Canary with two ways of stepping': canaryRow({
    analysis: { interval: '1m', threshold: 1, stepWeight: 5, stepWeights: [1], iterations: 1 },
  }),
  'a Canary without a way of stepping': canaryRow({ analysis: { interval: '1m', threshold: 1 } }),
  'a Canary with two conditions on one query parameter': canaryRow({
    analysis: { ...abTesting, match: [{ queryParams: { beta: { exact: 'yes', prefix: 'y' } } }] },
  }),
  'a Canary with null': canaryRow({ suspend: null, service: null }),
  'a Canary with unknown fields, checked strictly': { ...canaryRow({ bogus: 1 }), query: '?fieldValidation=Strict' },
  'a Canary with labels that are no text': {
    group: flagger,
    resource: 'canaries',
    object: { ...canary('web'), metadata: { name: 'web', labels: { a: 1 } } },
  },
  'a CustomResourceDefinition of another name': {
    group: extensions,
    resource: 'customresourcedefinitions',
    isClusterWide: true,
    object: named('things.example.com', {
      spec: {
        group: 'example.org',
        names: { kind: 'Thing', plural: 'things' },
        scope: 'Namespaced',
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    }),
  },
  'a namespace with a dot': { group: core, resource: 'namespaces', object: named('a.b'), isClusterWide: true },
};
