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
 * What provider kubernetes can do of an analysis: iterations beside the users. Everything else needs routes; each field that
 * is left out is named in a warning, in Flagger's words where it has some.
 */
export function withoutRouting({ analysis, warnings }: ReadAnalysis): ReadAnalysis {
  const { sessionAffinity, ...rest } = analysis;
  const { iterations, match, mirror } = rest;
  const unsupported = (what: string): string => `${what} is not supported when using the kubernetes provider`;
  return {
    analysis: { ...rest, match: [], mirror: false, iterations: iterations > 0 ? iterations : defaultIterations },
    warnings: [
      ...warnings,
      ...(match.length > 0 ? [unsupported('A/B testing')] : []),
      ...(iterations > 0
        ? []
        : [unsupported('Progressive traffic'), `Setting canaryAnalysis.iterations: ${defaultIterations}`]),
      ...(mirror ? [unsupported('Traffic mirroring')] : []),
      ...(sessionAffinity === undefined ? [] : [unsupported('Session affinity')]),
    ],
  };
}
