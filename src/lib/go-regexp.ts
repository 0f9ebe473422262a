// SPDX-License-Identifier: Apache-2.0

/**
 * Compiles a regular expression written for Go (RE2). Flags at its beginning, as in `(?i)^team-`, are taken over; the
 * rest is the common ground of both languages.
 * @returns undefined for a text that is no regular expression here: never one that matches something else
 */
export function compileGoRegExp(text: string): RegExp | undefined {
  const [, flags = '', expression = ''] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(text) ?? [];
  try {
    // With the u flag an escape that JavaScript does not know (\A, \z) is an error instead of the letter itself.
    return new RegExp(expression, `${[...new Set(flags)].join('')}u`);
  } catch {
    return undefined;
  }
}
