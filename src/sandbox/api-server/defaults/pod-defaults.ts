// SPDX-License-Identifier: Apache-2.0
import {
  isObject,
  mapField,
  mapItems,
  objectAt,
  objectsAt,
  textAt,
  withDefaults,
  withFields,
  type JsonObject,
} from '../json.js';
import { isChecked } from '../types/checked-values.js';
import { objectType } from '../types/type-table.js';

/** What the API server fills into the pod template of a workload. */
export function templateDefaults(spec: JsonObject): JsonObject {
  return mapField(spec, 'template', (template) => mapField(template, 'spec', podSpecDefaults));
}

/** What it fills into a pod, beside that. */
export function podDefaults(pod: JsonObject): JsonObject {
  return mapField(pod, 'spec', (spec) => {
    const filled = withDefaults(podSpecDefaults(spec), { enableServiceLinks: true });
    return mapItems(mapItems(filled, 'containers', requestsFromLimits), 'initContainers', requestsFromLimits);
  });
}

const podSpecValues: JsonObject = {
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
  dnsPolicy: 'ClusterFirst',
  securityContext: {},
  schedulerName: 'default-scheduler',
};

/** Type of a pod's specification, in a pod or in a template. */
export const podSpecType = objectType('core.v1.PodSpec');

function podSpecDefaults(spec: JsonObject): JsonObject {
  if (isChecked(spec, podSpecType)) return spec;
  let filled = withDefaults(withAccount(spec), podSpecValues);
  filled = mapItems(filled, 'volumes', volumeDefaults);
  const container = filled.hostNetwork === true ? hostContainerDefaults : containerDefaults;
  filled = mapItems(filled, 'containers', container);
  return mapItems(filled, 'initContainers', container);
}

/** The account has an old name, too. Both are kept in step. */
function withAccount(spec: JsonObject): JsonObject {
  const account = textAt(spec, 'serviceAccountName') || textAt(spec, 'serviceAccount');
  if (account === '' || (spec.serviceAccountName === account && spec.serviceAccount === account)) return spec;
  return { ...spec, serviceAccountName: account, serviceAccount: account };
}

function containerDefaults(container: JsonObject): JsonObject {
  let filled = withDefaults(container, {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: pullPolicy(textAt(container, 'image')),
  });
  filled = mapItems(filled, 'ports', portDefaults);
  filled = mapItems(filled, 'env', envDefaults);
  for (const probe of probes) filled = mapField(filled, probe, probeDefaults);
  return mapField(filled, 'lifecycle', lifecycleDefaults);
}

const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'];

/** In the node's own network a container's port is the node's. */
function hostContainerDefaults(container: JsonObject): JsonObject {
  return mapItems(containerDefaults(container), 'ports', (port) =>
    withDefaults(port, { hostPort: port.containerPort }),
  );
}

const portValues: JsonObject = { protocol: 'TCP' };

function portDefaults(port: JsonObject): JsonObject {
  return withDefaults(port, portValues);
}

/** A tag that moves is pulled each time. */
function pullPolicy(image: string): string {
  const name = image.slice(image.lastIndexOf('/') + 1);
  if (name.includes('@')) return 'IfNotPresent';
  const tag = name.split(':')[1] ?? 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

const fieldRefValues: JsonObject = { apiVersion: 'v1' };

function withFieldRef(holder: JsonObject): JsonObject {
  return mapField(holder, 'fieldRef', (reference) => withDefaults(reference, fieldRefValues));
}

function envDefaults(variable: JsonObject): JsonObject {
  return mapField(variable, 'valueFrom', withFieldRef);
}

const probeValues: JsonObject = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };

function probeDefaults(probe: JsonObject): JsonObject {
  return mapField(withHttpGet(withDefaults(probe, probeValues)), 'grpc', (grpc) => withDefaults(grpc, { service: '' }));
}

const httpGetValues: JsonObject = { path: '/', scheme: 'HTTP' };

function withHttpGet(handler: JsonObject): JsonObject {
  return mapField(handler, 'httpGet', (get) => withDefaults(get, httpGetValues));
}

function lifecycleDefaults(lifecycle: JsonObject): JsonObject {
  return mapField(mapField(lifecycle, 'postStart', withHttpGet), 'preStop', withHttpGet);
}

/** 0644 */
const fileMode: JsonObject = { defaultMode: 0o644 };

function volumeDefaults(volume: JsonObject): JsonObject {
  const hasSource = Object.keys(volume).some((field) => field !== 'name');
  if (!hasSource) return { ...volume, emptyDir: {} };
  let filled = volume;
  for (const source of ['configMap', 'secret', 'downwardAPI', 'projected']) {
    filled = mapField(filled, source, (files) => withDefaults(files, fileMode));
  }
  filled = mapField(filled, 'hostPath', (path) => withDefaults(path, { type: '' }));
  filled = mapField(filled, 'downwardAPI', (files) => mapItems(files, 'items', withFieldRef));
  return mapField(filled, 'projected', (projected) => mapItems(projected, 'sources', projectionDefaults));
}

function projectionDefaults(source: JsonObject): JsonObject {
  const filled = mapField(source, 'serviceAccountToken', (token) => withDefaults(token, { expirationSeconds: 3600 }));
  return mapField(filled, 'downwardAPI', (files) => mapItems(files, 'items', withFieldRef));
}

/** Of a pod, but not of a template, a limit without a request is the request. */
function requestsFromLimits(container: JsonObject): JsonObject {
  return mapField(container, 'resources', (resources) => {
    const limits = resources.limits;
    if (!isObject(limits)) return resources;
    const requests = withDefaults(objectAt(resources, 'requests'), limits);
    return requests === resources.requests ? resources : withFields(resources, { requests });
  });
}

/** The pod's quality of service: what is evicted first. */
export function qualityOfService(spec: JsonObject): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')];
  const resources = containers.map((container) => objectAt(container, 'resources'));
  const isReserved = resources.some(
    (each) => Object.keys(objectAt(each, 'limits')).length + Object.keys(objectAt(each, 'requests')).length > 0,
  );
  if (!isReserved) return 'BestEffort';
  return resources.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

function isGuaranteed(resources: JsonObject): boolean {
  const limits = objectAt(resources, 'limits');
  const requests = objectAt(resources, 'requests');
  return ['cpu', 'memory'].every((name) => limits[name] !== undefined && limits[name] === requests[name]);
}
