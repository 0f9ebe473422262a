// SPDX-License-Identifier: Apache-2.0
/*
 * Judges a revision by metrics: built-in queries, inline queries, MetricTemplates; one provider file per kind of server.
 * It knows nothing of phases, weights or events: the caller says what to check, since when there is data, and what follows.
 * It never throws past a verdict and keeps nothing but connections, one Warning per server and, while an
 * analysis asks Skipper itself, what Skipper counted in the last minutes.
 * Missing data never passes; the texts of verdicts are Flagger's.
 * Main types: MetricChecker, MetricRequest, MetricVerdict, MetricValue, TemplateSource.
 */
export { recordAnalysis } from './counter-check.js';
export { boundsOf } from './bounds.js';
export { checksOf, createMetricChecker, type MetricChecker, type MetricCheckerDeps } from './metric-checker.js';
export type {
  Availability,
  MetricRequest,
  MetricSubject,
  MetricValue,
  MetricVerdict,
  TemplateSource,
} from './metric-request.js';
export { createPrometheusProvider } from './providers/prometheus.js';
export { ProviderConfigError, type KubernetesGet } from './providers/provider.js';
export {
  createSkipperCounters,
  endpointAddresses,
  type ReplicaSource,
  type SkipperCounters,
} from './skipper-counters/index.js';
