// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { adminApiUrl } from '../bench/api.js';
import { bench } from '../bench/control.js';
import { pause, waitFor } from '../bench/wait.js';
import { withScenario } from '../support/scenario.js';

describe('an outage of the API server', () => {
  it('of 20 s in mid-rollout costs no request, and the rollout goes on', async () => {
    await withScenario({ namespace: 'outage' }, async ({ app, operator, client }) => {
      // After an outage the controllers of Kubernetes need half a minute until endpoints are true again; no pod may be
      // blamed on the operator that the Deployment controller replaced in that time.
      await bench.setPodDeparture(app.namespace, { kind: 'serve', forMs: 60_000 });
      await app.setImage('6.0.1');
      await app.waitForWeight(25);
      await bench.stopProcess('kube-apiserver', 'SIGKILL');
      await pause(20_000);
      expect(operator.isRunning()).toBe(true);
      await bench.startProcess('kube-apiserver');
      await waitFor('kube-apiserver is ready', async () => (await fetch(`${adminApiUrl}/readyz`)).ok);
      await app.waitForPhase('Succeeded');
      expect(await app.version('primary')).toBe('6.0.1');
      expect(client.failures()).toEqual([]);
    });
  });
});
