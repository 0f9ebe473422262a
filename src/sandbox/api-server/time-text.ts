// SPDX-License-Identifier: Apache-2.0

/** A time as Kubernetes writes it in metadata and conditions: UTC, to the second. Parts of a second are cut off. */
export function timeText(epochMs: number): string {
  const second = Math.floor(epochMs / 1_000);
  if (second !== lastSecond) {
    lastText = `${new Date(second * 1_000).toISOString().slice(0, 19)}Z`;
    lastSecond = second;
  }
  return lastText;
}

// Formatting costs more than the rest of a small write, and thousands of writes share a second.
let lastSecond = Number.NaN;
let lastText = '';
