// SPDX-License-Identifier: Apache-2.0

/** A finite number without its sign as `digits` × 10^-`scale`, exactly as the float64 stores it. */
interface ExactDecimal {
  readonly digits: bigint;
  readonly scale: number;
}

/**
 * A float64 with a fixed number of decimals, as Go's %.{decimals}f prints it: correctly rounded, halves to even.
 * NaN and infinities read "NaN", "+Inf", "-Inf".
 */
export function formatFixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return nonFinite(value);
  const { digits, scale } = exactDecimal(value);
  const rounded = rescale(digits, scale, decimals)
    .toString()
    .padStart(decimals + 1, '0');
  const whole = rounded.slice(0, rounded.length - decimals);
  const fraction = decimals > 0 ? `.${rounded.slice(-decimals)}` : '';
  return signOf(value) + whole + fraction;
}

/** A float64 in exponent form with the given number of decimals, as Go's %.{decimals}e: "3.14e+00". */
export function formatExponent(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return nonFinite(value);
  const { digits, exponent } = significant(value, decimals + 1);
  const fraction = decimals > 0 ? `.${digits.slice(1)}` : '';
  return signOf(value) + digits.slice(0, 1) + fraction + exponentText(exponent);
}

/** A float64 with at most `precision` significant digits, as Go's %.{precision}g: the shorter of fixed and exponent form. */
export function formatGeneral(value: number, precision: number): string {
  if (!Number.isFinite(value)) return nonFinite(value);
  const kept = Math.max(precision, 1);
  const { digits, exponent } = significant(value, kept);
  const trimmed = digits.replace(/0+$/, '') || '0';
  if (exponent < -4 || exponent >= kept) {
    const fraction = trimmed.length > 1 ? `.${trimmed.slice(1)}` : '';
    return signOf(value) + trimmed.slice(0, 1) + fraction + exponentText(exponent);
  }
  return formatFixed(value, Math.max(0, kept - 1 - exponent))
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

function nonFinite(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

function signOf(value: number): string {
  return value < 0 || Object.is(value, -0) ? '-' : '';
}

function exponentText(exponent: number): string {
  return `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** The first `count` decimal digits of a number and the power of ten of the first one. */
function significant(value: number, count: number): { readonly digits: string; readonly exponent: number } {
  const { digits, scale } = exactDecimal(value);
  if (digits === 0n) return { digits: '0'.repeat(count), exponent: 0 };
  const length = digits.toString().length;
  const text = rescale(digits, length, count).toString();
  // Rounding 9.99 up adds a digit, which raises the exponent.
  const carry = text.length - count;
  return { digits: text.slice(0, count), exponent: length - 1 - scale + carry };
}

function exactDecimal(value: number): ExactDecimal {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | 0x10000000000000n;
  const power = Math.max(biased, 1) - 1075;
  if (power >= 0) return { digits: mantissa << BigInt(power), scale: 0 };
  return { digits: mantissa * 5n ** BigInt(-power), scale: -power };
}

/** Changes the scale of `digits` × 10^-`from` to `to`, rounding halves to even. */
function rescale(digits: bigint, from: number, to: number): bigint {
  if (from <= to) return digits * 10n ** BigInt(to - from);
  const divisor = 10n ** BigInt(from - to);
  const quotient = digits / divisor;
  const doubledRest = (digits % divisor) * 2n;
  const roundUp = doubledRest > divisor || (doubledRest === divisor && quotient % 2n === 1n);
  return roundUp ? quotient + 1n : quotient;
}
