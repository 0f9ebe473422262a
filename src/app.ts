// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Registry } from 'prom-client';
import {
  effectiveSettings,
  leaseNamespace,
  processEnvironment,
  proxySettings,
  revision,
  type Settings,
  version,
} from './config/index.js';
import { checkCustomResources, ClusterCache, Operator } from './controller/index.js';
import type { EventRecorder, KubeClient, ReflectorActivity } from './kube/index.js';
import { ApiConnection, createEventRecorder, createKubeClient, LeaderElector, loadKubeConfig } from './kube/index.js';
import { systemClock } from './lib/clock.js';
import { errorText } from './lib/operator-error.js';
import { systemRandom, systemToken } from './lib/random.js';
import {
  collectProcessMetrics,
  createLogger,
  createMetrics,
  type Metrics,
  type ProcessLogger,
  startHttpServer,
} from './observability/index.js';
import { createOutbound, type Outbound } from './outbound.js';

/**
 * Runs the operator until the signal is aborted.
 * @returns the exit code of the process: 0 after an abort, 1 when it cannot start or go on
 */
export async function runOperator(settings: Settings, signal: AbortSignal): Promise<number> {
  const log = createLogger({ level: settings.logLevel, encoding: settings.zapEncoding, clock: systemClock });
  log.info(
    { settings: effectiveSettings(settings) },
    `Starting flagger version ${version} revision ${revision} mesh provider ${settings.meshProvider}`,
  );
  try {
    return await start(settings, signal, log);
  } catch (error) {
    if (signal.aborted) return 0;
    log.fatal({ error }, errorText(error));
    return 1;
  }
}

/** Everything that lives as long as the process. */
interface Process {
  readonly settings: Settings;
  readonly log: ProcessLogger;
  readonly metrics: Metrics;
  readonly connection: ApiConnection;
}

async function start(settings: Settings, signal: AbortSignal, log: ProcessLogger): Promise<number> {
  const registry = new Registry();
  collectProcessMetrics(registry);
  const metrics = createMetrics(registry);
  metrics.canaries.setInfo(version, settings.meshProvider);
  const kubeConfig = loadKubeConfig(settings);
  const connection = new ApiConnection({ kubeConfig, userAgent: `flagger/${version}`, clock: systemClock });
  const running: Process = { settings, log, metrics, connection };
  const client = createClient(running, () => elector?.isLeading() ?? true);
  const elector = settings.enableLeaderElection ? createElector(running) : undefined;

  log.info({}, `Connected to Kubernetes API ${await client.serverVersion({ signal })}`);
  await checkCustomResources(client, settings.namespace);
  const cache = createCache(running, client);
  const outbound = createOutbound({
    settings,
    proxy: proxySettings(processEnvironment),
    environment: processEnvironment,
    kubernetes: (request) => connection.send({ method: 'GET', ...request }),
    cache,
    reader: client,
    // One of its own: what it counts is no part of a rollout's Events.
    recorder: createRecorder(client, log),
    metrics,
    log,
  });
  const server = await startHttpServer({
    port: settings.port,
    registry,
    missing: () => cache.unsynced(),
    clock: systemClock,
    log,
  });
  log.info({}, `Starting HTTP server on port ${server.port}`);
  if (settings.namespace !== undefined) log.info({}, `Watching namespace ${settings.namespace}`);

  const watching = cache.run(signal);
  const end = await lead(running, { client, cache, elector, outbound }, signal);
  await server.stop();
  log.info({}, 'HTTP server stopped');
  if (end === 'lost') return 1;
  await watching;
  await outbound.close();
  return 0;
}

interface Cluster {
  readonly client: KubeClient;
  readonly cache: ClusterCache;
  readonly elector: LeaderElector | undefined;
  readonly outbound: Outbound;
}

/** Works at once, or as soon as this replica is elected. */
async function lead(running: Process, cluster: Cluster, signal: AbortSignal): Promise<'stopped' | 'lost'> {
  const { metrics, log } = running;
  const { cache, elector } = cluster;
  log.info({}, 'Waiting for canary informer cache to sync');
  await cache.whenSynced(signal);
  const work = async (until: AbortSignal): Promise<void> => {
    metrics.operator.setLeader(true);
    await createOperator(running, cluster).run(until);
  };
  if (elector !== undefined)
    return elector.run(signal, { onStarted: work, onLost: () => metrics.operator.setLeader(false) });
  await work(signal);
  return 'stopped';
}

function createOperator({ settings, log, metrics }: Process, { client, cache, outbound }: Cluster): Operator {
  return new Operator({
    client,
    cache,
    recorder: createRecorder(client, log),
    metrics,
    runPart: outbound.runPart,
    sendEvent: outbound.sendEvent,
    sendAlert: outbound.sendAlert,
    clock: systemClock,
    random: systemRandom,
    newToken: systemToken,
    log,
    settings,
  });
}

function createRecorder(client: KubeClient, log: ProcessLogger): EventRecorder {
  return createEventRecorder({ client, clock: systemClock, log });
}

function createClient({ settings, connection, metrics }: Process, mayWrite: () => boolean): KubeClient {
  return createKubeClient({
    connection,
    clock: systemClock,
    random: systemRandom,
    rateLimit: { qps: settings.kubeconfigQps, burst: settings.kubeconfigBurst },
    mayWrite,
    onRequest: metrics.operator.observeApiRequest,
  });
}

function createElector(running: Process): LeaderElector {
  const { settings, log } = running;
  return new LeaderElector({
    client: createClient(running, () => true),
    namespace: leaseNamespace(settings) ?? '',
    identity: `${hostname()}_${randomUUID()}`,
    clock: systemClock,
    random: systemRandom,
    log,
  });
}

function createCache({ settings, log, metrics }: Process, client: KubeClient): ClusterCache {
  return new ClusterCache({
    client,
    namespace: settings.namespace,
    trackConfigs: settings.enableConfigTracking,
    clock: systemClock,
    random: systemRandom,
    log,
    onActivity: (activity) => measureWatch(metrics, activity),
  });
}

function measureWatch({ operator }: Metrics, activity: ReflectorActivity): void {
  switch (activity.kind) {
    case 'frame':
      operator.countWatchEvent(activity.resource, activity.frame);
      return;
    case 'watchEnded':
      operator.countWatchRestart(activity.resource, activity.error === undefined ? 'ended' : 'failed');
      return;
    case 'listFailed':
      operator.countWatchRestart(activity.resource, 'listFailed');
      return;
    case 'listed':
      return;
  }
}
