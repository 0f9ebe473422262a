// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';

import { describe, expect, it } from '@jest/globals';

import { createConcurrencyLimit } from './concurrency-limit.js';

describe('createConcurrencyLimit', () => {
  it('runs no more tasks per key than allowed, in order', async () => {
    const limit = createConcurrencyLimit(2);
    const started: number[] = [];
    const finish: (() => void)[] = [];
    const task = (id: number) => () =>
      new Promise<number>((resolve) => {
        started.push(id);
        finish.push(() => {
          resolve(id);
        });
      });
    const results = [1, 2, 3, 4].map((id) => limit.run('a', task(id)));
    const other = limit.run('b', task(5));
    await setImmediate();
    expect(started).toEqual([1, 2, 5]);
    for (let index = 0; index < 5; index += 1) {
      finish[index]?.();
      await setImmediate();
    }
    expect(await Promise.all([...results, other])).toEqual([1, 2, 3, 4, 5]);
    expect(started).toEqual([1, 2, 5, 3, 4]);
  });

  it('frees the place of a task that fails', async () => {
    const limit = createConcurrencyLimit(1);
    await expect(limit.run('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(limit.run('a', () => Promise.resolve('next'))).resolves.toBe('next');
  });

  it('lets a waiting task give up without taking a place', async () => {
    const limit = createConcurrencyLimit(1);
    const blocker = Promise.withResolvers<undefined>();
    const first = limit.run('a', () => blocker.promise);
    const abort = new AbortController();
    const second = limit.run('a', () => Promise.resolve('never'), abort.signal);
    const third = limit.run('a', () => Promise.resolve('third'));
    abort.abort(new Error('stop'));
    await expect(second).rejects.toThrow('stop');
    blocker.resolve(undefined);
    await first;
    expect(await third).toBe('third');
    await expect(limit.run('a', () => Promise.resolve('x'), abort.signal)).rejects.toThrow('stop');
  });
});
