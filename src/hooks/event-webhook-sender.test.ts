// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

import { describe, expect, it } from '@jest/globals';

import type { Webhook } from '../api/rollout-spec.js';
import { systemClock } from '../lib/clock.js';
import { FakeClock } from '../lib/fake-clock.js';
import type { Logger } from '../lib/logger.js';
import { silentLogger } from '../lib/logger.js';
import { createEventWebhookSender, type EventWebhookSender } from './event-webhook-sender.js';
import { createHookCaller, type HookCaller, type HookResult } from './hook-caller.js';
import { eventPayload, type HookPayload } from './payload.js';

function anEvent(message: string, name = 'podinfo'): HookPayload {
  const about = { name, namespace: 'test', phase: 'Progressing', checksum: '85d557f47b' } as const;
  return eventPayload({ ...about, id: message, message, type: 'Normal', atMs: 0 });
}

function aHook(rest: Partial<Webhook> = {}): Webhook {
  return {
    name: 'audit',
    type: 'event',
    url: 'http://audit.test/',
    timeout: '10s',
    retries: 0,
    disableTLS: false,
    muteAlert: false,
    metadata: {},
    ...rest,
  };
}

interface Call {
  readonly webhook: Webhook;
  readonly payload: HookPayload;
  readonly finish: (result: HookResult) => void;
  readonly fail: (error: Error) => void;
}

/** A receiver whose answers the test gives by hand. An aborted call ends as the real one does. */
class Receiver implements Pick<HookCaller, 'call'> {
  readonly open: Call[] = [];
  readonly seen: string[] = [];

  call(webhook: Webhook, payload: HookPayload, signal: AbortSignal): Promise<HookResult> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => resolve({ kind: 'failed', message: 'the call was aborted' }));
      this.open.push({ webhook, payload, finish: resolve, fail: reject });
      this.seen.push(`${payload.name}: ${payload.metadata?.eventMessage ?? ''}`);
    });
  }

  /** Answers the oldest open call. */
  async answer(result: HookResult = { kind: 'passed', body: '' }): Promise<void> {
    this.open.shift()?.finish(result);
    await settle();
  }
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

interface Bench {
  readonly sender: EventWebhookSender;
  readonly receiver: Receiver;
  readonly clock: FakeClock;
  readonly logged: string[];
  /** Deliveries that were lost so far. */
  readonly lost: () => number;
}

function aBench(maxPending?: number): Bench {
  const logged: string[] = [];
  let lost = 0;
  const note =
    (level: string): Logger['warn'] =>
    (_, message) => {
      logged.push(`${level} ${message}`);
    };
  const log: Logger = { ...silentLogger, warn: note('warn'), error: note('error') };
  const clock = new FakeClock();
  const receiver = new Receiver();
  const sender = createEventWebhookSender({
    caller: receiver,
    clock,
    log,
    onLost: () => (lost += 1),
    ...(maxPending === undefined ? {} : { maxPending }),
  });
  return { sender, receiver, clock, logged, lost: () => lost };
}

