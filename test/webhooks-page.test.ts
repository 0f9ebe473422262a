// SPDX-License-Identifier: Apache-2.0
/* Holds what docs/webhooks.md says of requests, answers and defaults to what is sent, answered and read. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { normaliseSpec } from '../src/api/index.js';
import { webhookTypes, type Webhook } from '../src/api/rollout-spec.js';
import { createPartRunner } from '../src/controller/checks/check-parts.js';
import { createHookCaller, eventPayload, type HookPayload } from '../src/hooks/index.js';
import { systemClock } from '../src/lib/clock.js';
import { silentLogger } from '../src/lib/logger.js';
import type { CheckRequest } from '../src/rollout/index.js';
import { LoadTesters } from '../src/loadtester/testing.js';
import { LoopbackServers, readBody } from './support/loopback-server.js';
import { anAnalysis, aSpec } from './support/rollout-observation.js';

const page = readFileSync('docs/webhooks.md', 'utf8');
const bodies = [...page.matchAll(/^```json\n([^]*?)^```$/gm)].map(([, text = '']) => JSON.parse(text) as unknown);

const directory = mkdtempSync(join(tmpdir(), 'webhooks-page-'));
const servers = new LoopbackServers();
const testers = new LoadTesters();
const hooks = createHookCaller({ clock: systemClock, random: () => 0, log: silentLogger });
afterEach(async () => {
  servers.closeAll();
  await testers.stopAll();
});
afterAll(() => {
  hooks.close();
  rmSync(directory, { recursive: true });
});

const canary = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: { name: 'podinfo', namespace: 'test' },
} as const;

/** A webhook with nothing but what is required, as the operator reads it. */
function aWebhook(members: Readonly<Record<string, unknown>>): Webhook {
  const spec = {
    provider: 'kubernetes',
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
    service: { port: 80 },
    analysis: { interval: '10s', threshold: 5, iterations: 5, webhooks: [{ name: 'hook', ...members }] },
  };
  const read = normaliseSpec({ ...canary, spec }, { provider: 'skipper', intervalFloorMs: 10_000 });
  const [webhook] = read.kind === 'ok' ? read.spec.analysis.webhooks : [];
  if (webhook === undefined) throw new Error('the webhook cannot be read');
  return webhook;
}

/** Method, content type and parsed body of what a webhook sends. */
async function sent(webhook: Webhook, payload: HookPayload): Promise<readonly unknown[]> {
  const received: unknown[] = [];
  const url = await servers.serve((request, response) => {
    void readBody(request).then((body) => {
      received.push([request.method, request.headers['content-type'], JSON.parse(body)]);
      response.writeHead(204).end();
    });
  });
  expect(await hooks.call({ ...webhook, url }, payload, AbortSignal.timeout(5_000))).toMatchObject({ kind: 'passed' });
  return received;
}

const about = { name: 'podinfo', namespace: 'test', phase: 'Progressing', checksum: '85d557f47b' } as const;

describe('docs/webhooks.md', () => {
  it('shows the request of a webhook as it is sent', async () => {
    const webhook = aWebhook({
      url: 'http://tester.test/',
      metadata: { type: 'cmd', cmd: 'hey -z 10m http://app.example.com/' },
    });
    expect(await sent(webhook, about)).toEqual([['POST', 'application/json', bodies[0]]]);
  });

  it('shows the request about an event as it is sent', async () => {
    const webhook = aWebhook({
      type: 'event',
      url: 'http://board.test/',
      metadata: { team: 'shop', eventType: 'mine' },
    });
    const message = 'Advance podinfo.test canary weight 10';
    const payload = eventPayload({ ...about, id: '1', message, type: 'Normal', atMs: 1_767_322_800_000 });
    expect(await sent(webhook, payload)).toEqual([['POST', 'application/json', bodies[1]]]);
  });

  it('shows the event of a failed acceptance test as it comes', async () => {
    const curl = join(directory, 'curl');
    writeFileSync(curl, '#!/bin/sh\necho not found\n');
    chmodSync(curl, 0o755);
    const tester = await testers.start({}, { PATH: `${directory}:${process.env.PATH ?? ''}` });
    const cmd = "curl -sd 'test' http://podinfo-canary/token | grep token";
    const members = {
      name: 'acceptance-test',
      type: 'pre-rollout',
      url: `${tester.url}/`,
      metadata: { type: 'bash', cmd },
    };
    const unused = () => Promise.reject(new Error('not used'));
    const runPart = createPartRunner({
      hooks,
      checkMetrics: unused,
      checkAvailability: unused,
      onVerdict: () => undefined,
      clock: systemClock,
    });
    const spec = aSpec({ analysis: anAnalysis({ webhooks: [aWebhook(members)] }) });
    const request: CheckRequest = {
      subject: 's',
      attempt: 0,
      parts: ['pre-rollout'],
      phase: 'Progressing',
      revision: 'B',
      mirrored: false,
      weightedSinceMs: undefined,
    };
    const { outcome } = await runPart(
      'pre-rollout',
      { canary: { ...canary, spec: {} }, spec },
      request,
      AbortSignal.timeout(5_000),
    );
    const text = outcome?.kind === 'failed' && outcome.event.kind !== 'alert' ? outcome.event.message : '';
    expect(page).toContain(text.replace(tester.url, 'http://flagger-loadtester.test'));
    expect(text).toContain('exit status 1');
  });

  it('says the defaults of the fields', () => {
    const { name: _name, url: _url, ...defaults } = aWebhook({ url: 'http://tester.test/' });
    const rows = [...page.matchAll(/^\| `(\w+)` \| (?:`([^`|]+)`|[^|]*) \|/gm)].map(([, field = '', value]) => [
      field,
      value,
    ]);
    const listed = Object.fromEntries(rows) as Readonly<Record<string, string | undefined>>;
    for (const [field, value] of Object.entries(defaults))
      expect([field, listed[field]]).toEqual([field, typeof value === 'object' ? undefined : String(value)]);
    expect(Object.keys(listed)).toEqual(
      expect.arrayContaining(['name', 'url', 'headersFrom', 'format', ...Object.keys(defaults)]),
    );
  });

  it('says when each type is called', () => {
    const [, table = ''] = page.split('\n## When each is called\n');
    const [rows = ''] = table.split('\n## ');
    const named = [...rows.matchAll(/^\| `([a-z]+(?:-[a-z]+)*)`(?:, or no type)? \|/gm)].map(([, type]) => type);
    expect(named.filter((type) => type !== 'type').sort()).toEqual([...webhookTypes].sort());
  });
});
