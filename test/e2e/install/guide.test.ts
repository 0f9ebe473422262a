// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bench } from '../bench/control.js';
import { waitFor } from '../bench/wait.js';
import { App } from '../support/app.js';
import { flaggerFromManifests, installFlagger } from '../support/cluster-wide-operator.js';
import { eventsOf } from '../support/events.js';
import { guideLines, withoutAdditions } from '../../support/guide-lines.js';
import { kubectl } from '../support/kubectl.js';
import { LoadTester } from '../support/load-tester.js';
import type { Operator } from '../support/operator.js';
import { SteadyClient } from '../support/steady-client.js';
import { Transcript } from '../support/transcript.js';

const app = new App('test', 'podinfo', 'app.example.com');
const client = new SteadyClient({ host: 'app.example.com' });
const transcript = new Transcript(app, client);
const loadTester = new LoadTester();
let operator: Operator;

/** Names as `kubectl get` prints them, without those that Kubernetes itself makes and those of the load tester. */
async function objects(): Promise<readonly string[]> {
  const kinds = 'deployments,horizontalpodautoscalers,services,ingresses,canaries';
  const names = await kubectl('-n', 'test', 'get', kinds, '-o', 'name');
  return names
    .trim()
    .split('\n')
    .filter((name) => !name.endsWith('/flagger-loadtester'))
    .sort();
}

/** Runs one part of the guide and returns what was said in it, to the last line: as Events, and as `.msg` of the log. */
async function saidDuring(
  part: () => Promise<void>,
  lastLine: string,
): Promise<{ events: readonly string[]; log: readonly string[] }> {
  const before = new Set((await eventsOf('test')).map(({ metadata }) => metadata.name));
  const logBefore = operator.log().length;
  await part();
  await waitFor(`event ${lastLine}`, async () =>
    (await eventsOf('test')).some(({ metadata, message }) => !before.has(metadata.name) && message === lastLine),
  );
  const events = (await eventsOf('test')).filter(({ metadata }) => !before.has(metadata.name));
  const log = operator.log().slice(logBefore);
  return { events: events.map(({ message }) => message), log: log.map(({ msg }) => msg) };
}

/** As the guide starts a rollout. */
async function setImage(tag: string): Promise<void> {
  await kubectl('-n', 'test', 'set', 'image', 'deployment/podinfo', `podinfod=stefanprodan/podinfo:${tag}`);
}

function expectLines(said: readonly string[], lines: readonly RegExp[]): void {
  expect(withoutAdditions(said, lines)).toEqual(lines.map((line) => expect.stringMatching(line)));
}

/** The lines, each at least once and in this order, among others. */
function expectInOrder(said: readonly string[], lines: readonly RegExp[]): void {
  let from = 0;
  for (const line of lines) {
    const found = said.findIndex((text, index) => index >= from && line.test(text));
    expect({ line: String(line), found: found >= from }).toEqual({ line: String(line), found: true });
    from = found + 1;
  }
}

beforeAll(async () => {
  await installFlagger();
  operator = await (await flaggerFromManifests('guide')).start();
  transcript.start();
});

afterAll(async () => {
  await transcript.stop();
  await client.stop();
  await operator.stop();
  await loadTester.stop();
});

