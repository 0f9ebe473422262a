// SPDX-License-Identifier: Apache-2.0
import { ProviderConfigError, type MetricProvider } from './provider.js';

/** @throws ProviderConfigError always: a MetricTemplate for Keptn is admitted, so that its Canary can say what to do */
export function createKeptnProvider(): MetricProvider {
  throw new ProviderConfigError(
    'keptn is not supported: the project was archived in September 2025; ask the source of the KeptnMetric itself, ' +
      'such as prometheus, dynatrace or datadog',
  );
}
