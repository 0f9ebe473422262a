// SPDX-License-Identifier: Apache-2.0
import { createServer, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';

import { LoopbackServers, readBody, reset } from '../../test/support/loopback-server.js';
import type { AlertSeverity } from '../api/rollout-spec.js';
import { FakeClock } from '../lib/fake-clock.js';
import { createHttpClient, type HttpClient } from '../lib/http-client.js';
import type { AlertNotice } from './alert-notice.js';
import { createAlertSender, type AlertSender, type AlertSenderDeps, type LostAlert } from './alert-sender.js';
import type { GlobalAlertSettings } from './global-alerts.js';
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

/** A chat server: replies to the posts in turn, with the last reply for ever. */
async function chatServer(...replies: readonly Reply[]): Promise<{ readonly url: string; readonly posts: Post[] }> {
  const posts: Post[] = [];
  const url = await servers.serve((request, response) => {
    void readBody(request).then((body) => {
      const reply = replies[Math.min(posts.length, replies.length - 1)] ?? answer(200);
      posts.push({ path: request.url ?? '', headers: request.headers, body });
      reply(response);
    });
  });
  return { url, posts };
}

const silence: Reply = () => undefined;
const hangUp: Reply = (response: ServerResponse) => {
  if (response.socket !== null) reset({ socket: response.socket });
};

interface Bench {
  readonly sender: AlertSender;
  readonly clock: FakeClock;
  readonly log: RecordingLog;
  readonly source: FakeSource;
  readonly lost: readonly LostAlert[];
}

function bench(global: GlobalAlertSettings = {}, deps: Partial<AlertSenderDeps> = {}): Bench {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const source = new FakeSource();
  const lost: LostAlert[] = [];
  const http = createHttpClient({ clock });
  clients.push(http);
  const onLost = (alert: LostAlert) => lost.push(alert);
  const sender = createAlertSender({ clock, random: () => 0, log, http, global, source, onLost, ...deps });
  return { sender, clock, log, source, lost };
}

/** A Canary that alerts the given providers. */
function alerting(
  ...alerts: readonly { readonly name: string; readonly severity?: AlertSeverity | '' }[]
): AlertNotice {
  const canary = aCanary({
    alerts: alerts.map(({ name, severity }) => ({
      name,
      providerRef: { name },
      ...(severity === undefined ? {} : { severity }),
    })),
  });
  return aNotice({ canary });
}

function textOf(post: Post | undefined): string {
  return /"text":"([^"]*)"/.exec(post?.body ?? '')?.[1] ?? '';
}

