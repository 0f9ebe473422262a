// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { api } from '../bench/api.js';
import { waitFor } from '../bench/wait.js';
import { Browsers, type Visit } from '../support/browsers.js';
import { firstVersion } from '../support/install-app.js';
import { kubectl } from '../support/kubectl.js';
import { momentBeforePromotion } from '../support/promotion-moment.js';
import { withScenario } from '../support/scenario.js';
import { Transcript } from '../support/transcript.js';

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
      const transcript = new Transcript(app, client).start();
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
        await transcript.stop();
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

  it.concurrent('goes with a Canary that is deleted in a rollout, and no user notices (D30)', async () => {
    const namespace = 'affinity-deletion';
    const sessionAffinity = { cookieName: 'version', primaryCookieName: 'stable' };
    const canarySpec = { revertOnDeletion: true, analysis: { sessionAffinity } };
    await withScenario({ namespace, withService: true, canarySpec }, async ({ app, client }) => {
      const browsers = new Browsers(app.host, users).start(1_000);
      try {
        await app.setImage('6.0.1');
        await app.waitForWeight(25);
        await api.remove(app.path('canaries', 'podinfo'));
        const ingresses = async (): Promise<string> => kubectl('-n', namespace, 'get', 'ingresses', '-o', 'name');
        await waitFor(
          'only the Ingress of the user is left',
          async () => (await ingresses()).trim() === 'ingress.networking.k8s.io/podinfo',
          { timeoutMs: 90_000 },
        );
        const sinceMs = Date.now();
        await waitFor('answers', () => client.answers(sinceMs).length > 75);
      } finally {
        await browsers.stop();
      }
      const visits = browsers.visits().flat();
      expect(visits.filter(({ status }) => status !== 200)).toEqual([]);
      expect(client.failures()).toEqual([]);
    });
  });
});
