// SPDX-License-Identifier: Apache-2.0

export type NamespaceMatcher = (namespace: string) => boolean;

/** Matches whole names: each pattern is a name in which `*` stands for any characters, none included. */
export function namespaceMatcher(patterns: readonly string[]): NamespaceMatcher {
  const expressions = patterns.map((pattern) => {
    const parts = pattern.split('*').map((part) => part.replaceAll(/[^a-zA-Z0-9-]/g, String.raw`\$&`));
    return new RegExp(`^${parts.join('.*')}$`);
  });
  return (namespace) => expressions.some((expression) => expression.test(namespace));
}
