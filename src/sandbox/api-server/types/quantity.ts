// SPDX-License-Identifier: Apache-2.0

const form = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]?|[eE][+-]?\d+)$/;
const decimalSuffixes: readonly (readonly [string, number])[] = [
  ['E', 18],
  ['P', 15],
  ['T', 12],
  ['G', 9],
  ['M', 6],
  ['k', 3],
  ['', 0],
  ['m', -3],
  ['u', -6],
  ['n', -9],
];
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
/** Quantities count in billionths: nothing smaller is kept. */
const nano = 9;

interface Quantity {
  readonly nanos: bigint;
  readonly format: 'decimal' | 'binary' | 'exponent';
}

/** A quantity as the API server writes it ("1024Mi" as "1Gi", 0.5 as "500m"); undefined when the text is no quantity. */
export function canonicalQuantity(text: string): string | undefined {
  const known = canonical.get(text);
  if (known !== undefined) return known;
  const quantity = parseQuantity(text);
  const written = quantity === undefined ? undefined : quantityText(quantity);
  if (written !== undefined && canonical.size < rememberedQuantities) canonical.set(text, written);
  return written;
}

/** A cluster has a handful of different quantities in thousands of pods, and arithmetic on big integers is slow. */
const canonical = new Map<string, string>();
const rememberedQuantities = 1_000;

/** The value of a quantity as a number, for comparing and summing up; NaN when the text is no quantity. */
export function quantityValue(text: string): number {
  const quantity = parseQuantity(text);
  return quantity === undefined ? Number.NaN : Number(quantity.nanos) / 10 ** nano;
}

function parseQuantity(text: string): Quantity | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const { factor, exponent, format } = scaleOf(suffix);
  const unscaled = BigInt(whole + fraction) * factor;
  const nanos = shifted(unscaled, exponent + nano - fraction.length);
  return { nanos: sign === '-' ? -nanos : nanos, format };
}

function scaleOf(suffix: string): {
  readonly factor: bigint;
  readonly exponent: number;
  readonly format: Quantity['format'];
} {
  const binary = binarySuffixes.indexOf(suffix);
  if (binary > 0) return { factor: 1024n ** BigInt(binary), exponent: 0, format: 'binary' };
  const decimal = decimalSuffixes.find(([name]) => name === suffix);
  if (decimal !== undefined) return { factor: 1n, exponent: decimal[1], format: 'decimal' };
  return { factor: 1n, exponent: Number(suffix.slice(1)), format: 'exponent' };
}

/** Times ten to the exponent; what is lost is rounded up, as no request may be granted less than it asked for. */
function shifted(value: bigint, exponent: number): bigint {
  if (exponent >= 0) return value * 10n ** BigInt(exponent);
  const divisor = 10n ** BigInt(-exponent);
  return (value + divisor - 1n) / divisor;
}

function quantityText({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0';
  const sign = nanos < 0n ? '-' : '';
  const size = nanos < 0n ? -nanos : nanos;
  if (format === 'binary' && size >= 1024n * 10n ** BigInt(nano)) return sign + binaryText(size);
  const [suffix, exponent] = decimalSuffixes.find(([, power]) => size % 10n ** BigInt(nano + power) === 0n) ?? [
    'n',
    -9,
  ];
  const mantissa = size / 10n ** BigInt(nano + exponent);
  const ending = format === 'exponent' && exponent !== 0 ? `e${exponent}` : suffix;
  return `${sign}${mantissa}${ending}`;
}

function binaryText(nanos: bigint): string {
  let units = shifted(nanos, -nano);
  let power = 0;
  while (units % 1024n === 0n && power < binarySuffixes.length - 1) {
    units /= 1024n;
    power += 1;
  }
  return `${units}${binarySuffixes[power] ?? ''}`;
}
