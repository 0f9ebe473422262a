// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../lib/fake-clock.js';
import type { WorkHandler, WorkResult } from './work-queue.js';
import { WorkQueue } from './work-queue.js';

const stops: AbortController[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

/** A queue at work, with what it did: keys in the order in which work on them began. */
function atWork(handler: WorkHandler, workers = 1) {
  const clock = new FakeClock();
  const depths: number[] = [];
  const queue = new WorkQueue({
    clock,
    random: () => 0,
    backoff: { firstMs: 500, maxMs: 30_000 },
    again: { firstMs: 20, maxMs: 2_000 },
    graceMs: 3_000,
    onDepth: (depth) => depths.push(depth),
  });
  const stop = new AbortController();
  stops.push(stop);
  const begun: string[] = [];
  const atMs: number[] = [];
  const counting: WorkHandler = (key, signal) => {
    begun.push(key);
    atMs.push(clock.monotonicMs());
    return handler(key, signal);
  };
  const ended = queue.run(workers, counting, stop.signal);
  return { clock, queue, stop, ended, begun, atMs, depths };
}

/** A handler that works on each key until it is told that the key is done. */
function slowHandler() {
  const running = new Map<string, () => void>();
  const handler: WorkHandler = (key) =>
    new Promise<WorkResult>((resolve) => {
      running.set(key, () => {
        running.delete(key);
        resolve('done');
      });
    });
  return { handler, running };
}

const done: WorkHandler = () => Promise.resolve('done');

describe('WorkQueue', () => {
  it('works once on a key that is added twice while it waits', async () => {
    const { queue, clock, begun } = atWork(done);
    queue.add('a');
    queue.add('b');
    queue.add('a');
    await clock.advance(0);
    expect(begun).toEqual(['a', 'b']);
  });

  it('D48: works again, and never twice at a time, on a key that is added while it is worked on', async () => {
    const { handler, running } = slowHandler();
    const { queue, clock, begun } = atWork(handler, 3);
    queue.add('a');
    await clock.advance(0);
    queue.add('a');
    queue.add('a');
    await clock.advance(0);
    expect(begun).toEqual(['a']);
    running.get('a')?.();
    await clock.advance(0);
    expect(begun).toEqual(['a', 'a']);
    running.get('a')?.();
    await clock.advance(60_000);
    expect(begun).toEqual(['a', 'a']);
  });

  it('works on as many keys at a time as it has workers', async () => {
    const { handler, running } = slowHandler();
    const { queue, clock, begun } = atWork(handler, 2);
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await clock.advance(0);
    expect(begun).toEqual(['a', 'b']);
    running.get('b')?.();
    await clock.advance(0);
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it.each<[string, readonly number[], number]>([
    ['the earlier of two delays', [5_000, 1_000], 1_000],
    ['an earlier delay over a later request', [1_000, 5_000], 1_000],
  ])('keeps %s', async (_name, delays, expectedMs) => {
    const { queue, clock, atMs } = atWork(done);
    for (const delayMs of delays) queue.addAfter('a', delayMs);
    await clock.advance(60_000);
    expect(atMs).toEqual([expectedMs]);
  });

  it('lets a request for now take the place of a delayed one', async () => {
    const { queue, clock, atMs } = atWork(done);
    queue.addAfter('a', 5_000);
    queue.add('a');
    await clock.advance(60_000);
    expect(atMs).toEqual([0]);
  });

  it('D28: waits longer after each failure in a row, and forgets them with a success', async () => {
    let failing = true;
    const { queue, clock, atMs } = atWork(() =>
      failing ? Promise.reject(new Error('no')) : Promise.resolve<WorkResult>('done'),
    );
    queue.add('a');
    await clock.advance(3_500);
    expect(atMs).toEqual([0, 500, 1_500, 3_500]);
    failing = false;
    await clock.advance(4_000);
    failing = true;
    queue.add('a');
    await clock.advance(500);
    expect(atMs.slice(-2)).toEqual([7_500, 8_000]);
  });

  it('never waits longer than the longest backoff', async () => {
    const { queue, clock, atMs } = atWork(() => Promise.reject(new Error('no')));
    queue.add('a');
    await clock.advance(300_000);
    const [last = 0, before = 0] = [...atMs].reverse();
    expect(last - before).toBe(30_000);
  });

  it('looks at once at a key under which things moved, but not hot while they go on moving', async () => {
    const { queue, clock, atMs } = atWork(() => Promise.resolve('again'));
    queue.add('a');
    await clock.advance(10_000);
    expect(atMs.slice(0, 4)).toEqual([0, 20, 60, 140]);
    expect(atMs.length).toBeLessThan(15);
  });

  it('looks at once again when things moved for the first time since the work was done', async () => {
    const results: WorkResult[] = ['again', 'again', 'done', 'again', 'done'];
    const { queue, clock, atMs } = atWork(() => Promise.resolve(results.shift() ?? 'done'));
    queue.add('a');
    await clock.advance(1_000);
    queue.add('a');
    await clock.advance(1_000);
    expect(atMs).toEqual([0, 20, 60, 1_000, 1_020]);
  });

  it('lets an event cut a backoff short', async () => {
    const { queue, clock, atMs } = atWork(() => Promise.reject(new Error('no')));
    queue.add('a');
    await clock.advance(100);
    queue.add('a');
    await clock.advance(0);
    expect(atMs).toEqual([0, 100]);
  });

  it('goes on with other keys while one fails', async () => {
    const { queue, clock, begun } = atWork((key) =>
      key === 'bad' ? Promise.reject(new Error('no')) : Promise.resolve<WorkResult>('done'),
    );
    queue.add('bad');
    queue.add('good');
    await clock.advance(0);
    expect(begun).toEqual(['bad', 'good']);
  });

  it('takes nothing new after the signal, and ends when what it began is done', async () => {
    const { handler, running } = slowHandler();
    const { queue, clock, stop, ended, begun } = atWork(handler);
    queue.add('a');
    await clock.advance(0);
    queue.add('b');
    stop.abort();
    let isOver = false;
    void ended.then(() => (isOver = true));
    await clock.advance(0);
    expect(isOver).toBe(false);
    running.get('a')?.();
    await ended;
    expect(begun).toEqual(['a']);
  });

  it('abandons work that does not end in time after the signal', async () => {
    const { handler } = slowHandler();
    const { queue, clock, stop, ended } = atWork(handler);
    queue.add('a');
    await clock.advance(0);
    stop.abort();
    let isOver = false;
    void ended.then(() => (isOver = true));
    await clock.advance(2_999);
    expect(isOver).toBe(false);
    await clock.advance(1);
    expect(isOver).toBe(true);
  });

  it('has no timer left after its end', async () => {
    const { queue, clock, stop, ended, begun } = atWork(done);
    queue.addAfter('a', 5_000);
    stop.abort();
    await ended;
    await clock.advance(60_000);
    expect(begun).toEqual([]);
  });

  it('tells how many keys wait', async () => {
    const { queue, clock, depths } = atWork(done);
    queue.add('a');
    queue.add('b');
    await clock.advance(0);
    expect(depths).toEqual([1, 2, 1, 0]);
  });
});
