// SPDX-License-Identifier: Apache-2.0
import { errorText } from '../lib/operator-error.js';
import type { Judgement } from './bounds.js';
import type { MetricRequest, MetricValue } from './metric-request.js';
import { SourceDownError } from './source-guard.js';

/** What a check found, as far as it came. */
export type Finding = Pick<MetricValue, 'value' | 'samples' | 'query' | 'source'>;

/** What became of one metric check. */
export type CheckOutcome = {
  readonly found?: Finding;
  readonly notice?: string;
} & (
  | { readonly kind: 'passed' }
  | { readonly kind: 'tooEarly' }
  | { readonly kind: 'failed'; readonly level: 'W' | 'E'; readonly message: string }
);

export function failedCheck(level: 'W' | 'E', message: string): CheckOutcome {
  return { kind: 'failed', level, message };
}

/** The same outcome with a Warning that does not concern it, if there is one. */
export function withNotice(outcome: CheckOutcome, notice: string | undefined): CheckOutcome {
  return notice === undefined ? outcome : { ...outcome, notice };
}

/** A check that could not be made. An abort is no outcome: it rejects with the signal's reason. */
export function brokenCheck(signal: AbortSignal, prefix: string, error: unknown): CheckOutcome {
  signal.throwIfAborted();
  const outcome = failedCheck('E', `${prefix}: ${errorText(error)}`);
  return withNotice(outcome, error instanceof SourceDownError ? error.takeNotice() : undefined);
}

/** R19: so soon after a revision first had weight, missing data does not count against it. */
export function isEarly({ dataSinceMs, analysisIntervalMs }: MetricRequest): boolean {
  return dataSinceMs < Math.max(2 * analysisIntervalMs, 30_000);
}

export interface Conclusion {
  readonly judgement: Judgement;
  readonly found: Omit<Finding, 'value'>;
  /** The whole text for missing data. */
  readonly noValues: string;
  /** The text for a number out of range, behind "Halt … advancement ". */
  readonly describe: (judged: Extract<Judgement, { readonly kind: 'outOfRange' }>) => string;
}

/** Turns the judgement of a metric's numbers into its outcome. */
export function conclude(request: MetricRequest, { judgement, found, noValues, describe }: Conclusion): CheckOutcome {
  switch (judgement.kind) {
    case 'noValues':
      return isEarly(request) ? { kind: 'tooEarly' } : { ...failedCheck('W', noValues), found };
    case 'inRange':
      return { kind: 'passed', found: { ...found, value: judgement.value } };
    case 'outOfRange': {
      const { namespace, name } = request.canary;
      const message = `Halt ${name}.${namespace} advancement ${describe(judgement)}`;
      return { ...failedCheck('W', message), found: { ...found, value: judgement.value } };
    }
  }
}
