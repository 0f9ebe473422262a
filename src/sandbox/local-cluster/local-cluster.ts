// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { Random } from '../../lib/random.js';
import { ApiServer, openApiDoor } from '../api-server/index.js';
import { startControllers, type Controllers, type PodPlan } from '../cluster/index.js';
import { createSkipperDouble } from '../skipper-double/index.js';
import { listen } from '../skipper-double/listener.js';
import { clusterSource } from './cluster-source.js';
import { PodHost, type Program } from './pod-host.js';
import { serviceProxy } from './service-proxy.js';
import { testerProgram } from './tester.js';

export interface LocalClusterOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** How pods come and go. Default: ready a second after they were created, and serving on for one after their deletion. */
  readonly pods?: PodPlan;
  /** Pause between two looks of Skipper at the cluster. Default 500. */
  readonly skipperPollMs?: number;
}

/** A running cluster: everything listens on 127.0.0.1, on ports that were free. */
export interface LocalCluster {
  readonly api: ApiServer;
  /** Of the API server. */
  readonly url: string;
  /** Where Skipper serves the apps, by their host names. */
  readonly appUrl: string;
  /** Where Skipper has its metrics. */
  readonly skipperMetricsUrl: string;
  /** HTTP proxy that knows the names of Services. */
  readonly serviceProxyUrl: string;
  /** Content of a file for kubectl and for the operator. */
  readonly kubeconfig: string;
  readonly controllers: Controllers;
  readonly pods: PodHost;
  stop(): Promise<void>;
}

const quickPods: PodPlan = { scheduleMs: 50, startMs: 450, readyMs: 500, drainMs: 1_000 };
/** The load tester's image, by a part of its name. */
const testerImage = 'flagger-loadtester';
const loopback = { host: '127.0.0.1', port: 0 };

/** Starts a whole cluster in this process: API server with HTTP door, controllers, pods as real servers, Skipper in front. */
export async function startLocalCluster(options: LocalClusterOptions): Promise<LocalCluster> {
  const { clock, random, log } = options;
  const api = new ApiServer({ clock, random });
  const door = await openApiDoor(api, loopback);
  const place = { url: '' };
  const programOf = (image: string): Program | undefined =>
    image.includes(testerImage) ? testerProgram(() => place.url) : undefined;
  const pods = new PodHost({ clock, random, plan: options.pods ?? quickPods, programOf });
  const names = await listen(loopback, serviceProxy({ api, dial: pods.dial, random }));
  place.url = names.url;
  const controllers = startControllers(api, { clock, pods: pods.runtime, writesEvents: true });
  const skipper = createSkipperDouble({
    source: clusterSource(api),
    listen: loopback,
    support: loopback,
    pollMs: options.skipperPollMs ?? 500,
    clock,
    random,
    log,
    dial: pods.dial,
    routes: { pathMode: 'path-prefix', httpsRedirect: false },
    metrics: { serveRoute: true, bucketsSeconds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] },
  });
  const { url: appUrl, supportUrl } = await skipper.start();
  return {
    api,
    url: door.url,
    appUrl,
    skipperMetricsUrl: supportUrl,
    serviceProxyUrl: names.url,
    kubeconfig: kubeconfigFor(door.url),
    controllers,
    pods,
    async stop() {
      controllers.stop();
      await skipper.stop();
      await names.close();
      await door.close();
      await pods.close();
    },
  };
}

/** JSON is YAML. Whoever comes in is an administrator, and kubectl asks for a password when there is no user. */
function kubeconfigFor(server: string): string {
  const name = 'sandbox';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user: { token: 'sandbox' } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'test' } }],
    'current-context': name,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
