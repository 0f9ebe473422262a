// SPDX-License-Identifier: Apache-2.0
import { KubeConfig } from '@kubernetes/client-node';
import { errorText, OperatorError } from '../lib/operator-error.js';

export interface KubeConfigSource {
  /** Path of a kubeconfig file. Undefined or empty: the service account of the pod. */
  readonly kubeconfig?: string | undefined;
  /** URL that replaces the API server's address. Undefined or empty: as configured. */
  readonly master?: string | undefined;
}

/** No usable way to reach the API server is configured. */
export class InvalidKubeConfigError extends OperatorError {
  readonly code = 'INVALID_KUBECONFIG';
  readonly retry = 'never';
}

/**
 * Loads how to reach the API server, as client-go does for -kubeconfig and -master: the file, else the address alone
 * without credentials, else the pod's own service account.
 * @throws InvalidKubeConfigError
 */
export function loadKubeConfig({ kubeconfig = '', master = '' }: KubeConfigSource): KubeConfig {
  const kubeConfig = new KubeConfig();
  if (kubeconfig !== '') loadFile(kubeConfig, kubeconfig);
  else if (master === '') kubeConfig.loadFromCluster();
  const cluster = kubeConfig.getCurrentCluster() ?? { name: 'master', server: master, skipTLSVerify: false };
  const server = (master === '' ? cluster.server : master).replace(/\/+$/, '');
  if (!isHttpUrl(server)) throw new InvalidKubeConfigError(noServer(kubeconfig, master));
  // client-node refuses plain http unless told that TLS is not wanted, and ignores the CA of a context without a user.
  const skipTLSVerify = cluster.skipTLSVerify || server.startsWith('http:');
  const user = kubeConfig.getCurrentUser() ?? { name: 'anonymous' };
  kubeConfig.loadFromClusterAndUser({ ...cluster, server, skipTLSVerify }, user);
  return kubeConfig;
}

function loadFile(kubeConfig: KubeConfig, path: string): void {
  try {
    kubeConfig.loadFromFile(path);
  } catch (error) {
    throw new InvalidKubeConfigError(`Cannot read kubeconfig ${path}: ${errorText(error)}`, { cause: error });
  }
  if (kubeConfig.getCurrentCluster() === null) {
    throw new InvalidKubeConfigError(`Kubeconfig ${path} has no current-context that names a cluster`);
  }
}

function isHttpUrl(server: string): boolean {
  return URL.canParse(server) && /^https?:$/.test(new URL(server).protocol);
}

function noServer(kubeconfig: string, master: string): string {
  if (master !== '') return `-master is no http or https URL: ${master}`;
  if (kubeconfig !== '') return `Kubeconfig ${kubeconfig} names a server that is no http or https URL`;
  return 'Not running in a cluster (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set); use -kubeconfig';
}
