// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import type { Canary } from '../src/api/canary.js';
import type { MeasuredCheck } from '../src/api/canary-status.js';
import { Reporter } from '../src/controller/report/report.js';
import { FakeClock } from '../src/lib/fake-clock.js';
import { createHttpClient, type HttpClient } from '../src/lib/http-client.js';
import { silentLogger } from '../src/lib/logger.js';
import { createAlertSender } from '../src/notify/index.js';
import { createMetrics } from '../src/observability/index.js';
import { plan } from '../src/rollout/index.js';
import { LoopbackServers, readBody } from './support/loopback-server.js';
import { aStatus, anAnalysisAt, answered, aSpec, failedCheck } from './support/rollout-observation.js';

const servers = new LoopbackServers();
const clients: HttpClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  servers.closeAll();
});

const measured: readonly MeasuredCheck[] = [
  { metric: 'request-success-rate', value: 50, unit: 'percent', bound: '>= 99%', query: 'q', source: 's', time: 't' },
  { metric: 'lag', value: 1 / 3, bound: '<= 5', query: 'q', source: 's', time: 't' },
];

/** Text of the fields that Slack was sent. */
function fieldsOf(body: string): Readonly<Record<string, string>> {
  const [attachment] = (JSON.parse(body) as { attachments: { fields: { title: string; value: string }[] }[] })
    .attachments;
  return Object.fromEntries((attachment?.fields ?? []).map(({ title, value }) => [title, value]));
}

it('the check that ends a rollout reaches the chat with what it measured, the failed checks, the images and a link', async () => {
  let received: (body: string) => void = () => undefined;
  const arrived = new Promise<string>((resolve) => (received = resolve));
  const chat = await servers.serve((request, response) => {
    void readBody(request).then(received);
    response.end('ok');
  });
  const clock = new FakeClock();
  const http = createHttpClient({ clock });
  clients.push(http);
  const global = {
    slackUrl: `${chat}/services/T0/B0/hook`,
    alertLink: 'https://grafana.example.com/d/flagger?ns={{ namespace }}&target={{ target }}',
  };
  const source = { provider: () => undefined, secret: () => Promise.resolve(undefined) };
  const alerts = createAlertSender({ clock, random: () => 0, log: silentLogger, http, global, source });
  const reporter = new Reporter({
    clock,
    metrics: createMetrics(new Registry()).canaries,
    recorder: { record: () => undefined, flush: () => Promise.resolve() },
    sendEvent: () => undefined,
    sendAlert: (notice) => alerts.send(notice),
  });

  const status = aStatus({ phase: 'Progressing', canaryWeight: 20, lastAppliedSpec: 'B', failedChecks: 2 });
  const seen = answered(anAnalysisAt(20, { status }), failedCheck);
  const check = seen.check.kind === 'done' ? { ...seen.check, measured } : seen.check;
  const decision = plan({ ...seen, check });
  const canary: Canary = {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: 'podinfo', namespace: 'test', uid: 'uid-1' },
    spec: {},
    status,
  };
  const images = [{ container: 'podinfod', before: 'podinfo:6.0.0', after: 'podinfo:6.0.1' }];
  const subject = { canary, spec: aSpec(), before: status, after: decision.status ?? status, images };
  reporter.announce(subject, decision.announcements, silentLogger);

  const body = await arrived;
  expect(body).toContain('Failed checks threshold reached 3');
  expect(body).toContain('https://grafana.example.com/d/flagger?ns=test&target=podinfo');
  expect(fieldsOf(body)).toEqual({
    Target: 'Deployment/podinfo.test',
    'Traffic routing': 'Weight step: 10 max: 50',
    Revision: 'B',
    'Image podinfod': 'podinfo:6.0.0 → 6.0.1',
    Weight: '20%',
    'Failed checks': '3',
    'Metric request-success-rate': '50% (wanted &gt;= 99%)',
    'Metric lag': '0.333333 (wanted &lt;= 5)',
  });
});
