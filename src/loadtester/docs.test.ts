// SPDX-License-Identifier: Apache-2.0
/* Runs what docs/loadtester.md and docs/webhooks.md show: Canaries, terminal sessions, tables of answers. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { normaliseSpec } from '../api/index.js';
import { namedLoadTesterSettings } from '../config/index.js';
import { createHookCaller } from '../hooks/index.js';
import { systemClock } from '../lib/clock.js';
import { silentLogger } from '../lib/logger.js';
import { readShellWords } from './shell-words.js';
import { type Caller, LoadTesters } from './testing.js';

const pages = ['loadtester', 'webhooks'].map((name) => ({ name, text: readFileSync(`docs/${name}.md`, 'utf8') }));
const loadTesterPage = pages[0]?.text ?? '';

/** The code blocks of a language. */
function blocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block = '']) => block);
}

const testers = new LoadTesters();
afterEach(() => testers.stopAll());

/** Stand for the programs that the examples call and that a machine may lack. Each says what it was called with. */
const programs = ['curl', 'ghz', 'grep', 'helm', 'hey', 'k6', 'kubectl', 'wrk'];
const directory = mkdtempSync(join(tmpdir(), 'loadtester-docs-'));
const path = `${directory}:${process.env.PATH ?? ''}`;

/** For the examples that bring a token. */
const token = '0d9c2b1a7e5f4c3d8b6a';
const tokenFile = join(directory, 'tokens');

