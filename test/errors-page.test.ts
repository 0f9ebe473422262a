// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '..');
/** Parts with pages of their own, or that are no part of the operator. */
const ownPages = ['sandbox', 'loadtester'];

function sourceFiles(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return ownPages.includes(entry.name) ? [] : sourceFiles(path);
    return path.endsWith('.ts') && !path.endsWith('.test.ts') ? [path] : [];
  });
}

/** `code = 'X'` of an error class, and the members of unions named …ErrorCode. */
function codesIn(text: string): readonly string[] {
  const single = [...text.matchAll(/readonly code(?:: \w+)? = '([A-Z_]+)'/g)].map(([, code = '']) => code);
  const unions = [...text.matchAll(/ErrorCode =\n((?:\s+\| '[A-Z_]+';?\n?)+)/g)].map(([, members = '']) => members);
  return [
    ...single,
    ...unions.flatMap((members) => [...members.matchAll(/'([A-Z_]+)'/g)].map(([, code = '']) => code)),
  ];
}

describe('docs/errors.md', () => {
  const used = [
    ...new Set(sourceFiles('src').flatMap((path) => codesIn(readFileSync(join(root, path), 'utf8')))),
  ].sort();
  const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code = '']) => code);

  it('has a line for every code of the program, and for no other', () => {
    expect(used.length).toBeGreaterThan(20);
    expect(documented).toEqual(used);
  });
});
