// SPDX-License-Identifier: Apache-2.0

/** Text without control characters, cut to so many characters; the last one is "…" when something was cut off. */
export function excerpt(text: string, maxCharacters: number): string {
  // Cutting first keeps the work small; a pair of surrogates counts twice there, and the end is cut again below.
  const start = text.trim().slice(0, 2 * maxCharacters + 2);
  const characters = Array.from(start.toWellFormed().replace(/(?!\n)\p{Cc}/gu, ' '));
  return characters.length <= maxCharacters
    ? characters.join('')
    : `${characters.slice(0, maxCharacters - 1).join('')}…`;
}

/** The same on one line. */
export function lineExcerpt(text: string, maxCharacters: number): string {
  return excerpt(text.slice(0, 4 * maxCharacters).replace(/\s+/gu, ' '), maxCharacters);
}
