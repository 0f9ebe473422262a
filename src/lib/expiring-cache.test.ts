// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';

import { ExpiringCache } from './expiring-cache.js';
import { FakeClock } from './fake-clock.js';

describe('ExpiringCache', () => {
  function counting(lifeMs: number) {
    const clock = new FakeClock();
    let loads = 0;
    const load = () => Promise.resolve({ value: (loads += 1), expiresAtMs: clock.nowMs() + lifeMs });
    return { clock, load, loads: () => loads };
  }

  it('keeps a value until a minute before it expires', async () => {
    const { clock, load } = counting(3_600_000);
    const cache = new ExpiringCache<number>(clock);
    expect([await cache.get('a', load), await cache.get('a', load), await cache.get('b', load)]).toEqual([1, 1, 2]);
    await clock.advance(3_539_999);
    expect(await cache.get('a', load)).toBe(1);
    await clock.advance(1);
    expect(await cache.get('a', load)).toBe(3);
  });

  it('keeps no failure and nothing that was refused', async () => {
    const { clock, load } = counting(3_600_000);
    const cache = new ExpiringCache<number>(clock);
    await expect(cache.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await cache.get('a', load)).toBe(1);
    cache.forget('a');
    expect(await cache.get('a', load)).toBe(2);
  });

  it('keeps no more than so many', async () => {
    const { clock, load, loads } = counting(3_600_000);
    const cache = new ExpiringCache<number>(clock, 2);
    for (const key of ['a', 'b', 'c', 'b', 'c']) await cache.get(key, load);
    expect(loads()).toBe(3);
    expect(await cache.get('a', load)).toBe(4);
  });
});
