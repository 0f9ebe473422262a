// SPDX-License-Identifier: Apache-2.0
import type { NamespaceMatcher } from './namespace-matcher.js';
import type { TokenFile } from './token-file.js';

export interface AccessDeps {
  /** Undefined lets everybody in who reaches the port, as Flagger does. */
  readonly tokens: TokenFile | undefined;
  /** Namespaces that calls may be about. The caller writes the name: without tokens this stops mistakes, not attacks. */
  readonly isServed: NamespaceMatcher;
}

export type Admission =
  | { readonly kind: 'admitted' }
  /** There is no token, or a wrong one. */
  | { readonly kind: 'unknown' }
  /** Not in this namespace. */
  | { readonly kind: 'forbidden' };

/** Decides who may have something done, and see it. Methods throw UnusableTokenFile. */
export interface Access {
  /** @param tokens what the call brought along, wherever it was; one good token suffices */
  admit(tokens: readonly string[], namespace: string): Promise<Admission>;
  /** The namespaces that a caller may see; undefined for an unknown caller. */
  visible(tokens: readonly string[]): Promise<NamespaceMatcher | undefined>;
}

export function createAccess({ tokens: file, isServed }: AccessDeps): Access {
  async function scopeOf(tokens: readonly string[]): Promise<NamespaceMatcher | undefined> {
    if (file === undefined) return () => true;
    const scopes = await Promise.all(tokens.map((token) => file.scopeOf(token)));
    const known = scopes.filter((scope) => scope !== undefined);
    return known.length === 0 ? undefined : (namespace) => known.some((scope) => scope(namespace));
  }

  return {
    async admit(tokens, namespace) {
      const scope = await scopeOf(tokens);
      if (scope === undefined) return { kind: 'unknown' };
      return scope(namespace) && isServed(namespace) ? { kind: 'admitted' } : { kind: 'forbidden' };
    },
    async visible(tokens) {
      const scope = await scopeOf(tokens);
      return scope === undefined ? undefined : (namespace) => scope(namespace) && isServed(namespace);
    },
  };
}

/** The token of an Authorization header. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}
