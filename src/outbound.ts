// SPDX-License-Identifier: Apache-2.0
import { readMetricTemplate } from './api/metric-template.js';
import {
  createMetricChecker,
  type KubernetesGet,
  type SkipperCounters,
  type TemplateSource,
} from './analysis/index.js';
import type { ProxySettings } from './lib/proxy-settings.js';
import type { Settings } from './config/index.js';
import {
  type AlertNotice,
  type CheckSubject,
  type CheckTools,
  type ClusterCache,
  createPartRunner,
  type EventNotice,
  SecretDataReader,
} from './controller/index.js';
import { createHookCaller } from './hooks/index.js';
import type { EventRecorder, Reader } from './kube/index.js';
import { systemClock } from './lib/clock.js';
import { createHttpClient, type HttpClient } from './lib/http-client.js';
import type { Logger } from './lib/logger.js';
import { systemRandom } from './lib/random.js';
import { createNotifications } from './notifications.js';
import type { Metrics } from './observability/index.js';
import { recordFromEvents, skipperCounters } from './skipper-source.js';

export interface OutboundDeps {
  readonly settings: Settings;
  readonly proxy: ProxySettings;
  /** Of the process: where metric providers find the identity of the pod. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly kubernetes: KubernetesGet;
  readonly cache: ClusterCache;
  readonly reader: Pick<Reader, 'get' | 'list'>;
  readonly metrics: Metrics;
  /** For Events about alerts that nobody got. */
  readonly recorder: Pick<EventRecorder, 'record'>;
  readonly log: Logger;
}

/** Everything that goes out besides the cluster's API: metric queries, hooks, event webhooks, alerts. */
export interface Outbound {
  readonly runPart: ReturnType<typeof createPartRunner>;
  readonly sendEvent: (notice: EventNotice) => void;
  readonly sendAlert: (notice: AlertNotice) => void;
  /** Gives what is queued a moment, then closes all connections. */
  readonly close: () => Promise<void>;
}

/** For event webhooks and alerts that are still to be sent when the process ends. */
const flushMs = 2_000;

export function createOutbound(deps: OutboundDeps): Outbound {
  const { settings, proxy, cache, reader, metrics, log } = deps;
  const random = systemRandom;
  const secrets = new SecretDataReader(reader, cache.secrets);
  const http = createHttpClient({ clock: systemClock, proxy });
  const counters = skipperCounters({ settings, reader, http, clock: systemClock, log });
  const record = recordFromEvents(counters, settings);
  const hooks = createHookCaller({
    clock: systemClock,
    random,
    log,
    proxy,
    readSecret: (key, signal) => secrets.read(key, signal),
  });
  const notifications = createNotifications({ ...deps, hooks, http, secrets });

  return {
    runPart: createPartRunner({
      ...metricTools(deps, { http, counters, secrets }),
      hooks: measuredHooks(hooks, metrics),
      clock: systemClock,
    }),
    sendEvent: (notice) => {
      record(notice);
      notifications.sendEvent(notice);
    },
    sendAlert: (notice) => notifications.sendAlert(notice),
    close: async () => {
      await notifications.close(flushMs);
      counters.close();
      hooks.close();
      http.close();
    },
  };
}

interface MetricSources {
  readonly http: HttpClient;
  readonly counters: SkipperCounters;
  readonly secrets: SecretDataReader;
}

function metricTools(
  { cache, settings, metrics, log, kubernetes, environment }: OutboundDeps,
  { http, counters, secrets }: MetricSources,
): Pick<CheckTools, 'checkMetrics' | 'checkAvailability' | 'onVerdict'> {
  const checker = createMetricChecker({
    clock: systemClock,
    log,
    http,
    kubernetes,
    environment,
    templates: templateSource(cache, secrets),
    metricsServer: settings.metricsServer ?? '',
    counters,
  });
  return {
    checkMetrics: (request) => checker.run(request),
    checkAvailability: (subject) => checker.checkAvailability(subject),
    onVerdict: (subject, { values }) => {
      for (const { metric, value, unit } of values) {
        if (value === undefined) continue;
        setMetricValue(metrics, subject, metric, unit === 'milliseconds' ? value / 1_000 : value);
      }
    },
  };
}

function setMetricValue({ canaries }: Metrics, { canary, spec }: CheckSubject, metric: string, value: number): void {
  const { name, namespace = '' } = canary.metadata;
  canaries.setMetricValue({ name, namespace, target: spec.target.name }, metric, value);
}

function measuredHooks(hooks: CheckTools['hooks'], { operator }: Metrics): CheckTools['hooks'] {
  return {
    call: async (webhook, payload, signal) => {
      const startedMs = systemClock.monotonicMs();
      const result = await hooks.call(webhook, payload, signal);
      operator.observeHook(webhook.type, result.kind, (systemClock.monotonicMs() - startedMs) / 1_000);
      return result;
    },
  };
}

/** Templates as the watch has them; Secrets are looked up when a check needs them, so that a rotated one is used. */
function templateSource(cache: ClusterCache, secrets: SecretDataReader): TemplateSource {
  return {
    template: (key) => {
      const object = cache.metricTemplates.store.get(key);
      return object === undefined ? undefined : readMetricTemplate(object);
    },
    secret: (key) => secrets.read(key),
  };
}
