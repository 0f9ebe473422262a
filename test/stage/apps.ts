// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../src/api/kubernetes.js';
import type { TargetKind } from '../../src/api/rollout-spec.js';
import { resources, type ResourceKind } from '../../src/kube/index.js';
import type { Cluster } from '../../src/simulation/cluster.js';

/** Name of the app, its workload, Ingress and Canary. */
export const appName = 'podinfo';
export const firstVersion = '6.0.0';

/** An object that a user applies. */
export interface Applied {
  readonly kind: ResourceKind;
  readonly object: KubeObject & { readonly spec: unknown };
}

const image = (version: string): string => `ghcr.io/stefanprodan/podinfo:${version}`;

const podSpec = (version: string): object => ({
  containers: [{ name: appName, image: image(version), ports: [{ name: 'http', containerPort: 9898 }] }],
});

function workload(kind: 'Deployment' | 'DaemonSet', name: string, version: string, labels: object): Applied['object'] {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, labels: { app: appName } },
    spec: {
      ...(kind === 'Deployment' && { replicas: 2 }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(version) },
    },
  };
}

/** The user's own Service of the app. */
export function apexService(selector: object, ports: readonly object[] = [{ name: 'http', port: 80 }]): Applied {
  const object = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: appName },
    spec: { selector, ports: ports.map((port) => ({ targetPort: 9898, ...port })) },
  };
  return { kind: resources.services, object };
}

const versionLabels = (version: string): object => ({ app: appName, version });

/** What runs the app in its first version. With a Service as target each version is a Deployment of its own. */
export function appObjects(target: TargetKind): readonly Applied[] {
  switch (target) {
    case 'Deployment':
      return [{ kind: resources.deployments, object: workload(target, appName, firstVersion, { app: appName }) }];
    case 'DaemonSet':
      return [{ kind: resources.daemonSets, object: workload(target, appName, firstVersion, { app: appName }) }];
    case 'Service':
      return [deploymentOf(firstVersion), apexService(versionLabels(firstVersion))];
  }
}

/** The user rolls out another version. */
export function release(cluster: Cluster, target: TargetKind, version: string): void {
  const template = { spec: { template: { spec: podSpec(version) } } };
  switch (target) {
    case 'Deployment':
      cluster.patch(resources.deployments, appName, template);
      return;
    case 'DaemonSet':
      cluster.patch(resources.daemonSets, appName, template);
      return;
    case 'Service': {
      const { kind, object } = deploymentOf(version);
      cluster.create(kind, object);
      cluster.patch(resources.services, appName, { spec: { selector: { app: appName, version } } });
    }
  }
}

function deploymentOf(version: string): Applied {
  const object = workload('Deployment', `${appName}-${version}`, version, versionLabels(version));
  return { kind: resources.deployments, object };
}