beforeAll(() => {
  writeFileSync(tokenFile, `${token} test\n`);
  for (const program of programs) {
    const script = join(directory, program);
    writeFileSync(script, `#!/bin/sh\nprintf '%s|' ${program} "$@"\n`);
    chmodSync(script, 0o755);
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

const Webhooks = z.object({ webhooks: z.array(z.looseObject({ name: z.string() })) });

/** The webhooks of an example, as the operator reads them. */
function webhooksOf(example: string) {
  const { webhooks } = Webhooks.parse(parse(example));
  const spec = {
    provider: 'skipper',
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
    ingressRef: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'podinfo' },
    service: { port: 80 },
    analysis: { interval: '10s', threshold: 5, stepWeight: 10, maxWeight: 50, webhooks },
  };
  const metadata = { name: 'podinfo', namespace: 'test' };
  const canary = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', metadata, spec };
  const result = normaliseSpec(canary, { provider: 'skipper', intervalFloorMs: 10_000 });
  if (result.kind === 'invalid') throw new Error(result.problems.join('; '));
  expect(result.warnings).toEqual([]);
  return result.spec.analysis.webhooks;
}

describe.each(pages)('docs/$name.md', ({ text }) => {
  const readSecret = () => Promise.resolve({ token });
  const hooks = createHookCaller({ clock: systemClock, random: () => 0, log: silentLogger, readSecret });
  afterAll(() => hooks.close());

  const examples = blocks(text, 'yaml').flatMap((block) => webhooksOf(block));

  it.each(examples)('shows a webhook "$name" that the load tester understands', async (webhook) => {
    const flags = webhook.headersFrom === undefined ? {} : { 'auth-token-file': tokenFile };
    const tester = await testers.start(flags, { PATH: path });
    const url = new URL(webhook.url);
    // Another service is the user's own.
    if (url.host !== 'flagger-loadtester.test') return;
    const called = {
      ...webhook,
      url: tester.url + url.pathname,
      metadata: { ...webhook.metadata, returnCmdOutput: 'true' },
    };
    const payload = { name: 'podinfo', namespace: 'test', phase: 'Progressing', checksum: '85d557f47b' } as const;
    const result = await hooks.call(called, payload, AbortSignal.timeout(5_000));
    const isClosed = /\/(halt|check)$/.test(url.pathname);
    expect(result).toMatchObject(isClosed ? { kind: 'failed', message: 'Forbidden' } : { kind: 'passed' });
    expect(testers.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('shows terminal sessions as they are', async () => {
    const tester = await testers.start();
    for (const session of blocks(text, 'console')) {
      for (const [, command = '', output = ''] of session.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
        expect({ command, output: steady(await curl(tester, command)) }).toEqual({ command, output: steady(output) });
      }
    }
  });
});

/** Does what curl does with the options that the pages use. */
async function curl(tester: Caller, command: string): Promise<string> {
  const reading = readShellWords(command, { forShell: true });
  if (reading.kind === 'refused') throw new Error(reading.reason);
  const [program, ...words] = reading.tokens.map((token) => token.text);
  const body = words[0] === '-d' ? words[1] : undefined;
  const url = new URL(words.at(-1) ?? '');
  expect([program, words.length, url.host]).toEqual([
    'curl',
    body === undefined ? 1 : 3,
    expect.stringMatching(/^(localhost:8080|flagger-loadtester\.test)$/),
  ]);
  const answer = await tester.call(body === undefined ? 'GET' : 'POST', url.pathname, body);
  return answer.body;
}

/** Without what differs from run to run, and without the newline that only a page has. */
function steady(output: string): string {
  return output
    .replace(/\n$/, '')
    .replaceAll(/"\d{4}-\d\d-\d\dT[^"]*Z"/g, '"<time>"')
    .replaceAll(/("durationSeconds": )[\d.]+/g, '$1<seconds>');
}

describe('docs/loadtester.md', () => {
  it('answers as its table says', async () => {
    const tester = await testers.start();
    const rows = loadTesterPage.matchAll(/^\| `(GET|POST) (\S+)` \| (?:`(.*?)`)? ?\| (\d{3})(?: `(.*?)`)? \|$/gm);
    const table = [...rows].map(([, method = '', where = '', body, status = '', answer = '']) => {
      return { method, where, body, status: Number(status), answer };
    });
    expect(table.length).toBeGreaterThan(15);
    for (const { method, where, body, status, answer } of table) {
      const seen = await tester.call(method, where, body);
      expect({ where, body, status: seen.status, answer: seen.body.trimEnd() }).toEqual({
        where,
        body,
        status,
        answer,
      });
    }
  });

  it('lists every flag', () => {
    const rows = namedLoadTesterSettings.map(({ flag, type, unit, fallback, help }) => {
      const cells = [
        `\`-${flag}\``,
        unit ?? type,
        fallback === '' ? '' : `\`${fallback}\``,
        help.replaceAll('|', '\\|'),
      ];
      return `| ${cells.join(' | ')} |`;
    });
    const [, section = ''] = loadTesterPage.split('\n## Flags\n');
    expect(section.split('\n').filter((line) => line.startsWith('| `-'))).toEqual(rows);
  });

  it('lists every metric', async () => {
    const tester = await testers.start();
    const { body } = await tester.call('GET', '/metrics');
    const names = [...body.matchAll(/^# TYPE (loadtester_\w+)/gm)].map(([, name = '']) => name);
    const listed = [...loadTesterPage.matchAll(/^\| `(loadtester_\w+)` /gm)].map(([, name = '']) => name);
    expect(listed.sort()).toEqual(names.sort());
  });

  it('lists every error code', () => {
    const sources = ['gate', 'tester-server', 'token-file'].map((name) =>
      readFileSync(`src/loadtester/${name}.ts`, 'utf8'),
    );
    const codes = sources.flatMap((source) => [...source.matchAll(/code = '([A-Z_]+)'/g)].map(([, code = '']) => code));
    expect([...loadTesterPage.matchAll(/^\| `([A-Z_]+)` /gm)].map(([, code = '']) => code)).toEqual(codes);
  });

  it('names the image of this version', () => {
    const image = `ghcr.io/flagger-skipper/flagger-loadtester:${z.object({ version: z.string() }).parse(JSON.parse(readFileSync('package.json', 'utf8'))).version}`;
    expect(loadTesterPage).toContain(image);
  });
});
