// SPDX-License-Identifier: Apache-2.0
/*
 * Skipper's own counters as a source of the built-in metrics: read from the replicas themselves, without any Prometheus.
 * It knows routes, requests and time; bounds, verdicts and texts are not its business.
 * Without a recording it makes no request and keeps nothing; a page of metrics is never held whole.
 * Data that may be older than what was asked for is left out, never guessed.
 * Main types: SkipperCounters (record, read), CounterReading, ReplicaSource (where the replicas are).
 */
export { endpointAddresses } from './endpoint-addresses.js';
export type { ReplicaSource } from './replica-scraper.js';
export {
  createSkipperCounters,
  type CounterReading,
  type ReadOptions,
  type RecordOptions,
  type SkipperCounters,
  type SkipperCountersDeps,
} from './skipper-counters.js';
