// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adminApiUrl, api, resourcePath } from './api.js';
import { type Credentials, makeCredentials } from './credentials.js';
import type { ProcessSpec } from './process.js';
import type { Supervisor } from './supervisor.js';
import { waitFor } from './wait.js';

export const apiServerAddress = '10.0.0.1';
export const apiServerPort = 6443;
/** The one node; nothing runs on it, KWOK only reports that its pods do. */
export const nodeName = 'kwok-0';

/** The controllers that a rollout needs, by their canonical names. */
const controllers = [
  'deployment-controller',
  'replicaset-controller',
  'daemonset-controller',
  'endpointslice-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'horizontal-pod-autoscaler-controller',
];

/** Requests of ServiceAccounts are recorded, one line each; the rest of the control plane would drown them. */
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', userGroups: ['system:serviceaccounts'] }, { level: 'None' }],
};

export interface ControlPlanePaths {
  readonly data: string;
  readonly auditLog: string;
  /** Folder with KWOK's own stage files. */
  readonly stages: string;
}

/** These programs would collect garbage all the time with the usual value; memory is what a machine for tests has most of. */
const lazyCollector = { GOGC: '400' };

/** Starts etcd, kube-apiserver, kube-controller-manager and KWOK with one node, and waits until all work. */
export async function startControlPlane(supervisor: Supervisor, paths: ControlPlanePaths): Promise<Credentials> {
  mkdirSync(join(paths.data, 'pki'), { recursive: true });
  const credentials = makeCredentials(join(paths.data, 'pki'), apiServerAddress, apiServerPort);
  const policyFile = join(paths.data, 'audit-policy.json');
  writeFileSync(policyFile, JSON.stringify(auditPolicy));

  supervisor.start(etcd(join(paths.data, 'etcd')));
  supervisor.start(apiServer(credentials, policyFile, paths.auditLog));
  supervisor.start({
    name: 'kubectl-proxy',
    command: 'kubectl',
    args: [
      ...[`--kubeconfig=${credentials.kubeconfig.bench}`, 'proxy', `--port=${new URL(adminApiUrl).port}`],
      '--reject-paths=^$',
    ],
  });
  await waitFor('kube-apiserver is ready', async () => (await fetch(`${adminApiUrl}/readyz`)).ok);
  supervisor.start(controllerManager(credentials));
  supervisor.start(kwok(credentials, paths.data, paths.stages));
  await api.create(resourcePath('nodes'), {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName, annotations: { 'kwok.x-k8s.io/node': 'fake' } },
  });
  // The API server taints a new node, and no controller is there to take that back: DaemonSets would leave it alone.
  await api.patch(resourcePath('nodes', undefined, nodeName), { spec: { taints: null } });
  return credentials;
}

function etcd(dataDir: string): Omit<ProcessSpec, 'logFile'> {
  const url = 'http://127.0.0.1:2379';
  const peer = 'http://127.0.0.1:2380';
  return {
    name: 'etcd',
    env: lazyCollector,
    command: 'etcd',
    args: [
      ...[`--data-dir=${dataDir}`, `--listen-client-urls=${url}`, `--advertise-client-urls=${url}`],
      ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=default=${peer}`],
    ],
  };
}

function apiServer(credentials: Credentials, policyFile: string, auditLog: string): Omit<ProcessSpec, 'logFile'> {
  return {
    name: 'kube-apiserver',
    env: lazyCollector,
    command: 'kube-apiserver',
    args: [
      '--etcd-servers=http://127.0.0.1:2379',
      `--bind-address=${apiServerAddress}`,
      `--advertise-address=${apiServerAddress}`,
      `--secure-port=${apiServerPort}`,
      `--tls-cert-file=${credentials.serverCertFile}`,
      `--tls-private-key-file=${credentials.serverKeyFile}`,
      `--token-auth-file=${credentials.tokenFile}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${credentials.serviceAccountPublicFile}`,
      `--service-account-signing-key-file=${credentials.serviceAccountKeyFile}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      // Pods of the tests name no ServiceAccount, and no controller makes the default one.
      '--disable-admission-plugins=ServiceAccount',
      // Debian's etcd cannot serve streamed lists, and KWOK's watches, which the API server would take for such, break off.
      '--feature-gates=WatchList=false',
      `--audit-policy-file=${policyFile}`,
      `--audit-log-path=${auditLog}`,
      '--audit-log-maxsize=1000',
    ],
  };
}

function controllerManager(credentials: Credentials): Omit<ProcessSpec, 'logFile'> {
  return {
    name: 'kube-controller-manager',
    env: lazyCollector,
    command: 'kube-controller-manager',
    args: [
      `--kubeconfig=${credentials.kubeconfig['kube-controller-manager']}`,
      `--controllers=${controllers.join(',')}`,
      '--leader-elect=false',
      '--horizontal-pod-autoscaler-sync-period=2s',
      '--kube-api-qps=200',
      '--kube-api-burst=400',
    ],
  };
}

function kwok(credentials: Credentials, dataDir: string, stagesDir: string): Omit<ProcessSpec, 'logFile'> {
  const stages = ['node-initialize', 'pod-delete'].map((stage) => join(stagesDir, `${stage}.yaml`));
  return {
    name: 'kwok',
    command: 'kwok',
    env: { HOME: dataDir },
    args: [
      `--kubeconfig=${credentials.kubeconfig.kwok}`,
      '--manage-all-nodes=true',
      `--node-ip=${apiServerAddress}`,
      ...[...stages, 'test/e2e/bench/pod-ready.yaml'].flatMap((file) => ['--config', file]),
    ],
  };
}
