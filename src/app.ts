// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { Registry } from 'prom-client';
import { effectiveSettings, leaseNamespace, revision, type Settings, version } from './config/index.js';
import { ClusterCache, createPartRunner, Operator } from './controller/index.js';
import type { KubeClient, ReflectorActivity } from './kube/index.js';
import { ApiConnection, createEventRecorder, createKubeClient, LeaderElector, loadKubeConfig } from './kube/index.js';
import { systemClock } from './lib/clock.js';
import { linkSignals } from './lib/link-signals.js';
import { errorText } from './lib/operator-error.js';
import { systemRandom } from './lib/random.js';
import {
  collectProcessMetrics,
  createLogger,
  createMetrics,
  type Metrics,
  type ProcessLogger,
  startHttpServer,
} from './observability/index.js';

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
    return await serve(settings, signal, log);
  } catch (error) {
    if (signal.aborted) return 0;
    log.fatal({ error }, errorText(error));
    return 1;
  }
}