describe('createEventWebhookSender', () => {
  it('returns before anything is sent', async () => {
    const { sender, receiver } = aBench();
    sender.send([aHook()], anEvent('one'));
    expect(receiver.seen).toEqual([]);
    await settle();
    expect(receiver.seen).toEqual(['podinfo: one']);
  });

  it('keeps the order of one Canary and lets no other wait for it (D43)', async () => {
    const { sender, receiver } = aBench();
    for (const message of ['one', 'two', 'three']) sender.send([aHook()], anEvent(message));
    sender.send([aHook()], anEvent('other', 'backend'));
    await settle();
    expect(receiver.seen).toEqual(['podinfo: one', 'backend: other']);
    for (let count = 0; count < 4; count += 1) await receiver.answer();
    expect(receiver.seen).toEqual(['podinfo: one', 'backend: other', 'podinfo: two', 'podinfo: three']);
  });

  it('lets no receiver wait for another', async () => {
    const { sender, receiver } = aBench();
    const hooks = [aHook({ url: 'http://a.test' }), aHook({ url: 'http://b.test' })];
    sender.send(hooks, anEvent('one'));
    sender.send(hooks, anEvent('two'));
    await settle();
    expect(receiver.open.map(({ webhook }) => webhook.url)).toEqual(['http://a.test', 'http://b.test']);
    receiver.open.pop()?.finish({ kind: 'passed', body: '' });
    await settle();
    expect(receiver.open.map(({ webhook }) => webhook.url)).toEqual(['http://a.test', 'http://b.test']);
    expect(receiver.seen.at(-1)).toBe('podinfo: two');
  });

  it('calls one address at most eight times at once', async () => {
    const { sender, receiver } = aBench();
    for (let count = 0; count < 20; count += 1) sender.send([aHook()], anEvent('start', `app-${count}`));
    await settle();
    expect(receiver.open).toHaveLength(8);
    await receiver.answer();
    expect(receiver.open).toHaveLength(8);
    expect(receiver.seen).toHaveLength(9);
  });

  it.each`
    asked  | given
    ${0}   | ${0}
    ${3}   | ${3}
    ${100} | ${5}
  `('gives $given retries to a webhook with $asked', async ({ asked, given }) => {
    const { sender, receiver } = aBench();
    sender.send([aHook({ retries: Number(asked) })], anEvent('one'));
    await settle();
    expect(receiver.open[0]?.webhook.retries).toBe(given);
  });

  it('logs and counts a failed delivery and goes on', async () => {
    const { sender, receiver, logged, lost } = aBench();
    for (const message of ['one', 'two', 'three']) sender.send([aHook()], anEvent(message));
    await settle();
    await receiver.answer({ kind: 'failed', message: 'no' });
    receiver.open.shift()?.fail(new Error('defect'));
    await settle();
    await receiver.answer();
    expect(receiver.seen).toHaveLength(3);
    expect(logged).toEqual(['error error sending event to webhook: no', 'error event webhook was not called']);
    expect(lost()).toBe(2);
  });

  it('drops the oldest event of the longest queue when too many wait', async () => {
    const { sender, receiver, logged, lost } = aBench(4);
    sender.send([aHook({ url: 'http://quiet.test' })], anEvent('quiet'));
    await settle();
    sender.send([aHook({ url: 'http://quiet.test' })], anEvent('quiet too'));
    for (let count = 0; count < 6; count += 1) sender.send([aHook()], anEvent(`noise ${count}`));
    await settle();
    for (let count = 0; count < 8; count += 1) await receiver.answer();
    expect(receiver.seen).toEqual([
      'podinfo: quiet',
      'podinfo: noise 3',
      'podinfo: quiet too',
      'podinfo: noise 4',
      'podinfo: noise 5',
    ]);
    expect(logged).toEqual(Array(3).fill('warn too many events wait for their webhook, the oldest is dropped'));
    expect(lost()).toBe(3);
  });

  it('flushes until everything is delivered', async () => {
    const { sender, receiver, logged, lost } = aBench();
    sender.send([aHook()], anEvent('one'));
    sender.send([aHook()], anEvent('two'));
    let isFlushed = false;
    const flushed = sender.flush(5_000).then(() => (isFlushed = true));
    await settle();
    await receiver.answer();
    expect(isFlushed).toBe(false);
    await receiver.answer();
    await flushed;
    expect(logged).toEqual([]);
    expect(lost()).toBe(0);
  });

  it('flushes at once when nothing waits', async () => {
    await expect(aBench().sender.flush(5_000)).resolves.toBeUndefined();
  });

  it('abandons what is left when the time to flush is over, and is fit for use afterwards', async () => {
    const { sender, receiver, clock, logged, lost } = aBench();
    sender.send([aHook()], anEvent('one'));
    sender.send([aHook()], anEvent('two'));
    const flushed = sender.flush(5_000);
    await clock.advance(5_000);
    await flushed;
    await settle();
    expect(logged).toEqual([
      'warn events were not delivered in time',
      'error error sending event to webhook: the call was aborted',
    ]);
    expect(lost()).toBe(2);
    receiver.open.splice(0);
    sender.send([aHook()], anEvent('three'));
    await settle();
    expect(receiver.seen).toEqual(['podinfo: one', 'podinfo: three']);
  });

  it('delivers to a real receiver, with the metadata of the webhook', async () => {
    const bodies: unknown[] = [];
    const server = createServer((request, response) => {
      void json(request).then((body) => {
        bodies.push(body);
        response.end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const caller = createHookCaller({ clock: systemClock, random: () => 0, log: silentLogger });
    const sender = createEventWebhookSender({ caller, clock: systemClock, log: silentLogger });
    const metadata = { team: 'a', eventType: 'forged' };
    for (const message of ['one', 'two']) sender.send([aHook({ url, metadata })], anEvent(message));
    await sender.flush(5_000);
    caller.close();
    server.close();
    expect(bodies).toEqual(
      ['one', 'two'].map((eventMessage) => ({
        name: 'podinfo',
        namespace: 'test',
        phase: 'Progressing',
        checksum: '85d557f47b',
        metadata: { eventMessage, eventType: 'Normal', team: 'a', timestamp: '0' },
      })),
    );
  });
});
