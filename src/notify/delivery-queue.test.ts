// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';

import { FakeClock } from '../lib/fake-clock.js';
import type { DeliveryOutcome } from './delivery.js';
import { DeliveryQueue, type Delivery } from './delivery-queue.js';
import { RecordingLog } from './testing.js';

const sent: DeliveryOutcome = { kind: 'sent' };
const later: DeliveryOutcome = { kind: 'failed', error: 'busy', mayPass: true };
const never: DeliveryOutcome = { kind: 'failed', error: 'no such channel', mayPass: false };
const minuteMs = 60_000;

/** A queue whose random delays are the longest, and what became of its deliveries. */
class Bench {
  readonly clock = new FakeClock();
  readonly log = new RecordingLog();
  /** Names of attempted and of lost deliveries, in order. */
  readonly attempts: string[] = [];
  readonly lost: string[] = [];
  readonly queue: DeliveryQueue;

  constructor(maxWaiting = 100) {
    this.queue = new DeliveryQueue({ clock: this.clock, random: () => 0, maxWaiting });
  }

  /** Outcomes of the attempts in turn, the last one for ever. A promise is an attempt that lasts. */
  push(
    name: string,
    outcomes: readonly (DeliveryOutcome | Promise<DeliveryOutcome>)[],
    lane = 'slack test/podinfo',
  ): void {
    const remaining = [...outcomes];
    const delivery: Delivery = {
      lane,
      server: 'slack',
      log: this.log,
      attempt: () => {
        this.attempts.push(name);
        const outcome = remaining.length > 1 ? remaining.shift() : remaining[0];
        return Promise.resolve(outcome ?? sent);
      },
      onLost: (error) => this.lost.push(`${name}: ${error}`),
      errorFor: (cause) => `not sent: ${cause}`,
    };
    this.queue.push(delivery);
  }
}

describe('DeliveryQueue', () => {
  it('does nothing before push has returned', async () => {
    const bench = new Bench();
    bench.push('a', [sent]);
    expect(bench.attempts).toEqual([]);
    await bench.clock.advance(0);
    expect(bench.attempts).toEqual(['a']);
  });

  it('tries again with growing waits, and keeps the order of a lane', async () => {
    const bench = new Bench();
    bench.push('a', [later, later, later, sent]);
    bench.push('b', [sent]);
    await bench.clock.advance(0);
    expect(bench.attempts).toEqual(['a']);
    await bench.clock.advance(1_000);
    expect(bench.attempts).toEqual(['a', 'a']);
    await bench.clock.advance(2_000);
    expect(bench.attempts).toEqual(['a', 'a', 'a']);
    await bench.clock.advance(4_000);
    expect(bench.attempts).toEqual(['a', 'a', 'a', 'a', 'b']);
    expect(bench.lost).toEqual([]);
  });

  it('logs one warning about a delivery that is tried again, not one for each attempt', async () => {
    const bench = new Bench();
    bench.push('a', [later, later, later, sent]);
    await bench.clock.advance(minuteMs);
    expect(bench.log.texts('warn')).toEqual(['alert is sent again later']);
  });

  it('gives up at once what will never pass, and goes on with the next', async () => {
    const bench = new Bench();
    bench.push('a', [never]);
    bench.push('b', [sent]);
    await bench.clock.advance(0);
    expect(bench.attempts).toEqual(['a', 'b']);
    expect(bench.lost).toEqual(['a: no such channel']);
  });

  it('waits as long as the server asks', async () => {
    const bench = new Bench();
    bench.push('a', [{ ...later, retryAfterMs: 90_000 }, sent]);
    await bench.clock.advance(89_999);
    expect(bench.attempts).toEqual(['a']);
    await bench.clock.advance(1);
    expect(bench.attempts).toEqual(['a', 'a']);
  });

  it('does not wait for a server that asks for longer than an alert is of use', async () => {
    const bench = new Bench();
    bench.push('a', [{ ...later, retryAfterMs: 31 * minuteMs }]);
    await bench.clock.advance(0);
    expect(bench.lost).toEqual(['a: busy']);
  });

  it('gives up after half an hour, each alert by its own age', async () => {
    const bench = new Bench();
    bench.push('a', [later]);
    await bench.clock.advance(20 * minuteMs);
    bench.push('b', [later]);
    await bench.clock.advance(10 * minuteMs);
    expect(bench.lost).toEqual(['a: busy']);
    await bench.clock.advance(20 * minuteMs);
    expect(bench.lost).toEqual(['a: busy', 'b: busy']);
    expect(bench.attempts.length).toBeLessThan(80);
  });

  it('lets no lane wait for another', async () => {
    const bench = new Bench();
    bench.push('a', [later]);
    bench.push('b', [sent], 'slack test/other');
    await bench.clock.advance(0);
    expect(bench.attempts).toEqual(['a', 'b']);
  });

  it('makes few attempts at one server at the same time', async () => {
    const bench = new Bench();
    const slow = Promise.withResolvers<DeliveryOutcome>();
    for (let index = 0; index < 10; index += 1) bench.push(`a${index}`, [slow.promise], `lane ${index}`);
    await bench.clock.advance(0);
    expect(bench.attempts).toHaveLength(4);
    slow.resolve(sent);
    await bench.clock.advance(0);
    expect(bench.attempts).toHaveLength(10);
  });

  it('loses the oldest when too many wait', async () => {
    const bench = new Bench(2);
    bench.push('a', [later, sent]);
    await bench.clock.advance(0);
    for (const name of ['b', 'c', 'd']) bench.push(name, [sent]);
    expect(bench.lost).toEqual(['b: not sent: too many alerts wait to be sent']);
    await bench.clock.advance(1_000);
    expect(bench.attempts).toEqual(['a', 'a', 'c', 'd']);
  });

  it('survives an attempt that throws', async () => {
    const bench = new Bench();
    bench.push('a', [Promise.reject(new Error('a bug'))]);
    bench.push('b', [sent]);
    await bench.clock.advance(0);
    expect(bench.lost).toEqual(['a: not sent: a bug']);
    expect(bench.attempts).toEqual(['a', 'b']);
  });

  it('flushes: waits until everything is sent', async () => {
    const bench = new Bench();
    bench.push('a', [later, sent]);
    let isFlushed = false;
    const flushed = bench.queue.flush(5_000).then(() => (isFlushed = true));
    await bench.clock.advance(999);
    expect(isFlushed).toBe(false);
    await bench.clock.advance(1);
    await flushed;
    expect(bench.lost).toEqual([]);
  });

  it('flushes: drops at the deadline what is left, and says so', async () => {
    const bench = new Bench();
    bench.push('a', [later]);
    bench.push('b', [sent]);
    const flushed = bench.queue.flush(3_000);
    await bench.clock.advance(3_000);
    await flushed;
    await bench.clock.advance(minuteMs);
    expect(bench.lost).toEqual(['b: not sent: the process ends', 'a: not sent: the process ends']);
    bench.push('c', [sent]);
    await bench.clock.advance(0);
    expect(bench.attempts.at(-1)).toBe('c');
  });

  it('flushes at once when nothing waits', async () => {
    await expect(new Bench().queue.flush(3_000)).resolves.toBeUndefined();
  });
});
