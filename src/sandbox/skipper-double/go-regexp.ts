// SPDX-License-Identifier: Apache-2.0

const posixClasses: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: '\\t ',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/**
 * Compiles a Go (RE2) pattern as the JavaScript expression that matches the same text, unanchored.
 * Covers what route definitions use: leading (?i)-style flags, named groups, POSIX classes, \A, \z and \Q…\E.
 * @returns undefined for what Go refuses too: broken syntax, look-around, back references
 */
export function compileGoRegexp(pattern: string): RegExp | undefined {
  const [, flags = '', body = ''] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(pattern) ?? [];
  if (/\(\?<?[=!]/.test(body) || /(?<!\\)(?:\\\\)*\\[1-9]/.test(body)) return undefined;
  try {
    return new RegExp(translate(body), flags);
  } catch {
    return undefined;
  }
}

function translate(body: string): string {
  return body
    .replaceAll(/\\Q(.*?)(?:\\E|$)/gs, (_, literal: string) => literal.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .replaceAll('(?P<', '(?<')
    .replaceAll(/\[:(\w+):\]/g, (whole, name: string) => posixClasses[name] ?? whole)
    .replaceAll(/(?<!\\)((?:\\\\)*)\\A/g, '$1^')
    .replaceAll(/(?<!\\)((?:\\\\)*)\\z/g, '$1$');
}
