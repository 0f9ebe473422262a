// SPDX-License-Identifier: Apache-2.0
/* Rolls out every Canary of docs/strategies.md and compares with what the page shows of it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { pageFile, pageSections, runSection, sectionOf, withoutChance, withRun } from './stage/strategies-page.js';

const page = readFileSync(pageFile, 'utf8');

describe('docs/strategies.md', () => {
  it.each(pageSections)('shows the Ingresses and the transcript of a rollout: $title', async (each) => {
    const section = sectionOf(page, each.title);
    const run = await runSection(section, each);
    // To bring the page up to date: npm run generate.
    expect(withoutChance(section)).toBe(withoutChance(withRun(section, run)));
    expect(run.user.failures).toEqual([]);
    expect(run.stage.skippers.ambiguous).toBe(0);
  });

  it('has a section for every Canary on it', () => {
    const titles = page.split(/^## /m).flatMap((text) => (text.includes('```yaml') ? [text.split('\n')[0]] : []));
    expect(titles).toEqual(pageSections.map(({ title }) => title));
  });
});
