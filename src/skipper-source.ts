// SPDX-License-Identifier: Apache-2.0
import { skipperMetricsServer } from './api/names.js';
import {
  createSkipperCounters,
  endpointAddresses,
  recordAnalysis,
  type ReplicaSource,
  type SkipperCounters,
} from './analysis/index.js';
import type { Settings } from './config/index.js';
import type { EventNotice } from './controller/index.js';
import { type Reader, resources } from './kube/index.js';
import type { Clock } from './lib/clock.js';
import type { HttpClient } from './lib/http-client.js';
import type { Logger } from './lib/logger.js';

export interface SkipperSourceDeps {
  readonly settings: Settings;
  readonly reader: Pick<Reader, 'list'>;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Skipper's own counters, at the replicas that the settings name. */
export function skipperCounters(deps: SkipperSourceDeps): SkipperCounters {
  return createSkipperCounters({ ...deps, replicas: replicaSource(deps) });
}

function replicaSource({ settings, reader }: Pick<SkipperSourceDeps, 'settings' | 'reader'>): ReplicaSource {
  const { skipperMetricsAddresses, skipperMetricsPort, skipperNamespace, skipperSelector } = settings;
  if (skipperMetricsAddresses.length > 0)
    return { place: '-skipper-metrics-addresses', list: () => Promise.resolve(skipperMetricsAddresses) };
  const labelSelector = skipperSelector ?? '';
  return {
    place: `EndpointSlices with ${labelSelector} in namespace ${skipperNamespace ?? '(all)'}`,
    list: async (signal) => {
      const slices = await reader.list(resources.endpointSlices, skipperNamespace, { labelSelector, signal });
      return endpointAddresses(slices, skipperMetricsPort);
    },
  };
}

/**
 * Begins to record with the event that tells of a weight, not only with the check one interval later: the first check then
 * has data of the whole interval. The event of each further step renews it.
 */
export function recordFromEvents(
  counters: Pick<SkipperCounters, 'record'>,
  { metricsServer }: Pick<Settings, 'metricsServer'>,
): (notice: EventNotice) => void {
  return ({ canary, spec, phase }) => {
    const isAsked = (spec?.metricsServer ?? metricsServer) === skipperMetricsServer;
    if (spec === undefined || !isAsked || phase !== 'Progressing') return;
    const { name, namespace = '' } = canary.metadata;
    const analysis = {
      canary: { name, namespace },
      targetName: spec.target.name,
      serviceName: spec.service.name,
      ...(spec.ingressName === undefined ? {} : { ingressName: spec.ingressName }),
      provider: spec.provider,
      metrics: spec.analysis.metrics,
      analysisIntervalMs: spec.analysis.intervalMs,
    };
    // Whether this step is a mirrored one or has weight, the event does not tell.
    for (const mirrored of spec.analysis.mirror ? [true, false] : [false])
      recordAnalysis(counters, { ...analysis, mirrored });
  };
}
