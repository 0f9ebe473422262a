// SPDX-License-Identifier: Apache-2.0

/** A quoted text, or a gap of white space and comments. */
const quotedOrGap = /"(?:\\[^]|[^"\\])*"?|'(?:\\[^]|[^'\\])*'?|`[^`]*`?|(?:\s|#[^\n]*)+/g;

/**
 * A PromQL query on one line: each run of white space becomes one blank, and a comment, which would swallow the rest
 * of the line, goes. What stands in quotes stays as it is.
 */
export function onOneLine(query: string): string {
  return query.replace(quotedOrGap, (text) => (/^[\s#]/.test(text) ? ' ' : text));
}
