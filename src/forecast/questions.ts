// SPDX-License-Identifier: Apache-2.0
import type { RolloutSpec } from '../api/rollout-spec.js';
import { checksOf } from '../analysis/index.js';
import type { CheckPart } from '../rollout/index.js';
import type { Question } from './report.js';

/** What a part of a check asks, of whom the Canary names. */
export function questionsOf(part: CheckPart, { analysis }: RolloutSpec): readonly Question[] {
  if (part === 'metric-availability') return [];
  if (part === 'metrics') {
    return analysis.metrics.flatMap((metric) =>
      checksOf(metric).map(({ metric: name, bound }): Question => ({ kind: 'metric', name, bound })),
    );
  }
  return analysis.webhooks
    .filter(({ type }) => type === part)
    .map(({ name, type }): Question => ({ kind: 'webhook', name, type }));
}

export function isSameQuestion(one: Question, other: Question): boolean {
  if (one.kind === 'metric') return other.kind === 'metric' && one.name === other.name && one.bound === other.bound;
  return other.kind === 'webhook' && one.name === other.name && one.type === other.type;
}
