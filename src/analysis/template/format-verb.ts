// SPDX-License-Identifier: Apache-2.0
import { formatFloatVerb } from './format-float.js';
import { formatIntVerb } from './format-int.js';
import { quoteText } from './quote.js';
import { plainText, stringValue, typeName, type Value } from './value.js';

/** Flags, width and precision of one directive of a format. */
export interface Layout {
  readonly minus: boolean;
  readonly plus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  /** Fill with zeros on the left; never together with `minus`. */
  readonly zero: boolean;
  /** In runes. */
  readonly width?: number;
  readonly precision?: number;
}

/** One value under one verb of fmt.Sprintf. A verb that does not suit the value gives Go's "%!d(string=x)". */
export function formatVerb(verb: string, value: Value, layout: Layout): string {
  if (verb === 'T') return pad(quotedIfNeeded(typeName(value), layout), layout);
  if (value.kind === 'map') return formatMap(verb, value.value, layout);
  return formatScalar(verb, value, layout) ?? wrongVerb(verb, value);
}

function quotedIfNeeded(text: string, layout: Layout): string {
  return layout.precision === undefined ? text : cut(text, layout);
}

function wrongVerb(verb: string, value: Value): string {
  return `%!${verb}(${value.kind === 'nil' ? '<nil>' : `${typeName(value)}=${plainText(value)}`})`;
}

function formatScalar(verb: string, value: Exclude<Value, { kind: 'map' }>, layout: Layout): string | undefined {
  switch (value.kind) {
    case 'nil':
      return verb === 'v' ? pad('<nil>', layout) : undefined;
    case 'bool':
      return verb === 't' || verb === 'v' ? pad(String(value.value), layout) : undefined;
    case 'int':
      return formatIntVerb(verb, value, layout);
    case 'float':
      return formatFloatVerb(verb, value.value, layout);
    case 'string':
      return formatStringVerb(verb, value.value, layout);
  }
}

function formatMap(verb: string, entries: ReadonlyMap<string, string>, layout: Layout): string {
  const member = (text: string): string => formatVerb(verb, stringValue(text), layout);
  const isGoSyntax = verb === 'v' && layout.sharp;
  const parts = [...entries].map(([key, text]) => `${member(key)}:${member(text)}`);
  return isGoSyntax ? `map[string]string{${parts.join(', ')}}` : `map[${parts.join(' ')}]`;
}

function formatStringVerb(verb: string, text: string, layout: Layout): string | undefined {
  switch (verb) {
    case 'v':
      return pad(layout.sharp ? quoteText(text) : cut(text, layout), layout);
    case 's':
      return pad(cut(text, layout), layout);
    case 'q':
      return pad(quoted(cut(text, layout), layout), layout);
    case 'x':
      return pad(hexBytes(text, layout), layout);
    case 'X':
      return pad(hexBytes(text, layout).toUpperCase(), layout);
    default:
      return undefined;
  }
}

function quoted(text: string, layout: Layout): string {
  const fitsBackquotes = !/[`\p{Cc}\ufeff]/u.test(text.replaceAll('\t', ''));
  return layout.sharp && fitsBackquotes ? `\`${text}\`` : quoteText(text, layout.plus);
}

/** Bytes in hexadecimal; with `space` apart, with `sharp` each group behind "0x". */
function hexBytes(text: string, layout: Layout): string {
  const bytes = Buffer.from(text);
  const kept = layout.precision === undefined ? bytes : bytes.subarray(0, layout.precision);
  if (kept.length === 0) return '';
  const prefix = layout.sharp ? '0x' : '';
  if (!layout.space) return prefix + kept.toString('hex');
  return [...kept].map((byte) => prefix + byte.toString(16).padStart(2, '0')).join(' ');
}

function cut(text: string, layout: Layout): string {
  return layout.precision === undefined ? text : Array.from(text).slice(0, layout.precision).join('');
}

/** Fills text up to the width: on the right with `minus`, with zeros with `zero`. */
export function pad(text: string, layout: Layout): string {
  const missing = (layout.width ?? 0) - Array.from(text).length;
  if (missing <= 0) return text;
  if (layout.minus) return text + ' '.repeat(missing);
  return (layout.zero ? '0' : ' ').repeat(missing) + text;
}

/** As `pad`, for a number: zeros go between its sign and its digits. */
export function padNumber(sign: string, digits: string, layout: Layout): string {
  if (!layout.zero) return pad(sign + digits, layout);
  const width = Math.max(0, (layout.width ?? 0) - sign.length);
  return sign + pad(digits, { ...layout, width });
}

/** "-", "+", " " or nothing in front of a number. */
export function signText(isNegative: boolean, layout: Layout): string {
  if (isNegative) return '-';
  if (layout.plus) return '+';
  return layout.space ? ' ' : '';
}
