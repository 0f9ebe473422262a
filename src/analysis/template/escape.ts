// SPDX-License-Identifier: Apache-2.0
import { isPrintable } from './quote.js';

const htmlEscapes: Readonly<Record<string, string>> = {
  '\0': '�',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

/** Text that is safe inside HTML, as Go's `html`. */
export function escapeHtml(text: string): string {
  return Array.from(text)
    .map((rune) => htmlEscapes[rune] ?? rune)
    .join('');
}

/** Text that is safe inside a JavaScript string, as Go's `js`. */
export function escapeJs(text: string): string {
  return Array.from(text).map(escapeJsRune).join('');
}

function escapeJsRune(rune: string): string {
  if ('\\\'"'.includes(rune)) return `\\${rune}`;
  const code = rune.codePointAt(0) ?? 0;
  const isUnsafe = '<>&='.includes(rune) || code < 0x20 || (code >= 0x80 && !isPrintable(rune));
  return isUnsafe ? `\\u${code.toString(16).toUpperCase().padStart(4, '0')}` : rune;
}

/** Text that is safe as a part of a URL query, as Go's `urlquery`. */
export function escapeQuery(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%20', '+')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
