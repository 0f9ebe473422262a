// SPDX-License-Identifier: Apache-2.0
/* Sends an alert to every provider that docs/alerting.md shows, by real HTTP, to a server that stands for all of them. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';

import { LoopbackServers, readBody } from '../../test/support/loopback-server.js';
import type { AlertProviderObject } from '../api/alert-provider.js';
import type { KubeObject, ObjectKey, StringMap } from '../api/kubernetes.js';
import { systemClock } from '../lib/clock.js';
import { createHttpClient, type HttpClient } from '../lib/http-client.js';
import { createAlertSender } from './alert-sender.js';
import { aCanary, answer, aNotice, RecordingLog, type Post, type Reply } from './testing.js';

const page = readFileSync(new URL('../../docs/alerting.md', import.meta.url), 'utf8');

interface PageObject extends KubeObject {
  readonly stringData?: StringMap;
}

const objects = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].flatMap(
  ([, text = '']) => parseAllDocuments(text).map((document) => document.toJS() as PageObject), // our own page
);
const providers = objects.filter((object): object is AlertProviderObject => object.kind === 'AlertProvider');

function named(kind: string, { namespace, name }: ObjectKey): PageObject | undefined {
  return objects.find(
    (object) => object.kind === kind && object.metadata.namespace === namespace && object.metadata.name === name,
  );
}

const servers = new LoopbackServers();
afterEach(() => servers.closeAll());

/** Leads every request to one server, the host as the first part of the path. */
function ledTo(server: string, http: HttpClient): HttpClient {
  return {
    send: (request) => {
      const { host, pathname, search } = new URL(request.url);
      return http.send({ ...request, url: `${server}/${host}${pathname}${search}` });
    },
    close: () => http.close(),
  };
}

/** Alerts the providers of these keys. */
async function alertAll(
  keys: readonly ObjectKey[],
  reply: Reply,
): Promise<{ readonly posts: readonly Post[]; readonly log: RecordingLog }> {
  const posts: Post[] = [];
  const server = await servers.serve((request, response) => {
    void readBody(request).then((body) => {
      posts.push({ path: request.url ?? '', headers: request.headers, body });
      reply(response);
    });
  });
  const log = new RecordingLog();
  const http = ledTo(server, createHttpClient({ clock: systemClock }));
  const alertLink = /^-alert-link=(\S.*)$/m.exec(page)?.[1];
  const sender = createAlertSender({
    clock: systemClock,
    random: () => 0,
    log,
    http,
    global: { clusterName: 'prod-1', alertLink },
    source: {
      provider: (key) => named('AlertProvider', key),
      secret: (key) => Promise.resolve(named('Secret', key)?.stringData),
    },
  });
  const alerts = keys.map((providerRef) => ({ name: providerRef.name, providerRef }));
  sender.send(aNotice({ canary: aCanary({ alerts }) }));
  await sender.flush(5_000);
  http.close();
  return { posts, log };
}

const message = 'New revision detected, progressing canary analysis.';
const link = 'https://grafana.example.com/d/flagger?var-namespace=test&var-target=podinfo';

describe('the providers of docs/alerting.md', () => {
  it.each`
    name               | path                                                                                           | shows
    ${'team-slack'}    | ${'/hooks.slack.com/services/T00000000/B00000000/secret'}                                      | ${['"channel":"releases"', '"username":"flagger"', message]}
    ${'slack-bot'}     | ${'/slack.com/api/chat.postMessage'}                                                           | ${['"channel":"releases"', message]}
    ${'on-call-teams'} | ${'/prod-12.westeurope.logic.azure.com/workflows/f00/triggers/manual/paths/invoke?sig=secret'} | ${['"AdaptiveCard"', message]}
    ${'teams-relay'}   | ${'/relay.example.com/teams'}                                                                  | ${['"AdaptiveCard"', message]}
    ${'team-discord'}  | ${'/discord.com/api/webhooks/1/secret/slack'}                                                  | ${['"username":"flagger"', message]}
    ${'team-rocket'}   | ${'/chat.example.com/hooks/1/secret'}                                                          | ${['"channel":"#releases"', message]}
    ${'team-gchat'}    | ${'/chat.googleapis.com/v1/spaces/AAAA/messages?key=secret&token=secret'}                      | ${['"cards"', message]}
    ${'release-room'}  | ${'/chat.example.com/hooks/1/secret'}                                                          | ${[`${message} Runbook: https://wiki.example.com/podinfo`]}
  `('$name gets its message with the link of the page', async ({ name, path, shows }) => {
    const provider = providers.find(({ metadata }) => metadata.name === name);
    const key = { namespace: provider?.metadata.namespace ?? '', name: String(name) };
    const { posts, log } = await alertAll([key], answer(200));
    expect(log.texts('error')).toEqual([]);
    expect(posts.map((post) => post.path)).toEqual([path]);
    for (const text of [...(shows as readonly string[]), link]) expect(posts[0]?.body).toContain(text);
    expect(posts[0]?.headers.authorization).toBe(name === 'slack-bot' ? 'Bearer xoxb-secret' : undefined);
  });

  it('are all among them', async () => {
    const keys = providers.map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name }));
    const { posts } = await alertAll(keys, answer(202, ''));
    expect(posts).toHaveLength(8);
    expect(keys).toHaveLength(8);
  });

  it('cause the log line of the page when they are refused', async () => {
    const { log } = await alertAll([{ namespace: 'test', name: 'team-slack' }], answer(404, 'no_team'));
    expect(log.texts('error')).toHaveLength(1);
    expect(page).toContain(`\`${log.texts('error')[0] ?? ''}\``);
  });
});

describe('docs/alerting.md', () => {
  it('names flags and variables that the operator has', () => {
    const flags = readFileSync(new URL('../../docs/flags.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `(-[\w-]+)` \| (?:`(\w+)`)? ?\|/gm)];
    expect(rows.length).toBeGreaterThan(7);
    for (const [, flag = '', variable] of rows) {
      const row = flags.split('\n').find((line) => line.includes(`\`${flag}\``));
      expect({ flag, isThere: row !== undefined }).toEqual({ flag, isThere: true });
      if (variable !== undefined) expect(row).toContain(variable);
    }
  });
});
