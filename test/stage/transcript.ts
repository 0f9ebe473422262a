// SPDX-License-Identifier: Apache-2.0
import type { Stage } from './stage.js';
import type { Visit, User } from './users.js';

/** After an Event routes may change, and Skipper needs so long to know them. */
const settlingMs = 10_000;

/**
 * The Events since a moment, and between them what a user got: counted from 10 s after one Event to the next, where all
 * that the Event tells of has taken effect.
 */
export function transcriptOf({ events, clock }: Stage, user: User, sinceMs: number): readonly string[] {
  const told = events.filter(({ atMs }) => atMs >= sinceMs);
  return told.flatMap(({ atMs, type, message }, index) => {
    const untilMs = told[index + 1]?.atMs ?? clock.monotonicMs();
    const visits = user.visits.filter((visit) => visit.atMs >= atMs + settlingMs && visit.atMs < untilMs);
    const line = `${timeText(atMs - sinceMs)}  ${type === 'Normal' ? '' : `${type}: `}${message}`;
    return visits.length === 0 ? [line] : [line, `       ${countsOf(visits)}`];
  });
}

function timeText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`.padStart(5);
}

/** "45 x 200 from 6.0.0, 5 x 200 from 6.0.1". */
function countsOf(visits: readonly Visit[]): string {
  const counts = new Map<string, number>();
  for (const { status, version } of visits.toSorted((left, right) => (left.version < right.version ? -1 : 1))) {
    const kind = version === '' ? String(status) : `${status} from ${version}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} x ${kind}`).join(', ');
}
