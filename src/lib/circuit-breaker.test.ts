// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from '@jest/globals';

import { createCircuitBreaker, type CircuitBreaker } from './circuit-breaker.js';
import { FakeClock } from './fake-clock.js';

let clock: FakeClock;
let breaker: CircuitBreaker;

beforeEach(() => {
  clock = new FakeClock(0);
  breaker = createCircuitBreaker({ clock, failures: 3, probeEveryMs: 15_000 });
});

async function open(key = 'a'): Promise<void> {
  breaker.failed(key, 'first');
  await clock.advance(1_000);
  breaker.failed(key, 'second');
  breaker.failed(key, 'third');
}

describe('createCircuitBreaker', () => {
  it('opens at the last of so many failures in a row and says since when and why', async () => {
    expect(breaker.failed('a', 'refused')).toBeUndefined();
    await clock.advance(1_000);
    expect(breaker.failed('a', 'refused')).toBeUndefined();
    expect(breaker.admit('a')).toBeUndefined();
    expect(breaker.failed('a', 'timeout')).toEqual({ sinceMs: 0, reason: 'timeout' });
    expect(breaker.admit('a')).toEqual({ sinceMs: 0, reason: 'timeout' });
  });

  it('counts anew after a success', () => {
    for (let count = 0; count < 10; count += 1) {
      breaker.failed('a', 'x');
      breaker.failed('a', 'x');
      expect(breaker.succeeded('a')).toBeUndefined();
    }
    expect(breaker.admit('a')).toBeUndefined();
  });

  it('counts the same request once, however often it fails', () => {
    for (let count = 0; count < 10; count += 1) expect(breaker.failed('a', 'timeout', 'slow')).toBeUndefined();
    expect(breaker.failed('a', 'timeout', 'another')).toBeUndefined();
    expect(breaker.failed('a', 'timeout', 'slow')).toEqual({ sinceMs: expect.any(Number), reason: 'timeout' });
  });

  it('keeps peers apart', async () => {
    await open('a');
    expect(breaker.admit('a')).toBeDefined();
    expect(breaker.admit('b')).toBeUndefined();
  });

  it('lets one probe through per period', async () => {
    await open();
    await clock.advance(14_999);
    expect(breaker.admit('a')).toBeDefined();
    expect(breaker.peek('a')).toBeDefined();
    await clock.advance(1);
    expect([breaker.peek('a'), breaker.peek('a')]).toEqual([undefined, undefined]);
    expect([breaker.admit('a'), breaker.admit('a')]).toEqual([undefined, expect.anything()]);
    expect(breaker.peek('a')).toBeDefined();
    await clock.advance(15_000);
    expect([breaker.admit('a'), breaker.admit('a')]).toEqual([undefined, expect.anything()]);
  });

  it('stays one outage, with its first reason, while probes fail, and ends with a success', async () => {
    await open();
    const outage = breaker.admit('a');
    await clock.advance(15_000);
    expect(breaker.admit('a')).toBeUndefined();
    expect(breaker.failed('a', 'another reason')).toBeUndefined();
    expect(breaker.admit('a')).toBe(outage);
    expect(outage?.reason).toBe('third');
    expect(breaker.succeeded('a')).toBe(outage);
    expect([breaker.admit('a'), breaker.admit('a')]).toEqual([undefined, undefined]);
  });

  it('forgets the oldest of very many failing peers', () => {
    const sensitive = createCircuitBreaker({ clock, failures: 1, probeEveryMs: 15_000 });
    for (let count = 0; count <= 1_000; count += 1) sensitive.failed(String(count), 'x');
    expect(sensitive.admit('0')).toBeUndefined();
    expect(sensitive.admit('1')).toBeDefined();
    expect(sensitive.admit('1000')).toBeDefined();
  });
});
