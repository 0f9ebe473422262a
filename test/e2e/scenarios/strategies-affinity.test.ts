// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { Browsers, type Visit } from '../support/browsers.js';
import { firstVersion } from '../support/install-app.js';
import { momentBeforePromotion } from '../support/promotion-moment.js';
import { withScenario } from '../support/scenario.js';

const users = 60;

/** The versions that a user met, each change counted. */
function changes(visits: readonly Visit[]): readonly string[] {
  const versions = visits.map(({ version }) => version);
  return versions.filter((version, index) => version !== versions[index - 1]);
}

describe('session affinity', () => {
  it.concurrent.each([
    ['affinity', { cookieName: 'version' }],
    ['affinity-both', { cookieName: 'version', primaryCookieName: 'stable' }],
  ])('keeps users on the version they met while the weight grows: %s', async (namespace, sessionAffinity) => {
    const holdsPrimary = 'primaryCookieName' in sessionAffinity;
    await withScenario({ namespace, canarySpec: { analysis: { sessionAffinity } } }, async ({ app, client }) => {
      const browsers = new Browsers(app.host, users).start(1_000);
      try {
        await app.setImage('6.0.1');
        const untilMs = await momentBeforePromotion(app);
        const met = browsers.visits(untilMs).map(changes);
        // Everybody began on the old version; nobody went back to it.
        const pinned = [[firstVersion], [firstVersion, '6.0.1']];
        expect(met.filter((versions) => !pinned.some((path) => path.join() === versions.join()))).toEqual([]);
        expect(met.filter((versions) => versions.includes('6.0.1')).length).toBeGreaterThan(holdsPrimary ? 2 : 20);
        if (holdsPrimary) expect(met.filter((versions) => versions.length === 1).length).toBeGreaterThan(10);
        await app.waitForPhase('Succeeded');
      } finally {
        await browsers.stop();
      }
      expect(
        browsers
          .visits()
          .flat()
          .filter(({ status }) => status !== 200),
      ).toEqual([]);
      expect(client.failures()).toEqual([]);
      expect((await app.status()).sessionAffinityCookie).toBeUndefined();
    });
  });
});
