// SPDX-License-Identifier: Apache-2.0
import type { Outcome, Step } from './report.js';

/** How a rollout ended, from its steps. `reason` is said of one that was rolled back, or is not finished. */
export function outcomeOf(
  steps: readonly Step[],
  end: Pick<Outcome, 'result' | 'atSeconds'> & { readonly reason: string | undefined },
): Outcome {
  const { reason, ...rest } = end;
  const shares = steps
    .filter(({ phase }) => phase !== 'Promoting')
    .map(({ seenBy }) => (seenBy.kind === 'share' ? seenBy.percent : 0));
  return {
    ...rest,
    ...(reason !== undefined && { reason }),
    mostPercent: Math.max(0, ...shares),
    exposedSeconds: exposedSeconds(steps, end.atSeconds),
  };
}

/** How long anybody met the revision before it was promoted or taken back. */
function exposedSeconds(steps: readonly Step[], endSeconds: number): number {
  let total = 0;
  steps.forEach(({ seenBy, phase, atSeconds }, index) => {
    const isExposed = seenBy.kind === 'share' || seenBy.kind === 'matching';
    const untilSeconds = steps[index + 1]?.atSeconds ?? endSeconds;
    if (isExposed && phase !== 'Promoting') total += untilSeconds - atSeconds;
  });
  return Math.round(total * 1_000) / 1_000;
}
