// SPDX-License-Identifier: Apache-2.0
import { cloudWatch } from './cloudwatch.js';
import { datadog } from './datadog.js';
import { dynatrace } from './dynatrace.js';
import { externalMetrics } from './external-metrics.js';
import { graphite } from './graphite.js';
import { influxDb1, influxDb2 } from './influxdb.js';
import type { MetricService } from './metric-service.js';
import { newRelicInsights, newRelicNerdGraph } from './newrelic.js';
import { prometheus } from './prometheus.js';
import { splunk } from './splunk.js';
import { stackdriver } from './stackdriver.js';

export type { MetricService } from './metric-service.js';
export { ProviderBench } from './provider-bench.js';
export { serviceAccountKey } from './stackdriver.js';

export { cloudWatch, datadog, dynatrace, externalMetrics, graphite, influxDb1, influxDb2 };
export { newRelicInsights, newRelicNerdGraph, prometheus, splunk, stackdriver };

/** Every kind of metrics server that can be asked, with each of the ways to ask it. */
export const metricServices: readonly MetricService[] = [
  prometheus,
  datadog,
  cloudWatch,
  newRelicInsights,
  newRelicNerdGraph,
  graphite,
  influxDb2,
  influxDb1,
  stackdriver,
  dynatrace,
  splunk,
  externalMetrics,
];
