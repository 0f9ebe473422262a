// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from '@jest/globals';
import { api, resourcePath } from '../bench/api.js';
import { bench } from '../bench/control.js';
import { waitFor } from '../bench/wait.js';
import type { App } from '../support/app.js';
import { applyCanary, installApp } from '../support/install-app.js';
import { withScenario } from '../support/scenario.js';

const tester = 'http://flagger-loadtester.test';

/** A room of Rocket.Chat behind the bench's server of hooks, which notes what it is sent. */
async function createRoom(namespace: string, name: string, address: string): Promise<void> {
  const metadata = { name, namespace };
  const spec = { type: 'rocket', address };
  const object = { apiVersion: 'flagger.app/v1beta1', kind: 'AlertProvider', metadata, spec };
  await api.create(resourcePath('alertproviders', namespace), object);
}

function alertsTo(...rooms: readonly string[]) {
  return rooms.map((name) => ({ name, providerRef: { name } }));
}

/** Seconds from the start of a rollout to its end, by the clock of the test. */
async function rolloutSeconds(app: App): Promise<number> {
  const startMs = performance.now();
  await app.setImage('6.0.1');
  await app.waitForPhase('Succeeded');
  return (performance.now() - startMs) / 1_000;
}

describe('notifications', () => {
  it.concurrent('chat servers and event receivers that are down delay a rollout by nothing', async () => {
    const namespace = 'chat-down';
    const quiet = { analysis: { metrics: [], webhooks: [], alerts: [] } };
    await withScenario({ namespace, canarySpec: quiet }, async ({ app, client }) => {
      const other = await installApp({ namespace, name: 'other' });
      await applyCanary(other, { canarySpec: quiet });
      await other.waitForPhase('Initialized');
      // One refuses connections, the others never answer.
      await createRoom(namespace, 'refuses', `${tester}:81/chat/${namespace}`);
      await createRoom(namespace, 'hangs', `${tester}/chat/${namespace}/hangs`);
      await bench.programHook(namespace, `/chat/${namespace}/hangs`, { status: 200, delayMs: 600_000 });
      await bench.programHook(namespace, '/events', { status: 200, delayMs: 600_000 });
      const webhooks = [{ name: 'board', type: 'event', url: `${tester}/events`, timeout: '1m' }];
      await app.patchCanary({ analysis: { webhooks, alerts: alertsTo('refuses', 'hangs') } });

      const [told, untold] = await Promise.all([rolloutSeconds(app), rolloutSeconds(other)]);
      // A sender that waits for its receivers would need a minute for each event; the rest is the noise of a busy machine.
      expect(told - untold).toBeLessThan(15);
      expect(client.failures()).toEqual([]);
      const calls = await bench.hookCalls(namespace);
      expect(calls.filter(({ path }) => path === '/events')).toHaveLength(1);
      expect(calls.filter(({ path }) => path.startsWith('/chat')).length).toBeGreaterThan(0);
    });
  });

  it.concurrent(
    'events arrive in order, alerts with the measured values, both with the token of a Secret',
    async () => {
      const namespace = 'told';
      await withScenario(
        { namespace, canarySpec: { analysis: { webhooks: [], alerts: [] } } },
        async ({ app, operator }) => {
          await createRoom(namespace, 'team', `${tester}/chat/${namespace}`);
          const event = { name: 'board', type: 'event', url: `${tester}/events`, retries: 2 };
          const cloudEvent = { ...event, name: 'broker', url: `${tester}/broker/${namespace}`, format: 'cloudevents' };
          const secretKeyRef = { name: 'tester-token', key: 'token' };
          const gate = {
            ...{ name: 'gate', type: 'confirm-rollout', url: `${tester}/gate/approve` },
            headersFrom: [{ header: 'Authorization', prefix: 'Bearer ', secretKeyRef }],
          };
          await app.patchCanary({ analysis: { webhooks: [gate, event, cloudEvent], alerts: alertsTo('team') } });
          await app.setImage('6.0.1');
          await app.waitForMessage(
            `Webhook gate of podinfo.${namespace} cannot be called: Secret ${namespace}/tester-token not found`,
          );
          await app.waitForPhase('Waiting');
          const metadata = { name: secretKeyRef.name, namespace };
          const stringData = { token: 'a-s3cret-token\n' };
          await api.create(resourcePath('secrets', namespace), {
            apiVersion: 'v1',
            kind: 'Secret',
            metadata,
            stringData,
          });
          await app.waitForPhase('Succeeded');
          const last = `Promotion completed! Scaling down podinfo.${namespace}`;
          await waitFor('the last event and alert arrive', async () => {
            const calls = await bench.hookCalls(namespace);
            const finished = calls.some(({ body }) => body.includes('promotion finished.'));
            return finished && calls.filter(({ body }) => body.includes(last)).length >= 2;
          });

          const calls = await bench.hookCalls(namespace);
          const wanted = [
            `Webhook gate of podinfo.${namespace} cannot be called: Secret ${namespace}/tester-token not found`,
            `Webhook gate of podinfo.${namespace} is called again`,
            `Confirm-rollout check gate passed`,
            `New revision detected! Scaling up podinfo.${namespace}`,
            `Starting canary analysis for podinfo.${namespace}`,
            `Advance podinfo.${namespace} canary weight 25`,
            `Advance podinfo.${namespace} canary weight 50`,
            `Routing all traffic to primary`,
            last,
          ];
          const told = calls
            .filter(({ path }) => path === '/events')
            .map(({ metadata: sent }) => sent.eventMessage ?? '');
          expect(told.filter((message) => wanted.includes(message))).toEqual(wanted);
          const broker = calls.filter(({ path }) => path.startsWith('/broker')).map(({ body }) => cloudEventOf(body));
          expect(broker.map(({ data }) => data.metadata.eventMessage)).toEqual(told);
          expect(new Set(broker.map(({ id }) => id)).size).toBe(broker.length);

          const alerts = calls.filter(({ path }) => path.startsWith('/chat')).map(({ body }) => alertOf(body));
          expect(alerts.map(({ text }) => text)).toEqual([
            'Canary is waiting for approval.',
            'New revision detected, progressing canary analysis.',
            'Canary analysis completed successfully, promotion finished.',
          ]);
          const [, start, end] = alerts.map(({ fields }) => new Map(fields.map(({ title, value }) => [title, value])));
          expect(start?.get('Image podinfod')).toMatch(/podinfo:6\.0\.0 → 6\.0\.1$/);
          expect(end?.get('Metric request-success-rate')).toBe('100% (wanted >= 99%)');
          expect(end?.get('Metric request-duration')).toMatch(/^[\d.]+(?:µs|ms|s) \(wanted <= 5s\)$/);
          expect(JSON.stringify(operator.log())).not.toContain('a-s3cret-token');
          expect((await app.messages()).join()).not.toContain('a-s3cret-token');
        },
      );
    },
  );
});

interface CloudEvent {
  readonly id: string;
  readonly data: { readonly metadata: { readonly eventMessage: string } };
}

/** Parse boundary: the operator wrote it. */
function cloudEventOf(body: string): CloudEvent {
  const event = JSON.parse(body) as CloudEvent;
  expect(event).toMatchObject({ specversion: '1.0', subject: 'told/podinfo' });
  return event;
}

interface Alert {
  readonly text: string;
  readonly fields: readonly { readonly title: string; readonly value: string }[];
}

/** Parse boundary: the operator wrote it. */
function alertOf(body: string): Alert {
  const { attachments } = JSON.parse(body) as { readonly attachments: readonly Alert[] };
  return attachments[0] ?? { text: '', fields: [] };
}