describe('createAlertSender', () => {
  it('posts to the global Slack webhook of the flags, with channel and name', async () => {
    const chat = await chatServer(answer(200));
    const { sender, log } = bench({
      slackUrl: `${chat.url}/services/T0/B0/hidden`,
      slackChannel: 'releases',
      slackUser: 'deployer',
      clusterName: 'prod-1',
    });
    sender.send(aNotice());
    await until(() => chat.posts.length === 1);
    expect(chat.posts[0]).toMatchObject({ path: '/services/T0/B0/hidden' });
    expect(chat.posts[0]?.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(chat.posts[0]?.headers.authorization).toBeUndefined();
    const body: unknown = JSON.parse(chat.posts[0]?.body ?? '');
    expect(body).toMatchObject({
      channel: 'releases',
      username: 'deployer',
      attachments: [{ author_name: 'podinfo.test' }],
    });
    expect(log.texts('info')).toEqual([`Notifications enabled for ${chat.url}`]);
  });

  it('lets Teams take the place of Slack', async () => {
    const [slack, teams] = [await chatServer(), await chatServer(answer(202))];
    const { sender } = bench({ slackUrl: slack.url, msteamsUrl: `${teams.url}/workflows/f00?sig=hidden` });
    sender.send(aNotice());
    await sender.flush(5_000);
    expect([slack.posts.length, teams.posts.length]).toEqual([0, 1]);
    expect(teams.posts[0]?.path).toBe('/workflows/f00?sig=hidden');
    expect(JSON.parse(teams.posts[0]?.body ?? '')).toMatchObject({ type: 'message' });
  });

  it.each`
    global                              | messages
    ${{}}                               | ${[]}
    ${{ clusterName: 'c' }}             | ${[]}
    ${{ slackUrl: 'not a url hidden' }} | ${['Notifier invalid Slack hook URL, it must start with http:// or https://']}
  `('sends nothing anywhere with the settings $global', async ({ global, messages }) => {
    const { sender, log } = bench(global as GlobalAlertSettings);
    sender.send(aNotice());
    await sender.flush(1_000);
    expect(log.texts('error')).toEqual(messages);
  });

  it('uses the default channel where Flagger lost all alerts', async () => {
    const chat = await chatServer();
    const { sender } = bench({ slackUrl: chat.url, slackChannel: '' });
    sender.send(aNotice());
    await until(() => chat.posts.length === 1);
    expect(chat.posts[0]?.body).toContain('"channel":"general"');
  });

  it('posts to the alert providers of a Canary instead of the global ones', async () => {
    const [everybody, team] = [await chatServer(), await chatServer()];
    const { sender, source } = bench({ slackUrl: everybody.url });
    source.providers.set('team', aProvider({ type: 'discord', address: `${team.url}/webhooks/1/t?thread_id=2` }));
    sender.send(alerting({ name: 'team', severity: 'info' }));
    await sender.flush(5_000);
    expect([everybody.posts.length, team.posts.length]).toEqual([0, 1]);
    expect(team.posts[0]?.path).toBe('/webhooks/1/t/slack?thread_id=2');
  });

  it('does not fall back to the global ones when the severity of all own alerts is higher', async () => {
    const everybody = await chatServer();
    const { sender } = bench({ slackUrl: everybody.url });
    sender.send(alerting({ name: 'team', severity: 'error' }));
    await sender.flush(1_000);
    expect(everybody.posts).toEqual([]);
  });

  it.each`
    wanted       | sent
    ${'info'}    | ${['info', 'warn', 'error']}
    ${'warn'}    | ${['warn', 'error']}
    ${'error'}   | ${['error']}
    ${''}        | ${['info', 'warn', 'error']}
    ${undefined} | ${['info', 'warn', 'error']}
  `('D15: an alert with severity $wanted gets $sent', async ({ wanted, sent }) => {
    const chat = await chatServer();
    const { sender, source } = bench();
    source.providers.set('team', aProvider({ type: 'rocket', address: chat.url }));
    const severity = wanted as AlertSeverity | '' | undefined;
    const notice = alerting({ name: 'team', ...(severity === undefined ? {} : { severity }) });
    for (const each of ['info', 'warn', 'error'] as const) sender.send({ ...notice, severity: each, message: each });
    await sender.flush(5_000);
    expect(chat.posts.map(textOf)).toEqual(sent);
  });

  it('D16: passes on that the progress deadline was exceeded to those who want errors only', async () => {
    const chat = await chatServer();
    const { sender, source } = bench();
    source.providers.set('team', aProvider({ type: 'rocket', address: chat.url }));
    const message = 'Progress deadline exceeded deployment not ready';
    sender.send({ ...alerting({ name: 'team', severity: 'error' }), severity: 'error', message });
    await sender.flush(5_000);
    expect(chat.posts.map(textOf)).toEqual([message]);
  });

  it('posts once to a provider that is named twice', async () => {
    const chat = await chatServer();
    const { sender, source } = bench();
    source.providers.set('team', aProvider({ type: 'rocket', address: chat.url }));
    sender.send({
      ...alerting({ name: 'team', severity: 'info' }, { name: 'team', severity: 'error' }),
      severity: 'error',
    });
    await sender.flush(5_000);
    expect(chat.posts).toHaveLength(1);
  });

  it('D43: does not repeat what a reconcile says again', async () => {
    const chat = await chatServer();
    const { sender } = bench({ slackUrl: chat.url });
    for (let count = 0; count < 5; count += 1) sender.send(aNotice());
    sender.send(aNotice({ phase: 'Failed', message: 'Failed checks threshold reached 5' }));
    await sender.flush(5_000);
    expect(chat.posts.map(textOf)).toEqual([
      'New revision detected, progressing canary analysis.',
      'Failed checks threshold reached 5',
    ]);
  });

  it('posts with the token of the moment to the API of Slack', async () => {
    const chat = await chatServer(answer(200, '{"ok":true}'));
    const { sender, source } = bench();
    source.providers.set('bot', aProvider({ type: 'slack', secretRef: { name: 'bot' } }));
    source.secrets.set('bot', { address: `${chat.url}/api/chat.postMessage\n`, token: 'xoxb-one\n' });
    sender.send({ ...alerting({ name: 'bot' }), message: 'one' });
    await sender.flush(5_000);
    source.secrets.set('bot', { address: `${chat.url}/api/chat.postMessage\n`, token: 'xoxb-two\n' });
    sender.send({ ...alerting({ name: 'bot' }), message: 'two' });
    await sender.flush(5_000);
    expect(chat.posts.map(({ headers }) => headers.authorization)).toEqual(['Bearer xoxb-one', 'Bearer xoxb-two']);
  });
});

it('takes the token of a bot to no other host, whatever the answer is', async () => {
  const other = await chatServer(answer(200, '{"ok":true}'));
  const chat = await chatServer(answer(307, '', { location: `${other.url}/elsewhere` }));
  const { sender, source } = bench();
  source.providers.set('bot', aProvider({ type: 'slack', secretRef: { name: 'bot' } }));
  source.secrets.set('bot', { address: `${chat.url}/api/chat.postMessage`, token: 'xoxb-one' });
  sender.send(alerting({ name: 'bot' }));
  await sender.flush(5_000);
  expect(chat.posts[0]?.headers.authorization).toBe('Bearer xoxb-one');
  expect(other.posts[0]?.path).toBe('/elsewhere');
  expect(other.posts[0]?.headers.authorization).toBeUndefined();
});

describe('alerts that do not get through at once', () => {
  it.each`
    what                      | waitMs    | reply
    ${'429'}                  | ${1_000}  | ${answer(429, 'slow down')}
    ${'429 with a time'}      | ${20_000} | ${answer(429, 'slow down', { 'Retry-After': '20' })}
    ${'500'}                  | ${1_000}  | ${answer(500, 'oops')}
    ${'503 with a date'}      | ${30_000} | ${answer(503, '', { 'Retry-After': 'Thu, 01 Jan 2026 00:00:30 GMT' })}
    ${'ok:false ratelimited'} | ${20_000} | ${answer(200, '{"ok":false,"error":"ratelimited"}', { 'Retry-After': '20' })}
    ${'a reset'}              | ${1_000}  | ${hangUp}
  `('are sent again $waitMs ms after $what, in order', async ({ waitMs, reply }) => {
    const chat = await chatServer(reply as Reply, answer(200));
    const { sender, clock, log, lost } = bench({ slackUrl: chat.url });
    sender.send(aNotice({ message: 'one' }));
    sender.send(aNotice({ message: 'two' }));
    await until(() => log.texts('warn').length === 1);
    await clock.advance(Number(waitMs) - 1);
    expect(chat.posts).toHaveLength(1);
    await clock.advance(1);
    await until(() => chat.posts.length === 3);
    expect(chat.posts.map(textOf)).toEqual(['one', 'one', 'two']);
    expect(lost).toEqual([]);
  });

  it('are sent again when the server is silent for five seconds', async () => {
    const chat = await chatServer(silence, answer(200));
    const { sender, clock, log } = bench({ slackUrl: chat.url });
    sender.send(aNotice());
    await until(() => chat.posts.length === 1);
    await clock.advance(4_999);
    expect(log.texts('warn')).toEqual([]);
    await clock.advance(1);
    await until(() => log.texts('warn').length === 1);
    await clock.advance(1_000);
    await until(() => chat.posts.length === 2);
  });

  it.each`
    what                            | reply                                                      | error
    ${'404'}                        | ${answer(404, 'no_team')}                                  | ${'bad response 404: no_team'}
    ${'400'}                        | ${answer(400, 'invalid_payload')}                          | ${'bad response 400: invalid_payload'}
    ${'ok:false channel_not_found'} | ${answer(200, '{"ok":false,"error":"channel_not_found"}')} | ${'Slack refused the message: channel_not_found'}
    ${'a redirect loop'}            | ${answer(302, '', { location: '/again' })}                 | ${'stopped after 10 redirects'}
  `('are given up after $what, and the next is sent', async ({ reply, error }) => {
    const replies = Array.from({ length: error === 'stopped after 10 redirects' ? 11 : 1 }, () => reply as Reply);
    const chat = await chatServer(...replies, answer(200));
    const { sender, log, lost } = bench({ slackUrl: chat.url });
    sender.send(aNotice({ message: 'one' }));
    sender.send(aNotice({ message: 'two' }));
    await sender.flush(5_000);
    expect(textOf(chat.posts.at(-1))).toBe('two');
    expect(log.texts('error')).toEqual([expect.stringMatching(/^alert can't be sent: postMessage failed: /)]);
    expect(log.texts('error')[0]).toContain(error);
    expect(lost).toEqual([
      { canary: { name: 'podinfo', namespace: 'test', uid: aCanary().metadata.uid }, message: log.texts('error')[0] },
    ]);
  });

  it.each([200, 201, 202, 204])('have got through with status %i', async (status) => {
    const chat = await chatServer(answer(status, ''));
    const { sender, log } = bench({ slackUrl: chat.url });
    sender.send(aNotice());
    await sender.flush(5_000);
    expect(chat.posts).toHaveLength(1);
    expect(log.lines.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  it('name provider, Canary and cause in the log', async () => {
    const { sender, log } = bench();
    sender.send(alerting({ name: 'gone' }));
    await sender.flush(5_000);
    expect(log.lines.at(-1)).toMatchObject({
      level: 'error',
      message: 'alert provider gone.test error: alertproviders.flagger.app "gone" not found',
      fields: { canary: 'test/podinfo', provider: 'test/gone', severity: 'info' },
    });
  });

  it('delay nobody: not the caller, not other providers, not other Canaries', async () => {
    const [dead, alive] = [await chatServer(silence), await chatServer()];
    const { sender, source } = bench();
    source.providers.set('dead', aProvider({ type: 'rocket', address: dead.url }));
    source.providers.set('alive', aProvider({ type: 'rocket', address: alive.url }));
    const notice = alerting({ name: 'dead' }, { name: 'alive' });
    for (let index = 0; index < 50; index += 1) {
      const metadata = { ...notice.canary.metadata, name: `app-${index}`, uid: `uid-${index}` };
      sender.send({ ...notice, canary: { ...notice.canary, metadata } });
    }
    // The clock stands still: whatever arrives has waited for nothing.
    await until(() => alive.posts.length === 50);
    expect(dead.posts.length).toBeLessThanOrEqual(4);
  });

  it('keep a bounded number in memory while a server is dead for hours', async () => {
    const { sender, clock, lost } = bench({ slackUrl: 'http://127.0.0.1:1/' }, { maxWaiting: 20 });
    for (let index = 0; index < 100; index += 1) sender.send(aNotice({ message: `m${index}` }));
    expect(lost).toHaveLength(80);
    const flushed = sender.flush(2_000);
    await clock.advance(2_000);
    await flushed;
    await until(() => lost.length === 100);
  });
});

describe('secrets', () => {
  it.each`
    what                      | reply
    ${'an error that echoes'} | ${undefined}
    ${'a reset'}              | ${hangUp}
    ${'a redirect loop'}      | ${answer(302, '', { location: '/hidden-loop' })}
  `('are in no log and no lost alert after $what', async ({ reply }) => {
    const echo: Reply = (response) =>
      response
        .writeHead(403)
        .end(`no ${response.req.url ?? ''} ${response.req.headers.authorization ?? ''} hidden-segment`);
    const chat = await chatServer((reply as Reply | undefined) ?? echo);
    const { sender, source, log, lost, clock } = bench();
    source.providers.set('bot', aProvider({ type: 'slack', secretRef: { name: 'bot' }, proxy: '' }));
    const address = `${chat.url.replace('//', '//me:hidden-password@')}/hidden-segment/x?key=hidden-query`;
    source.secrets.set('bot', { address, token: 'hidden-token' });
    sender.send(alerting({ name: 'bot' }));
    await until(() => log.texts('warn').length + log.texts('error').length === 1);
    const flushed = sender.flush(1);
    await clock.advance(1);
    await flushed;
    await until(() => lost.length === 1);
    expect(chat.posts[0]?.headers.authorization).toBe('Bearer hidden-token');
    expect(JSON.stringify([log.lines, lost])).not.toContain('hidden');
  });

  it('of the global settings are in no log', async () => {
    const { sender, log, lost, clock } = bench({
      slackUrl: 'http://127.0.0.1:1/services/hidden-path',
      slackToken: 'hidden-token',
      slackProxyUrl: 'http://me:hidden@127.0.0.1:1',
    });
    sender.send(aNotice());
    await until(() => log.texts('warn').length === 1);
    const flushed = sender.flush(1);
    await clock.advance(1);
    await flushed;
    await until(() => lost.length === 1);
    expect(JSON.stringify([log.lines, lost])).not.toContain('hidden');
  });
});

describe('proxies', () => {
  it('are used in the clear for http and by tunnel for https, whatever the client knows', async () => {
    const seen: string[] = [];
    const proxy = createServer((request, response) => {
      seen.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers['proxy-authorization'] ?? ''}`);
      response.end('ok');
    });
    proxy.on('connect', (request, socket: Socket) => {
      seen.push(`CONNECT ${request.url ?? ''}`);
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    const address = await servers.listen(proxy);
    const { sender, source, log } = bench();
    source.providers.set(
      'clear',
      aProvider({ type: 'rocket', address: 'http://chat.test/hooks/1', proxy: `http://me:pw@${address}` }),
    );
    source.providers.set('tunnel', aProvider({ type: 'slack', address: 'https://slack.test/x', proxy: address }));
    sender.send(alerting({ name: 'clear' }));
    await until(() => seen.length === 1);
    sender.send({ ...alerting({ name: 'tunnel' }), message: 'two' });
    await until(() => log.texts('warn').length === 1);
    expect(seen).toEqual([
      `POST http://chat.test/hooks/1 Basic ${Buffer.from('me:pw').toString('base64')}`,
      'CONNECT slack.test:443',
    ]);
  });

  it('that are down are tried again like servers that are down', async () => {
    const { sender, source, log } = bench();
    source.providers.set('far', aProvider({ type: 'rocket', address: 'http://chat.test/', proxy: '127.0.0.1:1' }));
    sender.send(alerting({ name: 'far' }));
    await until(() => log.texts('warn').length === 1);
    expect(log.lines.at(-1)?.fields.error).toContain('ECONNREFUSED');
  });
});
