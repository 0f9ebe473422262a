// SPDX-License-Identifier: Apache-2.0
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { errorText, OperatorError } from '../lib/operator-error.js';
import { namespaceMatcher, type NamespaceMatcher } from './namespace-matcher.js';

/** The file of tokens cannot be used. No message contains a token. */
export class UnusableTokenFile extends OperatorError {
  readonly code = 'UNUSABLE_TOKEN_FILE';
  readonly retry = 'never';
}

/** Who may do what. */
export interface TokenFile {
  /**
   * The namespaces that a token is for; undefined when nobody has this token.
   * @throws UnusableTokenFile
   */
  scopeOf(token: string): Promise<NamespaceMatcher | undefined>;
}

interface TokenEntry {
  readonly digest: Buffer;
  readonly scope: NamespaceMatcher;
}

/**
 * A file with a token a line, each followed by the namespaces that it is for: names or patterns with `*`, separated by
 * commas; none means all. Empty lines and those that begin with `#` are left out. The file is read for every question, so
 * that a changed Secret counts at once.
 */
export function createTokenFile(path: string): TokenFile {
  return {
    async scopeOf(token) {
      const digest = digestOf(token);
      const found = (await readTokens(path)).filter((entry) => timingSafeEqual(entry.digest, digest));
      return found.length === 0 ? undefined : (namespace) => found.some(({ scope }) => scope(namespace));
    },
  };
}

/** @throws UnusableTokenFile when the file cannot be read or holds no token */
async function readTokens(path: string): Promise<readonly TokenEntry[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UnusableTokenFile(`Cannot read the tokens: ${errorText(error)}`, { cause: error });
  }
  const lines = text.split('\n').map((line) => line.trim());
  const entries = lines.filter((line) => line !== '' && !line.startsWith('#')).map(readEntry);
  if (entries.length === 0) throw new UnusableTokenFile(`${path} holds no token`);
  return entries;
}

function readEntry(line: string): TokenEntry {
  const [token = '', ...scope] = line.split(/\s+/);
  const patterns = scope
    .join(',')
    .split(',')
    .filter((pattern) => pattern !== '');
  return { digest: digestOf(token), scope: patterns.length === 0 ? () => true : namespaceMatcher(patterns) };
}

/** Of equal length for all tokens, which the comparison in constant time needs. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
