// SPDX-License-Identifier: Apache-2.0

import { formatDuration } from '../lib/duration.js';

/** As Go prints a duration, without what is zero: "1m", "1h30m", "800ms". */
export function durationText(durationMs: number): string {
  return formatDuration(durationMs)
    .replace(/(?<=m)0s$/, '')
    .replace(/(?<=h)0m$/, '');
}

/** Seconds as a stopwatch shows them: "0:05", "12:30", "1:00:00"; fractions are left out. */
export function stopwatch(totalSeconds: number): string {
  const whole = Math.floor(totalSeconds);
  const [hours, minutes, seconds] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  const end = String(seconds).padStart(2, '0');
  return hours === 0 ? `${minutes}:${end}` : `${hours}:${String(minutes).padStart(2, '0')}:${end}`;
}
