// SPDX-License-Identifier: Apache-2.0
import type { PageFacts } from './exposition-reader.js';
import type { RouteSelection } from './route-selection.js';
import type { Span } from './traffic-window.js';

/** The counters of one replica at one moment. */
export interface CounterPage {
  readonly selection: RouteSelection;
  readonly facts: PageFacts;
  /** By series; only of selected routes. */
  readonly values: ReadonlyMap<string, number>;
  /** Monotonic times between which Skipper read its counters. */
  readonly taken: Span;
}

/** Adds what happened at a replica between two of its pages to the windows of the applications that both pages cover. */
export function recordGrowth(before: CounterPage, after: CounterPage): void {
  const span = { fromMs: before.taken.fromMs, toMs: after.taken.toMs };
  const restarted = hasRestarted(before, after);
  for (const [text, value] of after.values) {
    // A series that a page lacks has counted nothing yet: Skipper makes it with its first request.
    const growth = restarted ? value : value - (before.values.get(text) ?? 0);
    for (const { recorded, variant, series } of after.selection.targetsOf(text))
      if (before.selection.has(recorded)) recorded.windows[variant].add(span, series, growth);
  }
}

/** Whether the counters began again from zero in between; told by the start of the process, else by a counter that fell. */
function hasRestarted(before: CounterPage, after: CounterPage): boolean {
  const [startBefore, startAfter] = [before.facts.startSeconds, after.facts.startSeconds];
  if (startBefore !== undefined && startAfter !== undefined) return startBefore !== startAfter;
  return [...after.values].some(([text, value]) => value < (before.values.get(text) ?? 0));
}
