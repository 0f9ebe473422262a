// SPDX-License-Identifier: Apache-2.0
import type { Random } from '../../../lib/random.js';

/** Letters that make no words. */
const letters = 'bcdfghjklmnpqrstvwxz2456789';
const suffixLength = 5;

/** The random end of a generated name. */
export function randomSuffix(random: Random): string {
  return Array.from({ length: suffixLength }, () => letters.charAt(Math.floor(random() * letters.length))).join('');
}

/** A version 4 UUID out of an injected generator, so that simulations repeat. */
export function randomUuid(random: Random): string {
  const [a, b, c, d] = [hex(random), hex(random), hex(random), hex(random)];
  const variant = '89ab'.charAt(Math.floor(random() * 4));
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${variant}${c.slice(1, 4)}-${c.slice(4)}${d}`;
}

/** 32 random bits. */
function hex(random: Random): string {
  return Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
}
