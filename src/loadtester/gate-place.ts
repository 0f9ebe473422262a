// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import type { ObjectKey } from '../api/kubernetes.js';
import type { LoadTesterSettings } from '../config/index.js';
import { version } from '../config/index.js';
import { ApiConnection, createKubeClient, isForbidden, type KubeClient, loadKubeConfig } from '../kube/index.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { errorText } from '../lib/operator-error.js';
import type { Random } from '../lib/random.js';
import { createConfigMapGates } from './config-map-gates.js';
import type { GateStore } from './gate.js';
import { createMemoryGates } from './memory-gates.js';

export interface GatePlaceDeps {
  readonly settings: Pick<LoadTesterSettings, 'gateConfigMap' | 'namespace' | 'kubeconfig'>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Where Kubernetes tells a pod its namespace. */
const namespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';
const requestTimeoutMs = 5_000;

/**
 * Finds the place where gates are kept: the ConfigMap, or the memory of this process when there is no cluster, or no
 * permission. Says in the log which. An API server that does not answer is asked again at each call.
 */
export async function findGatePlace(deps: GatePlaceDeps): Promise<GateStore> {
  const { log } = deps;
  const memory = (reason: string): GateStore => {
    log.warn({ reason }, 'Gates are kept in memory and close when the load tester restarts');
    return createMemoryGates();
  };
  const place = await configMapKey(deps);
  if (typeof place === 'string') return memory(place);
  try {
    const client = createClient(deps);
    const problem = await probe(client, place);
    if (isForbidden(problem)) return memory(errorText(problem));
    if (problem !== undefined) log.warn({ error: problem }, 'Gates are not readable now');
    log.info({ configMap: `${place.namespace}/${place.name}` }, 'Gates are kept in a ConfigMap');
    return createConfigMapGates(client, place);
  } catch (error) {
    return memory(errorText(error));
  }
}

/** The ConfigMap, or why there is none. */
async function configMapKey({ settings, environment }: GatePlaceDeps): Promise<ObjectKey | string> {
  const { gateConfigMap: name, kubeconfig } = settings;
  if (name === undefined) return '-gate-configmap is empty';
  const isInCluster = (environment.KUBERNETES_SERVICE_HOST ?? '') !== '';
  if (kubeconfig === undefined && !isInCluster) return 'not running in a cluster';
  const namespace = settings.namespace ?? (await podNamespace());
  if (namespace === undefined) return 'the namespace is not known: set -namespace';
  return { name, namespace };
}

async function podNamespace(): Promise<string | undefined> {
  try {
    return (await readFile(namespaceFile, 'utf8')).trim();
  } catch {
    // The pod has no service account token.
    return undefined;
  }
}

function createClient({ settings, clock, random }: GatePlaceDeps): KubeClient {
  const kubeConfig = loadKubeConfig({ kubeconfig: settings.kubeconfig });
  const userAgent = `flagger-loadtester/${version}`;
  const connection = new ApiConnection({ kubeConfig, userAgent, clock, requestTimeoutMs });
  return createKubeClient({ connection, clock, random, rateLimit: { qps: 50, burst: 100 } });
}

/** @returns what stands in the way of reading the ConfigMap */
async function probe(client: KubeClient, place: ObjectKey): Promise<unknown> {
  try {
    await createConfigMapGates(client, place).list();
    return undefined;
  } catch (error) {
    return error;
  }
}
