// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js';

const seconds = /^\d+(?:\.\d+)?$/;
/** HTTP dates end in GMT, in all their three forms but that of C's asctime. Other texts that Date would take are none. */
const httpDate = /^[A-Za-z]{3,9}, .+ GMT$/;

/**
 * The wait that a Retry-After header asks for, in milliseconds: seconds (fractions too, as some services send them) or a
 * date of HTTP. A moment that is over is 0; undefined when there is no header or it cannot be understood.
 */
export function parseRetryAfterMs(header: string | undefined, clock: Pick<Clock, 'nowMs'>): number | undefined {
  const text = header?.trim() ?? '';
  if (seconds.test(text)) return finite(Number(text) * 1_000);
  return httpDate.test(text) ? finite(Math.max(0, Date.parse(text) - clock.nowMs())) : undefined;
}

function finite(ms: number): number | undefined {
  return Number.isFinite(ms) ? ms : undefined;
}
