// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../lib/clock.js';
import type { Announcement } from '../../rollout/index.js';

type EventAnnouncement = Extract<Announcement, { kind: 'event' }>;

interface Said {
  readonly text: string;
  readonly atMs: number;
  readonly everyMs: number;
}

/**
 * Which announcements repeat what was said already (R21): a topic is said again when its text changes, or after its
 * time. Bounded: a handful of topics for each Canary.
 */
export class Topics {
  private readonly said = new Map<string, Map<string, Said>>();

  constructor(private readonly clock: Clock) {}

  /** Whether an event should be said; remembers it if so. */
  isNews(uid: string, { repeat }: EventAnnouncement): boolean {
    if (repeat === undefined) return true;
    const topics = this.said.get(uid) ?? new Map<string, Said>();
    this.said.set(uid, topics);
    if ('ends' in repeat) return topics.delete(repeat.topic);
    const last = topics.get(repeat.topic);
    const nowMs = this.clock.monotonicMs();
    if (last?.text === repeat.text && nowMs - last.atMs < repeat.everyMs) return false;
    topics.set(repeat.topic, { text: repeat.text, atMs: nowMs, everyMs: repeat.everyMs });
    return true;
  }

  /** A state that was to be said once is over: the next time it comes, it is said again. */
  endAbsent(uid: string, announcements: readonly Announcement[]): void {
    const present = new Set(announcements.map((each) => (each.kind === 'event' ? each.repeat?.topic : undefined)));
    const topics = this.said.get(uid);
    for (const [topic, { everyMs }] of topics ?? []) {
      if (!Number.isFinite(everyMs) && !present.has(topic)) topics?.delete(topic);
    }
  }

  forget(uid: string): void {
    this.said.delete(uid);
  }
}
