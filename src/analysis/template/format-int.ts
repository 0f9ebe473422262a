// SPDX-License-Identifier: Apache-2.0
import { pad, padNumber, signText, type Layout } from './format-verb.js';
import { isPrintable, quoteChar } from './quote.js';
import type { Value } from './value.js';

interface Radix {
  readonly base: number;
  /** Shown with the flag "#". */
  readonly sharpPrefix: string;
  /** Shown always. */
  readonly prefix?: string;
  readonly isUpper?: boolean;
}

const decimal: Radix = { base: 10, sharpPrefix: '' };

const radixes: ReadonlyMap<string, Radix> = new Map<string, Radix>([
  ['d', decimal],
  ['b', { base: 2, sharpPrefix: '0b' }],
  ['o', { base: 8, sharpPrefix: '0' }],
  ['O', { base: 8, sharpPrefix: '', prefix: '0o' }],
  ['x', { base: 16, sharpPrefix: '0x' }],
  ['X', { base: 16, sharpPrefix: '0X', isUpper: true }],
]);

type IntValue = Extract<Value, { readonly kind: 'int' }>;

/** An integer under a verb; undefined when the verb is not for integers. */
export function formatIntVerb(verb: string, { type, value }: IntValue, layout: Layout): string | undefined {
  const radix = radixes.get(verb);
  if (radix !== undefined) return formatInRadix(value, radix, layout);
  switch (verb) {
    case 'v':
      // Go's own syntax shows unsigned numbers in hexadecimal.
      if (layout.sharp && type === 'uint8') return formatInRadix(value, { base: 16, sharpPrefix: '0x' }, layout);
      return formatInRadix(value, decimal, layout);
    case 'c':
      return pad(runeOf(value), layout);
    case 'q':
      return pad(quoteChar(runeOf(value), layout.plus), layout);
    case 'U':
      return pad(codePointText(value, layout), { ...layout, zero: false });
    default:
      return undefined;
  }
}

function formatInRadix(value: bigint, radix: Radix, layout: Layout): string {
  const unfilled = { ...layout, zero: false };
  if (layout.precision === 0 && value === 0n) return pad('', unfilled);
  const digits = digitsOf(value, radix).padStart(layout.precision ?? 0, '0');
  const prefix = radix.prefix ?? (layout.sharp ? radix.sharpPrefix : '');
  const head = signText(value < 0n, layout) + prefix;
  if (layout.precision !== undefined || !layout.zero) return pad(head + digits, unfilled);
  // Zeros fill the width without counting the prefix.
  return padNumber(head, digits, { ...layout, width: (layout.width ?? 0) + prefix.length });
}

/** The number without its sign. */
function digitsOf(value: bigint, { base, isUpper = false }: Radix): string {
  const text = (value < 0n ? -value : value).toString(base);
  return isUpper ? text.toUpperCase() : text;
}

function runeOf(value: bigint): string {
  const isValid = value >= 0n && value <= 0x10ffffn && (value < 0xd800n || value > 0xdfffn);
  return isValid ? String.fromCodePoint(Number(value)) : '�';
}

function codePointText(value: bigint, layout: Layout): string {
  const unsigned = BigInt.asUintN(64, value);
  const digits = unsigned
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(4, layout.precision ?? 0), '0');
  const rune = runeOf(unsigned);
  const isShown = layout.sharp && unsigned <= 0x10ffffn && isPrintable(rune);
  return `U+${digits}${isShown ? ` '${rune}'` : ''}`;
}
