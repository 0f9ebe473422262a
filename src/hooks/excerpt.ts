// SPDX-License-Identifier: Apache-2.0

const maxCharacters = 500;

/** Text from outside made fit for an event or a log line: one line, no control characters, at most 500 characters. */
export function excerpt(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  // Cut between code points, so that no half of a surrogate pair is left.
  const characters = Array.from(line.slice(0, 2 * maxCharacters + 2));
  return characters.length <= maxCharacters ? line : `${characters.slice(0, maxCharacters - 1).join('')}…`;
}
