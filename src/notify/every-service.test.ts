// SPDX-License-Identifier: Apache-2.0
/* Every kind of provider against a server in every sort of trouble. */
import { afterEach, describe, expect, it } from '@jest/globals';

import { LoopbackServers, readBody, reset } from '../../test/support/loopback-server.js';
import { alertProviderTypes } from '../api/alert-provider.js';
import type { StringMap } from '../api/kubernetes.js';
import { FakeClock } from '../lib/fake-clock.js';
import { createHttpClient, type HttpClient } from '../lib/http-client.js';
import { createAlertSender } from './alert-sender.js';
import { teamsFormatAnnotation } from './destination.js';
import {
  aCanary,
  answer,
  aNotice,
  aProvider,
  FakeSource,
  RecordingLog,
  until,
  type Post,
  type Reply,
} from './testing.js';

const servers = new LoopbackServers();
const clients: HttpClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  servers.closeAll();
});

const silence: Reply = () => undefined;
const hangUp: Reply = ({ socket }) => {
  if (socket !== null) reset({ socket });
};

/** Sends one alert to a provider whose server replies in turn, the last reply for ever. */
async function alerting(type: string, annotations: StringMap, replies: readonly Reply[]) {
  const posts: Post[] = [];
  const url = await servers.serve((request, response) => {
    void readBody(request).then((body) => {
      const reply = replies[Math.min(posts.length, replies.length - 1)] ?? answer(200);
      posts.push({ path: request.url ?? '', headers: request.headers, body });
      reply(response);
    });
  });
  const clock = new FakeClock();
  const log = new RecordingLog();
  const source = new FakeSource();
  source.providers.set('room', aProvider({ type, secretRef: { name: 'room' } }, annotations));
  source.secrets.set('room', { address: `${url}/hook`, token: 'a-token' });
  const http = createHttpClient({ clock });
  clients.push(http);
  const sender = createAlertSender({ clock, random: () => 0, log, http, global: {}, source });
  sender.send(aNotice({ canary: aCanary({ alerts: [{ name: 'room', providerRef: { name: 'room' } }] }) }));
  return { posts, clock, log };
}

const kinds: readonly (readonly [string, string, StringMap])[] = [
  ...alertProviderTypes.map((type) => [type, type, {}] as const),
  ['msteams, adaptive card', 'msteams', { [teamsFormatAnnotation]: 'adaptive-card' }],
];

const troubles: readonly (readonly [string, Reply, number])[] = [
  ['429', answer(429, 'slow down'), 1_000],
  ['429 for 7 s', answer(429, 'slow down', { 'Retry-After': '7' }), 7_000],
  ['500', answer(500, 'oops'), 1_000],
  ['a reset', hangUp, 1_000],
  ['silence', silence, 6_000],
];

/** What services answer with status 200 although they did not take the message, and it may pass later. */
const refusals: readonly (readonly [string, Reply])[] = [
  ['slack', answer(200, '{"ok":false,"error":"ratelimited"}')],
  ['msteams', answer(200, 'Webhook message delivery failed with error: returned HTTP error 429')],
];

describe.each(kinds)('an alert by %s', (_name, type, annotations) => {
  const own = refusals
    .filter(([service]) => service === type)
    .map(([, reply]) => ['200 for a failure', reply, 1_000] as const);

  it.each([...troubles, ...own])('comes after %s, the same once more', async (_trouble, reply, waitMs) => {
    const { posts, clock, log } = await alerting(type, annotations, [reply, answer(200)]);
    await until(() => posts.length === 1);
    if (reply === silence) await clock.advance(5_000);
    await until(() => log.texts('warn').length === 1);
    await clock.advance(reply === silence ? waitMs - 5_000 : waitMs);
    await until(() => posts.length === 2);
    expect(posts[1]?.path).toBe(type === 'discord' ? '/hook/slack' : '/hook');
    expect(posts[1]?.body).toBe(posts[0]?.body);
    expect(posts[1]?.headers['content-type']).toBe('application/json');
    expect(posts[1]?.headers.authorization).toBe(type === 'slack' ? 'Bearer a-token' : undefined);
    expect(log.texts('error')).toEqual([]);
  });

  it.each([400, 404])('is given up after %i', async (status) => {
    const { posts, log } = await alerting(type, annotations, [answer(status, 'no')]);
    await until(() => log.texts('error').length === 1);
    expect(log.texts('error')[0]).toBe(
      `alert provider room.test send error: postMessage failed: sending notification bad response ${status}: no`,
    );
    expect(posts).toHaveLength(1);
  });
});
