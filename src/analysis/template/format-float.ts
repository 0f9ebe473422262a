// SPDX-License-Identifier: Apache-2.0
import { formatExponent, formatFixed, formatGeneral } from '../../lib/go-decimal.js';
import { formatFloat } from '../../lib/go-format.js';
import { padNumber, signText, type Layout } from './format-verb.js';

/** A float under a verb; undefined when the verb is not for floats or not supported (%b, %x). */
export function formatFloatVerb(verb: string, value: number, layout: Layout): string | undefined {
  const digits = magnitudeText(verb, Math.abs(value), layout);
  if (digits === undefined) return undefined;
  const text = /[EG]/.test(verb) ? digits.toUpperCase() : digits;
  return padNumber(signText(value < 0 || Object.is(value, -0), layout), text, layout);
}

function magnitudeText(verb: string, magnitude: number, layout: Layout): string | undefined {
  const precision = layout.precision ?? 6;
  switch (verb) {
    case 'f':
    case 'F':
      return withPoint(formatFixed(magnitude, precision), layout);
    case 'e':
    case 'E':
      return withPoint(formatExponent(magnitude, precision), layout);
    case 'g':
    case 'G':
      return layout.sharp ? paddedGeneral(magnitude, precision) : shortest(magnitude, layout);
    case 'v':
      return shortest(magnitude, layout);
    default:
      return undefined;
  }
}

function shortest(magnitude: number, layout: Layout): string {
  return layout.precision === undefined ? formatFloat(magnitude) : formatGeneral(magnitude, layout.precision);
}

/** With "#" a decimal point stands even without decimals. */
function withPoint(text: string, layout: Layout): string {
  return layout.sharp && !text.includes('.') ? text.replace(/(?=e|$)/, '.') : text;
}

/** %#g keeps trailing zeros up to the precision. */
function paddedGeneral(magnitude: number, precision: number): string {
  const [mantissa = '', exponent] = formatGeneral(magnitude, precision).split('e');
  const pointed = mantissa.includes('.') ? mantissa : `${mantissa}.`;
  const digitCount = pointed.replace('.', '').replace(/^0+(?=\d)/, '').length;
  const filled = pointed + '0'.repeat(Math.max(0, precision - digitCount));
  return exponent === undefined ? filled : `${filled}e${exponent}`;
}