describe('the guide, with its own manifests', () => {
  it('bootstraps: creates exactly the objects that it lists', async () => {
    transcript.heading('Bootstrap');
    await kubectl('create', 'namespace', 'test');
    await kubectl('apply', '-k', 'kustomize/tester');
    await loadTester.start();
    await kubectl('apply', '-k', 'kustomize/podinfo');
    await kubectl('apply', '-f', 'test/fixtures/guide/podinfo-ingress.yaml');
    await kubectl('apply', '-f', 'test/fixtures/guide/podinfo-canary.yaml');
    await app.waitForPhase('Initialized');
    expect(await objects()).toEqual([
      'canary.flagger.app/podinfo',
      'deployment.apps/podinfo',
      'deployment.apps/podinfo-primary',
      'horizontalpodautoscaler.autoscaling/podinfo',
      'horizontalpodautoscaler.autoscaling/podinfo-primary',
      'ingress.networking.k8s.io/podinfo',
      'ingress.networking.k8s.io/podinfo-canary',
      'service/podinfo',
      'service/podinfo-canary',
      'service/podinfo-primary',
    ]);
    await kubectl('-n', 'test', 'wait', 'canary/podinfo', '--for=condition=promoted', '--timeout=5s');
    expect((await app.target).spec.replicas).toBe(0);
  });

  it('promotes a new version without a failed request, and says what the guide shows', async () => {
    transcript.heading('Automated canary promotion');
    client.start();
    await waitFor('the first version answers', () => client.answers().some(({ status }) => status === 200));
    const sinceMs = Date.now();
    const said = await saidDuring(async () => {
      await setImage('4.0.6');
      await app.waitForPhase('Progressing');
      await app.waitForPhase('Succeeded', { timeoutMs: 240_000 });
    }, 'Promotion completed! Scaling down podinfo.test');
    const lines = guideLines('promotion.txt');
    expectLines(said.events, lines);
    expectInOrder(said.log, lines);
    expect(await app.version('primary')).toBe('4.0.6');
    expect(client.failures(sinceMs)).toEqual([]);
  });

  it('ran the acceptance test once, and one load test however often it was asked for', async () => {
    expect(await loadTester.metric('loadtester_tasks_started_total', 'type="bash"')).toBe(1);
    expect(await loadTester.metric('loadtester_tasks_started_total', 'type="cmd"')).toBe(1);
    expect(await loadTester.metric('loadtester_tasks_skipped_total', 'type="cmd"')).toBeGreaterThan(5);
    expect(await loadTester.metric('loadtester_tasks_running', 'type="cmd"')).toBe(1);
    expect(processes('hey')).toEqual([
      expect.stringContaining('-z 10m -q 10 -c 2 -host app.example.com http://skipper-ingress.kube-system'),
    ]);
  });

  it('shows the result in kubectl get, describe and wait', async () => {
    const table = (await kubectl('get', 'canaries', '--all-namespaces')).trim().split('\n');
    expect(table[0]?.split(/\s+/)).toEqual(['NAMESPACE', 'NAME', 'STATUS', 'WEIGHT', 'LASTTRANSITIONTIME']);
    expect(table[1]).toMatch(/^test\s+podinfo\s+Succeeded\s+0\s+\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const description = await kubectl('-n', 'test', 'describe', 'canary/podinfo');
    expect(description).toMatch(/Canary Weight:\s+0\n/);
    expect(description).toMatch(/Failed Checks:\s+0\n/);
    expect(description).toMatch(/Phase:\s+Succeeded\n/);
    expectInOrder(description.split('\n'), guideLines('promotion.txt').map(unanchored));
    expect(description).not.toContain('combined from similar events');
    await kubectl('-n', 'test', 'wait', 'canary/podinfo', '--for=condition=promoted', '--timeout=5s');
  });

  it('rolls back a version that answers errors without a failed request of its own, and says what the guide shows', async () => {
    transcript.heading('Automated rollback');
    await bench.setPodDeparture('test', { kind: 'reset' });
    await app.patchCanary({ analysis: { threshold: 3 } });
    const errors = new SteadyClient({ host: 'app.example.com', path: '/status/500', requestsPerSecond: 25 });
    const sinceMs = Date.now();
    const said = await saidDuring(async () => {
      await setImage('4.0.7');
      await app.waitForWeight(20, { timeoutMs: 120_000 });
      errors.start();
      await app.waitForPhase('Failed', { timeoutMs: 120_000 });
    }, 'Canary failed! Scaling down podinfo.test');
    await errors.stop();
    const lines = guideLines('rollback.txt');
    expectLines(said.events, lines);
    expectInOrder(said.log, lines);
    expect(await app.version('primary')).toBe('4.0.6');
    expect((await app.target).spec.replicas).toBe(0);
    expect(client.failures(sinceMs)).toEqual([]);
  });
});

describe('the load tester, with the permissions of its own manifests', () => {
  const gate = { name: 'podinfo', namespace: 'test' };

  it('ends its tasks when it is asked to end, and keeps open gates over the restart', async () => {
    expect(await loadTester.post('/gate/check', gate)).toEqual([403, 'Forbidden']);
    expect(await loadTester.post('/gate/open', gate)).toEqual([202, '']);
    expect(processes('hey')).toHaveLength(1);
    expect(await loadTester.stop()).toBe(0);
    expect(processes('hey')).toEqual([]);
    await loadTester.start();
    expect(await loadTester.post('/gate/check', gate)).toEqual([200, 'Approved']);
    await kubectl('apply', '-k', 'kustomize/tester');
    expect(await loadTester.post('/gate/check', gate)).toEqual([200, 'Approved']);
    expect(await loadTester.post('/gate/close', gate)).toEqual([202, '']);
    expect(await loadTester.post('/gate/check', gate)).toEqual([403, 'Forbidden']);
  });

  it('has no tools but those of its image, and cannot write to its file system', async () => {
    const run = (cmd: string) =>
      loadTester.post('/', { ...gate, metadata: { type: 'bash', cmd, returnCmdOutput: 'true' } });
    expect(await run('id -u; pwd; echo x > /tmp/x && cat /tmp/x')).toEqual([200, '10001\n/mnt/app\nx\n']);
    expect(await run('touch here')).toEqual([500, expect.stringContaining('Read-only file system')]);
  });

  it('may read and write the ConfigMap of its gates, and nothing else', async () => {
    const account = 'system:serviceaccount:test:flagger-loadtester';
    const rules = (await kubectl('auth', 'can-i', '--list', '--no-headers', '-n', 'test', `--as=${account}`))
      .split('\n')
      // What every account may: ask about itself, and read versions and the like.
      .filter((line) => line !== '' && !/^selfsubject|^ {10,}/.test(line));
    expect(rules).toEqual([expect.stringMatching(/^configmaps +\[\] +\[flagger-loadtester-gates\] +\[get patch\]$/)]);
  });
});

/** Arguments of the living processes of this bench that run a program. */
function processes(program: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [command, ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return command === program ? [args.join(' ').trim()] : [];
      } catch {
        // It has just ended.
        return [];
      }
    });
}

function unanchored(line: RegExp): RegExp {
  return new RegExp(line.source.replace(/^\^/, '').replace(/\$$/, ''));
}
