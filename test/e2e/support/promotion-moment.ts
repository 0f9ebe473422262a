// SPDX-License-Identifier: Apache-2.0
import { waitFor } from '../bench/wait.js';
import type { App } from './app.js';

/** More than an event takes to be seen, and less than a primary needs for new pods. */
const eventDelayMs = 500;

/** Waits until the promotion begins and returns a moment (wall clock) at which it certainly had not. */
export async function momentBeforePromotion(app: App): Promise<number> {
  let beforeMs = Date.now();
  await waitFor(
    'the promotion begins',
    async () => {
      const nowMs = Date.now();
      const hasBegun = (await app.messages()).some((text) => text.startsWith('Copying'));
      if (!hasBegun) beforeMs = nowMs;
      return hasBegun;
    },
    { timeoutMs: 120_000 },
  );
  return beforeMs - eventDelayMs;
}
