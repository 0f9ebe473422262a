// SPDX-License-Identifier: Apache-2.0
import type { MetricCheck } from '../api/rollout-spec.js';

/** Flagger's default (D14): without it `[{{ interval }}]` would be no PromQL. */
const defaultInterval = '1m';

/** The range of a metric as its query has it. */
export function intervalText({ interval }: MetricCheck): string {
  return interval === '' ? defaultInterval : interval;
}
