// SPDX-License-Identifier: Apache-2.0

const namedEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

const namedEscapeOf: ReadonlyMap<string, string> = new Map(
  Object.entries(namedEscapes).map(([letter, rune]) => [rune, `\\${letter}`]),
);

/** Whether Go prints the rune as it is: letters, marks, numbers, punctuation, symbols and the ASCII blank. */
export function isPrintable(rune: string): boolean {
  return rune === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(rune);
}

/** Go's double-quoted form of a text. `asciiOnly` escapes every rune beyond ASCII. */
export function quoteText(text: string, asciiOnly = false): string {
  return `"${Array.from(text)
    .map((rune) => quoteRune(rune, '"', asciiOnly))
    .join('')}"`;
}

/** Go's single-quoted form of one rune. */
export function quoteChar(rune: string, asciiOnly = false): string {
  return `'${quoteRune(rune, "'", asciiOnly)}'`;
}

function quoteRune(rune: string, quote: string, asciiOnly: boolean): string {
  if (rune === quote) return `\\${quote}`;
  const named = namedEscapeOf.get(rune);
  if (named !== undefined) return named;
  const code = rune.codePointAt(0) ?? 0;
  if (isPrintable(rune) && (!asciiOnly || code < 0x80)) return rune;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}

const escapePattern = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([abfnrtv\\'"]))/y;

/**
 * The text that a Go string or character literal stands for.
 * @returns undefined when the literal is not well formed
 */
export function unquote(literal: string): string | undefined {
  const quote = literal.slice(0, 1);
  const inner = literal.slice(1, -1);
  if (quote === '`') return inner.replaceAll('\r', '');
  const bytes: Buffer[] = [];
  for (let at = 0; at < inner.length;) {
    const piece = inner[at] === '\\' ? unescapeAt(inner, at, quote) : plainAt(inner, at);
    if (piece === undefined) return undefined;
    bytes.push(piece.bytes);
    at += piece.length;
  }
  const text = Buffer.concat(bytes).toString('utf8');
  return quote === "'" && Array.from(text).length !== 1 ? undefined : text;
}

interface Piece {
  readonly bytes: Buffer;
  readonly length: number;
}

function plainAt(inner: string, at: number): Piece {
  const rune = String.fromCodePoint(inner.codePointAt(at) ?? 0);
  return { bytes: Buffer.from(rune), length: rune.length };
}

/** \x and octal escapes of a string stand for bytes; in a character literal, as \u and \U everywhere, for runes. */
function unescapeAt(inner: string, at: number, quote: string): Piece | undefined {
  escapePattern.lastIndex = at;
  const match = escapePattern.exec(inner);
  if (match === null) return undefined;
  const [{ length }, byteHex, shortHex, longHex, octal, named] = match;
  if (named !== undefined) return namedPiece(named, quote, length);
  const runeHex = shortHex ?? longHex;
  if (runeHex !== undefined) return runePiece(Number.parseInt(runeHex, 16), length);
  const byte = octal === undefined ? Number.parseInt(byteHex ?? '', 16) : Number.parseInt(octal, 8);
  if (byte > 255) return undefined;
  return quote === "'" ? runePiece(byte, length) : { bytes: Buffer.from([byte]), length };
}

/** A quote may be escaped only within its own kind of quotes. */
function namedPiece(named: string, quote: string, length: number): Piece | undefined {
  if ((named === '"' || named === "'") && named !== quote) return undefined;
  return { bytes: Buffer.from(namedEscapes[named] ?? named), length };
}

function runePiece(code: number, length: number): Piece | undefined {
  const isValid = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isValid ? { bytes: Buffer.from(String.fromCodePoint(code)), length } : undefined;
}
