// SPDX-License-Identifier: Apache-2.0
import type { MetricProviderType } from '../api/metric-template.js';
import { createPrometheusProvider } from './providers/prometheus.js';
import { ProviderConfigError, type ProviderFactory } from './providers/provider.js';

/** One entry per supported kind of metrics server. */
const factories: ReadonlyMap<MetricProviderType, ProviderFactory> = new Map([['prometheus', createPrometheusProvider]]);

/** The factory for a kind that a MetricTemplate names. @throws ProviderConfigError for a kind without one */
export function providerFactory(type: MetricProviderType): ProviderFactory {
  const factory = factories.get(type);
  if (factory === undefined) throw new ProviderConfigError(`metrics provider ${type} is not supported`);
  return factory;
}
