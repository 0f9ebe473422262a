// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { OnDemandWatch } from './on-demand-watch.js';

function aWatch() {
  const synced = Promise.withResolvers<undefined>();
  const controller = new AbortController();
  const state = { runs: 0, synced: false };
  const ended = new Promise<void>((resolve) => controller.signal.addEventListener('abort', () => resolve()));
  const watch = new OnDemandWatch('ScaledObject', {
    run: () => {
      state.runs += 1;
      return ended;
    },
    hasSynced: () => state.synced,
    whenSynced: async () => {
      await synced.promise;
    },
  });
  const sync = (): void => {
    state.synced = true;
    synced.resolve(undefined);
  };
  return { watch, state, sync, controller };
}

describe('OnDemandWatch', () => {
  it('D45: runs only once somebody asks, and once for all who ask', async () => {
    const { watch, state, sync, controller } = aWatch();
    const running = watch.run(controller.signal);
    expect(state.runs).toBe(0);
    const asked = [watch.open(), watch.open()];
    sync();
    expect(await Promise.all(asked)).toEqual([undefined, undefined]);
    expect(await watch.open()).toBeUndefined();
    expect(state.runs).toBe(1);
    controller.abort();
    await running;
  });

  it('says why nothing is known, until there is something', async () => {
    const { watch, sync, controller } = aWatch();
    void watch.run(controller.signal);
    const asked = watch.open();
    watch.noteFailure(new Error('no permission'));
    expect(await asked).toBe('no permission');
    sync();
    expect(await watch.open()).toBeUndefined();
    controller.abort();
  });
});
