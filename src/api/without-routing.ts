// SPDX-License-Identifier: Apache-2.0
import type { AnalysisSpec } from './rollout-spec.js';

/** As many as Flagger counts for an analysis that has none. */
const defaultIterations = 10;

interface ReadAnalysis {
  readonly analysis: AnalysisSpec;
  /** What is read differently from what is written. */
  readonly warnings: readonly string[];
}

/**
 * What provider kubernetes can do of an analysis: iterations beside the users. Everything else needs routes; what
 * Flagger warns of is said in its words, and the rest is among the fields without effect.
 */
export function withoutRouting({ analysis, warnings }: ReadAnalysis): ReadAnalysis {
  const { sessionAffinity: _, ...rest } = analysis;
  const { iterations, match } = rest;
  const unsupported = (what: string): string => `${what} is not supported when using the kubernetes provider`;
  return {
    analysis: { ...rest, match: [], mirror: false, iterations: iterations > 0 ? iterations : defaultIterations },
    warnings: [
      ...warnings,
      ...(match.length > 0 ? [unsupported('A/B testing')] : []),
      ...(iterations > 0
        ? []
        : [unsupported('Progressive traffic'), `Setting canaryAnalysis.iterations: ${defaultIterations}`]),
    ],
  };
}
