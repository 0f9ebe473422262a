// SPDX-License-Identifier: Apache-2.0
import { quoteText, unquote } from './quote.js';
import { intValue, type Value } from './value.js';

export type ParsedNumber =
  | { readonly kind: 'number'; readonly value: Value }
  /** An integer that fits uint64 but not int64: accepted by the parser, refused when used. */
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'invalid'; readonly reason: string };

const integerPattern =
  /^([+-]?)(0[xX]_?[\da-fA-F]+(?:_[\da-fA-F]+)*|0[oO]_?[0-7]+(?:_[0-7]+)*|0[bB]_?[01]+(?:_[01]+)*|0(?:_?[0-7]+)*|[1-9]\d*(?:_\d+)*)$/;
const floatPattern = /^[+-]?(?:\d+(?:_\d+)*)?\.?(?:\d+(?:_\d+)*)?(?:[eE][+-]?\d+(?:_\d+)*)?$/;
const maxInt = 2n ** 63n - 1n;
const minInt = -(2n ** 63n);
const maxUint = 2n ** 64n - 1n;

/** Reads a Go number constant: decimal, 0x, 0o, 0b, old octal, underscores, floats. */
export function parseNumber(source: string): ParsedNumber {
  const [, sign = '', digits = ''] = integerPattern.exec(source) ?? [];
  if (digits !== '') return parseInteger(source, sign, digits.replaceAll('_', ''));
  if (/\d/.test(source) && floatPattern.test(source)) return parseFloatConstant(source);
  return { kind: 'invalid', reason: `illegal number syntax: ${quoteText(source)}` };
}

function parseInteger(source: string, sign: string, digits: string): ParsedNumber {
  const isOldOctal = /^0[0-7]/.test(digits);
  const magnitude = BigInt(isOldOctal ? `0o${digits.slice(1)}` : digits.toLowerCase());
  const value = sign === '-' ? -magnitude : magnitude;
  if (value >= minInt && value <= maxInt) return { kind: 'number', value: intValue(value) };
  return sign === '' && value <= maxUint ? { kind: 'tooLarge' } : overflow(source);
}

function parseFloatConstant(source: string): ParsedNumber {
  if (!/[.eE]/.test(source)) return overflow(source);
  const value = Number(source.replaceAll('_', ''));
  if (!Number.isFinite(value)) return { kind: 'invalid', reason: `illegal number syntax: ${quoteText(source)}` };
  return { kind: 'number', value: { kind: 'float', value } };
}

function overflow(source: string): ParsedNumber {
  return { kind: 'invalid', reason: `integer overflow: ${quoteText(source)}` };
}

/** Reads a Go character constant, which counts as an int. */
export function parseChar(source: string): ParsedNumber {
  const text = unquote(source);
  if (text !== undefined) return { kind: 'number', value: intValue(text.codePointAt(0) ?? 0) };
  const hasSeveral = /^'[^'\\]{2,}'$/u.test(source);
  return { kind: 'invalid', reason: hasSeveral ? `malformed character constant: ${source}` : 'invalid syntax' };
}
