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
  if (/(?<!\\)(?:\\\\)*\(\?<?[=!]/.test(body) || /(?<!\\)(?:\\\\)*\\[1-9]/.test(body)) return undefined;
  try {
    return new RegExp(translate(body), flags);
  } catch {
    return undefined;
  }
}

// In one pass from the left: a backslash that is escaped itself (`\\Q`) opens nothing.
const goOnlySyntax = /\\Q(?<literal>.*?)(?:\\E|$)|\\(?<escaped>.)|\(\?P<|\[:(?<posix>\w+):\]/gs;

const anchors: Readonly<Record<string, string>> = { A: '^', z: '$' };

function translate(body: string): string {
  return body.replaceAll(goOnlySyntax, (whole: string, literal?: string, escaped?: string, posix?: string) => {
    if (literal !== undefined) return literal.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    if (escaped !== undefined) return anchors[escaped] ?? whole;
    if (posix !== undefined) return posixClasses[posix] ?? whole;
    return '(?<';
  });
}
