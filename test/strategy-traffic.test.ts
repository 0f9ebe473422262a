// SPDX-License-Identifier: Apache-2.0
/* Who gets which version, for the Canaries of docs/strategies.md, request by request. Equal seeds draw equal requests. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import type { Canary } from '../src/api/canary.js';
import { firstVersion, host, Stage } from './stage/stage.js';
import { pageFile, sectionOf } from './stage/strategies-page.js';
import { User } from './stage/users.js';

const page = readFileSync(pageFile, 'utf8');
const nextVersion = '6.0.1';

/** With the Canary of a section of the page, initialised. */
async function stageOf(title: string, change: (canary: Canary) => Canary = (canary) => canary): Promise<Stage> {
  const stage = new Stage();
  // Parse boundary: the stage's API server checks it.
  await stage.install(change(parse(/```yaml\n(.*?)```/s.exec(sectionOf(page, title))?.[1] ?? '') as Canary));
  return stage;
}

interface UserRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly target?: string;
}

/** The version that answers a request. */
function ask(stage: Stage, { headers = {}, target = '/' }: UserRequest = {}): string {
  const lines = Object.entries(headers).map(([name, value]) => [name, [value]] as const);
  return stage.skippers.ask({ method: 'GET', host, target, headers: Object.fromEntries(lines) }).version;
}

/** How often each version answers. */
function answers(count: number, version: () => string): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let left = count; left > 0; left -= 1) {
    const each = version();
    counts[each] = (counts[each] ?? 0) + 1;
  }
  return counts;
}

/** Four standard deviations around what `count` draws with this chance give. */
function expectShare(found: number, count: number, chance: number): void {
  const deviation = Math.sqrt(count * chance * (1 - chance));
  expect(Math.abs(found - count * chance)).toBeLessThanOrEqual(4 * deviation);
}

/** Long enough that every replica of Skipper knows the routes. */
const knownMs = 4_000;

describe('a canary', () => {
  it('gets its weight of 10,000 requests at each step, fractions of a percent too', async () => {
    const stage = await stageOf('Canary', ({ spec, ...canary }) => ({
      ...canary,
      spec: { ...(spec as object), analysis: { interval: '1m', threshold: 1, stepWeights: [0.1, 1, 50] } },
    }));
    stage.setVersion(nextVersion);
    for (const weight of [0.1, 1, 50]) {
      await stage.until(({ status }) => status?.canaryWeight === weight, `weight ${weight}`);
      await stage.pass(knownMs);
      const { [nextVersion]: canary = 0, [firstVersion]: primary = 0 } = answers(10_000, () => ask(stage));
      expect(canary + primary).toBe(10_000);
      expectShare(canary, 10_000, weight / 100);
    }
  });
});

describe('an A/B test (D4)', () => {
  const outsiders: readonly UserRequest[] = [
    {},
    { headers: { 'x-canary': 'insiders' } },
    { headers: { 'x-canary': 'Insider' } },
    { headers: { cookie: 'xcanary=always' } },
    { headers: { cookie: 'canary=always2; lang=en' } },
    { headers: { 'user-agent': 'Mozilla/5.0' }, target: '/?beta=no' },
    { headers: { 'user-agent': 'Mozilla/5.0' }, target: '/?beta=yes2' },
    { headers: { 'user-agent': 'curl/8' }, target: '/?beta=yes' },
  ];
  const insiders: readonly UserRequest[] = [
    { headers: { 'x-canary': 'insider' } },
    { headers: { cookie: 'canary=always' } },
    { headers: { cookie: 'lang=en; canary=always; theme=dark' } },
    { headers: { 'user-agent': 'Mozilla/5.0' }, target: '/shop?lang=en&beta=yes' },
  ];

  it('gives the canary 0 of 10,000 requests that do not match, and all that do, from the first check to the promotion', async () => {
    const stage = await stageOf('A/B testing');
    stage.setVersion(nextVersion);
    const isThere: readonly ((stage: Stage) => boolean)[] = [
      ({ status }) => status?.iterations === 1,
      ({ status }) => status?.iterations === 2,
      ({ status }) => status?.iterations === 3,
      ({ messages }) => messages.some((text) => text.startsWith('Copying ')),
    ];
    for (const [index, each] of isThere.entries()) {
      await stage.until(each, `moment ${index + 1}`);
      // Copied to the primary, the new version is there for everybody within seconds.
      if (index < 3) await stage.pass(knownMs);
      let turn = 0;
      const next = (kinds: readonly UserRequest[]): string => ask(stage, kinds[turn++ % kinds.length]);
      expect(answers(2_500, () => next(outsiders))).toEqual({ [firstVersion]: 2_500 });
      expect(answers(2_500, () => next(insiders))).toEqual({ [nextVersion]: 2_500 });
    }
    expect(stage.skippers.ambiguous).toBe(0);
  });
});

describe('mirroring (D5)', () => {
  it('answers 0 of 10,000 requests by the canary, and copies its share of them to it', async () => {
    const stage = await stageOf('Mirroring');
    stage.setVersion(nextVersion);
    await stage.until(({ messages }) => messages.some((text) => text.endsWith('canary weight 0')), 'the copies');
    await stage.pass(10_000);
    expect(answers(10_000, () => ask(stage))).toEqual({ [firstVersion]: 10_000 });
    expect([...stage.skippers.copies.keys()]).toEqual([nextVersion]);
    expectShare(stage.skippers.copies.get(nextVersion) ?? 0, 10_000, 0.2);
  });
});

describe('session affinity', () => {
  it.each([
    ['primaryCookieName', ['6.0.0', '6.0.1']],
    ['cookieName only', ['6.0.1']],
  ])('takes none of 1,000 users from a version that their cookie holds: %s', async (names, held) => {
    const stage = await stageOf('Session affinity', (canary) => {
      if (names === 'primaryCookieName') return canary;
      const text = JSON.stringify(canary);
      return JSON.parse(text.replace('"primaryCookieName":"podinfo-stable",', '')) as Canary;
    });
    const users = Array.from({ length: 1_000 }, () => new User(stage, {}, true));
    stage.setVersion(nextVersion);
    await stage.until(({ status }) => status?.canaryWeight === 10, 'weight 10');
    await stage.pass(knownMs);
    for (const user of users) user.visit();
    expectShare(users.filter(({ path }) => path[0] === nextVersion).length, 1_000, 0.1);
    const isGrowing = (): boolean => stage.status?.phase === 'Progressing';
    while (isGrowing()) {
      for (const user of users) user.visit();
      await stage.pass(20_000);
    }
    const left = users.filter(({ path }) => path.slice(0, -1).some((version) => held.includes(version)));
    expect(left).toEqual([]);
    expect(users.flatMap(({ failures }) => failures)).toEqual([]);

    await stage.until(({ status }) => status?.phase === 'Succeeded', 'the promotion');
    await stage.pass(knownMs);
    for (const user of users) user.visit();
    expect(new Set(users.map(({ visits }) => visits.at(-1)?.version))).toEqual(new Set([nextVersion]));
  });
});
