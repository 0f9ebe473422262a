// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { waitFor } from '../bench/wait.js';
import { firstVersion } from '../support/install-app.js';
import { momentBeforePromotion } from '../support/promotion-moment.js';
import { type Scenario, withScenario } from '../support/scenario.js';
import { SteadyClient } from '../support/steady-client.js';
import { Transcript } from '../support/transcript.js';

const match = [
  { headers: { 'x-canary': { exact: 'insider' } } },
  { headers: { cookie: { regex: '^(.*?;\\s*)?(canary=always)(;.*)?$' } } },
];
const analysis = { stepWeight: null, maxWeight: null, iterations: 3, match };
const matchingHeaders = [{ 'x-canary': 'insider' }, { cookie: 'lang=en; canary=always' }];

/** Runs `body` with users for whom the test is, beside the client, who is none of them. */
async function withInsiders(
  { app }: Scenario,
  body: (insiders: readonly SteadyClient[]) => Promise<void>,
): Promise<void> {
  const insiders = matchingHeaders.map((headers) =>
    new SteadyClient({ host: app.host, requestsPerSecond: 8, headers }).start(),
  );
  try {
    await body(insiders);
  } finally {
    for (const insider of insiders) await insider.stop();
  }
}

describe('an A/B test (D4)', () => {
  it.concurrent('gives the new version to those who match and to nobody else, until it is promoted', async () => {
    await withScenario({ namespace: 'ab-promotion', canarySpec: { analysis } }, async (scenario) => {
      const { app, client } = scenario;
      await withInsiders(scenario, async (insiders) => {
        const [insider = client] = insiders;
        const transcript = new Transcript(app, insider).start();
        await app.setImage('6.0.1');
        await waitFor(
          'those who match have the new version',
          () => insiders.every((insider) => insider.answers().at(-1)?.version === '6.0.1'),
          { timeoutMs: 90_000 },
        );
        const sinceMs = Date.now();
        const untilMs = await momentBeforePromotion(app);
        const versions = (user: SteadyClient): ReadonlySet<string> =>
          new Set(user.answers(sinceMs).flatMap(({ atMs, version }) => (atMs <= untilMs ? [version] : [])));
        for (const each of insiders) expect(versions(each)).toEqual(new Set(['6.0.1']));
        expect(versions(client)).toEqual(new Set([firstVersion]));
        await app.waitForPhase('Succeeded');
        await transcript.stop();
        for (const user of [client, ...insiders]) expect(user.failures()).toEqual([]);
      });
      expect(await app.version('primary')).toBe('6.0.1');
      expect((await app.messages()).filter((text) => text.startsWith('Advance'))).toEqual(
        [1, 2, 3].map((iteration) => `Advance podinfo.ab-promotion canary iteration ${iteration}/3`),
      );
    });
  });

  it.concurrent('costs only those who match when the new version is bad', async () => {
    const namespace = 'ab-rollback';
    const canarySpec = { analysis: { ...analysis, webhooks: null } };
    await withScenario({ namespace, canarySpec }, async (scenario) => {
      const { app, client } = scenario;
      await withInsiders(scenario, async (insiders) => {
        await app.setImage('6.0.1-bad');
        await app.waitForPhase('Failed', { timeoutMs: 120_000 });
        expect(await app.version('primary')).toBe(firstVersion);
        expect(client.failures()).toEqual([]);
        expect(insiders.every((insider) => insider.failures().length > 0)).toBe(true);
        const sinceMs = Date.now();
        await waitFor('answers after the rollback', () =>
          insiders.every((insider) => insider.answers(sinceMs).length > 30),
        );
        for (const insider of insiders) expect(insider.failures(sinceMs)).toEqual([]);
      });
    });
  });
});
