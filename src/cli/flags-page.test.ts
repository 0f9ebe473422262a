// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { renderFlagsPage } from './flags-page.js';

describe('docs/flags.md', () => {
  it('is what `npx tsx hack/generate-flags.ts` writes', () => {
    expect(readFileSync('docs/flags.md', 'utf8')).toBe(renderFlagsPage());
  });
});
