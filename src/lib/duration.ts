// SPDX-License-Identifier: Apache-2.0

/** Go's duration units in milliseconds. */
const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Parses a Go duration ("30s", "1m30s", "1.5h", "-2s", "0").
 * @returns milliseconds, or undefined when the text is no duration (as Go's time.ParseDuration would refuse it)
 */
export function parseDurationMs(text: string): number | undefined {
  const [, sign = '', rest = ''] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return 0;
  const parts = [...rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy)];
  if (parts.length === 0 || parts.reduce((length, part) => length + part[0].length, 0) !== rest.length)
    return undefined;
  const totalMs = parts.reduce(
    (sum, [, value = '', unit = '']) => sum + Number(value) * (unitMs[unit] ?? Number.NaN),
    0,
  );
  return sign === '-' ? -totalMs : totalMs;
}

/** Formats milliseconds as Go prints a time.Duration: "0s", "523ms", "1.515s", "1m30.5s", "1h0m0s". Whole nanoseconds. */
export function formatDuration(durationMs: number): string {
  const totalNanos = Math.round(Math.abs(durationMs) * 1e6);
  const sign = durationMs < 0 && totalNanos > 0 ? '-' : '';
  if (totalNanos === 0) return '0s';
  if (totalNanos < 1_000) return `${sign}${totalNanos}ns`;
  if (totalNanos < 1_000_000) return `${sign}${decimal(totalNanos, 1_000)}µs`;
  if (totalNanos < 1_000_000_000) return `${sign}${decimal(totalNanos, 1_000_000)}ms`;
  const totalMinutes = Math.floor(totalNanos / 60e9);
  const seconds = `${decimal(totalNanos - totalMinutes * 60e9, 1e9)}s`;
  if (totalMinutes === 0) return sign + seconds;
  const hours = Math.floor(totalMinutes / 60);
  return `${sign}${hours > 0 ? `${hours}h` : ''}${totalMinutes - hours * 60}m${seconds}`;
}

/** nanos / unit without trailing zeros and without float noise. */
function decimal(nanos: number, unit: number): string {
  const whole = Math.floor(nanos / unit);
  const fraction = String(Math.round(nanos - whole * unit))
    .padStart(Math.log10(unit), '0')
    .replace(/0+$/, '');
  return fraction === '' ? String(whole) : `${whole}.${fraction}`;
}
