// SPDX-License-Identifier: Apache-2.0
import type { MetricProviderType } from '../api/metric-template.js';
import { createCloudWatchProvider } from './providers/cloudwatch.js';
import { createDatadogProvider } from './providers/datadog.js';
import { createDynatraceProvider } from './providers/dynatrace.js';
import { createExternalMetricsProvider } from './providers/external-metrics.js';
import { createGraphiteProvider } from './providers/graphite.js';
import { createInfluxDbProvider } from './providers/influxdb.js';
import { createKeptnProvider } from './providers/keptn.js';
import { createNewRelicProvider } from './providers/newrelic.js';
import { createPrometheusProvider } from './providers/prometheus.js';
import type { ProviderFactory } from './providers/provider.js';
import { withoutSecrets } from './providers/redacted-provider.js';
import { createSplunkProvider } from './providers/splunk.js';
import { createStackdriverProvider } from './providers/stackdriver.js';

/** One entry per kind of metrics server. */
const factories: Readonly<Record<MetricProviderType, ProviderFactory>> = {
  prometheus: createPrometheusProvider,
  influxdb: createInfluxDbProvider,
  datadog: createDatadogProvider,
  externalmetrics: createExternalMetricsProvider,
  stackdriver: createStackdriverProvider,
  cloudwatch: createCloudWatchProvider,
  newrelic: createNewRelicProvider,
  graphite: createGraphiteProvider,
  dynatrace: createDynatraceProvider,
  keptn: createKeptnProvider,
  splunk: createSplunkProvider,
};

/** The factory for a kind that a MetricTemplate names. */
export function providerFactory(type: MetricProviderType): ProviderFactory {
  return withoutSecrets(factories[type]);
}
