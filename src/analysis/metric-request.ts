// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey, StringMap } from '../api/kubernetes.js';
import type { MetricTemplateResult } from '../api/metric-template.js';
import type { MetricCheck } from '../api/rollout-spec.js';

/** What the metrics of a Canary are about and where to ask for them. */
export interface MetricSubject {
  readonly canary: ObjectKey;
  readonly targetName: string;
  readonly serviceName: string;
  /** Absent: the target's name stands for it. */
  readonly ingressName?: string;
  /** Provider of the Canary, "skipper" or "kubernetes"; decides on the built-in queries. */
  readonly provider: string;
  /** Prometheus of this Canary; absent: the operator's own. */
  readonly metricsServer?: string;
  readonly metrics: readonly MetricCheck[];
  /** The revision answers copies of requests, which no metric of what users got counts. */
  readonly mirrored: boolean;
  /** Aborting it rejects the call with the signal's reason. */
  readonly signal: AbortSignal;
}

export interface MetricRequest extends MetricSubject {
  /** Time since the revision under test first had traffic, of its own or mirrored. */
  readonly dataSinceMs: number;
  readonly analysisIntervalMs: number;
}

/** MetricTemplates and their Secrets, as the cluster has them now. */
export interface TemplateSource {
  template(key: ObjectKey): MetricTemplateResult | undefined;
  /** Decoded data; undefined when there is no such Secret. */
  secret(key: ObjectKey): Promise<StringMap | undefined>;
}

/** What one check of a metric found: the evidence behind a verdict. */
export interface MetricValue {
  readonly metric: string;
  /** The number that was compared; absent when the check failed for want of one. */
  readonly value?: number;
  readonly unit: 'percent' | 'milliseconds' | 'none';
  /** The range as text, such as ">= 99" or "<= 500ms". */
  readonly bound: string;
  /** Requests that the value is about; absent where the source does not tell. */
  readonly samples?: number;
  /** As it was sent, rendered; absent when it came not so far. */
  readonly query?: string;
  /** Kind of the metrics server; absent when it came not so far. */
  readonly source?: string;
  /** Why the check failed; absent when it passed. */
  readonly message?: string;
  /** Unix time at which the check began. */
  readonly atMs: number;
}

export interface Evidence {
  /** What each check found, in their order; that of a failed verdict is the last one. */
  readonly values: readonly MetricValue[];
  /** Warnings that do not concern the verdict. */
  readonly notices: readonly string[];
}

/**
 * "tooEarly": the revision has had traffic for so short a time that missing data means nothing yet; ask again soon.
 * "failed": level W is for what the metrics say, E for metrics that could not be asked.
 */
export type MetricVerdict = Evidence &
  (
    | { readonly kind: 'passed' }
    | { readonly kind: 'tooEarly' }
    | { readonly kind: 'failed'; readonly level: 'W' | 'E'; readonly message: string }
  );

export type Availability = { readonly kind: 'available' } | { readonly kind: 'unavailable'; readonly message: string };
