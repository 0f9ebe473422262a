// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../lib/fake-clock.js';
import type { Announcement } from '../../rollout/index.js';
import { Topics } from './topics.js';

type Event = Extract<Announcement, { kind: 'event' }>;

function about(topic: string, text: string, everyMs = 10_000): Event {
  return { kind: 'event', type: 'Warning', level: 'info', message: text, repeat: { topic, text, everyMs } };
}

function endOf(topic: string): Event {
  return { kind: 'event', type: 'Normal', level: 'info', message: `${topic} is over`, repeat: { topic, ends: true } };
}

const plain: Event = { kind: 'event', type: 'Normal', level: 'info', message: 'said each time' };

/** Says one announcement after the other, with the given waits between them, and returns which were news. */
async function newsOf(announcements: readonly (Event | number)[]): Promise<readonly boolean[]> {
  const clock = new FakeClock();
  const topics = new Topics(clock);
  const news: boolean[] = [];
  for (const each of announcements) {
    if (typeof each === 'number') await clock.advance(each);
    else news.push(topics.isNews('uid', each));
  }
  return news;
}

describe('R21: Topics', () => {
  it.each<[string, readonly (Event | number)[], readonly boolean[]]>([
    ['what has no topic is always news', [plain, plain], [true, true]],
    ['the same text within its time is not', [about('t', 'x'), 9_999, about('t', 'x')], [true, false]],
    ['the same text after its time is', [about('t', 'x'), 10_000, about('t', 'x')], [true, true]],
    [
      'the time counts from when it was last said',
      [about('t', 'x'), 6_000, about('t', 'x'), 6_000, about('t', 'x')],
      [true, false, true],
    ],
    ['another text is', [about('t', 'x'), about('t', 'y')], [true, true]],
    ['the first text again is', [about('t', 'x'), about('t', 'y'), about('t', 'x')], [true, true, true]],
    ['another topic is', [about('t', 'x'), about('u', 'x')], [true, true]],
    ['the end of what nobody was told of is not', [endOf('t'), about('u', 'x'), endOf('t')], [false, true, false]],
    ['the end is, once', [about('t', 'x'), endOf('t'), endOf('t')], [true, true, false]],
    ['the same text after the end is', [about('t', 'x'), endOf('t'), about('t', 'x')], [true, true, true]],
    [
      'what is said once is never news again',
      [about('t', 'x', Infinity), 1e9, about('t', 'x', Infinity)],
      [true, false],
    ],
  ])('%s', async (_name, announcements, expected) => {
    expect(await newsOf(announcements)).toEqual(expected);
  });

  it('says once more what was over in between', () => {
    const topics = new Topics(new FakeClock());
    const once = about('t', 'x', Number.POSITIVE_INFINITY);
    topics.isNews('uid', once);
    topics.endAbsent('uid', [once]);
    expect(topics.isNews('uid', once)).toBe(false);
    topics.endAbsent('uid', [plain]);
    expect(topics.isNews('uid', once)).toBe(true);
  });

  it('keeps the pace of a repeated Warning although it was over in between', () => {
    const topics = new Topics(new FakeClock());
    topics.isNews('uid', about('t', 'x'));
    topics.endAbsent('uid', []);
    expect(topics.isNews('uid', about('t', 'x'))).toBe(false);
  });

  it('keeps Canaries apart and forgets them', () => {
    const topics = new Topics(new FakeClock());
    topics.isNews('a', about('t', 'x'));
    expect(topics.isNews('b', about('t', 'x'))).toBe(true);
    topics.forget('a');
    expect(topics.isNews('a', about('t', 'x'))).toBe(true);
  });
});
