// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { LoadTesters, processesOf, until } from './testing.js';

const testers = new LoadTesters();
const directory = mkdtempSync(join(tmpdir(), 'loadtester-'));

afterEach(() => testers.stopAll());
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const canary = { name: 'a', namespace: 'team-x' };
const task = (metadata: Readonly<Record<string, unknown>>, facts = canary) => ({ ...facts, metadata });

describe('the load tester over HTTP', () => {
  it.each<[method: string, path: string, body: unknown, status: number, answer: string]>([
    ['GET', '/healthz', undefined, 200, 'OK'],
    ['POST', '/healthz', undefined, 200, 'OK'],
    ['HEAD', '/healthz', undefined, 200, ''],
    ['POST', '/gate/approve', '{', 200, 'OK'],
    ['GET', '/gate/approve', undefined, 200, 'OK'],
    ['POST', '/gate/halt', task({}), 403, 'Forbidden'],
    ['GET', '/gate/halt', undefined, 403, 'Forbidden'],
    ['POST', '/gate/check', canary, 403, 'Forbidden'],
    ['POST', '/gate/check', 'null', 403, 'Forbidden'],
    ['POST', '/gate/check', '', 400, 'empty body'],
    ['POST', '/gate/open', '{', 400, 'the body is no JSON'],
    ['POST', '/gate/open', { ...canary, name: 'a'.repeat(250) }, 400, 'The name of the gate is too long'],
    ['POST', '/rollback/check', canary, 403, 'Forbidden'],
    ['POST', '/rollback/close', canary, 202, ''],
    ['GET', '/gate/', undefined, 200, '{\n  "open": []\n}\n'],
    ['GET', '/gate', undefined, 200, '{\n  "open": []\n}\n'],
    ['GET', '/tasks', undefined, 200, '{\n  "tasks": []\n}\n'],
    ['POST', '/', undefined, 400, 'empty body'],
    ['POST', '/', canary, 400, 'metadata not found in payload'],
    ['POST', '/', 'null', 400, 'metadata not found in payload'],
    ['POST', '/', task({ type: 'cmd' }), 400, 'cmd not found in metadata'],
    ['POST', '/', task({ type: 'bash' }), 400, 'cmd not found in metadata'],
    ['POST', '/', task({ type: 'x', cmd: 'y' }), 400, 'unknown task type x'],
    ['POST', '/', task({ type: 'concord' }), 400, 'unknown task type concord'],
    ['POST', '/', task({ type: 'load' }), 400, 'url not found in metadata'],
    ['POST', '/', task({ cmd: 'true' }), 202, ''],
    ['POST', '/?a=b', task({ cmd: 'true' }), 202, ''],
    ['POST', '/', task({ type: 'bash', cmd: 'echo out' }), 200, ''],
    ['POST', '/', task({ type: 'bash', cmd: 'echo a; echo b >&2', returnCmdOutput: '1' }), 200, 'a\nb\n'],
    ['POST', '/', task({ type: 'bash', cmd: 'echo out', returnCmdOutput: 'yes' }), 200, ''],
    ['POST', '/', task({ type: 'bash', cmd: 'false' }), 500, 'command false failed: : exit status 1'],
    [
      'POST',
      '/',
      task({ type: 'bash', cmd: 'echo out; exit 3' }),
      500,
      'command echo out; exit 3 failed: out\n: exit status 3',
    ],
    ['GET', '/', undefined, 405, 'Method not allowed'],
    ['GET', '/gate/open', undefined, 405, 'Method not allowed'],
    ['POST', '/tasks', undefined, 405, 'Method not allowed'],
    ['POST', '/gate/check/', canary, 404, 'Not found'],
    ['POST', '/anything', task({ cmd: 'true' }), 404, 'Not found'],
    ['POST', '/__proto__', undefined, 404, 'Not found'],
  ])('answers %s %s with the body %j: %i', async (...[method, path, body, status, answer]) => {
    const tester = await testers.start();
    const seen = await tester.call(method, path, body);
    expect([seen.status, seen.body]).toEqual([status, answer]);
  });

  it('opens and closes gates and rollback gates apart from one another', async () => {
    const tester = await testers.start();
    const checks = async () => [
      (await tester.post('/gate/check', canary))[0],
      (await tester.post('/rollback/check', canary))[0],
      (await tester.post('/gate/check', { ...canary, namespace: 'team-y' }))[0],
      // In Flagger this one shares its key with the rollback gate of the Canary a.
      (await tester.post('/gate/check', { ...canary, name: 'rollback.a' }))[0],
    ];
    expect(await tester.post('/gate/open', canary)).toEqual([202, '']);
    expect(await checks()).toEqual([200, 403, 403, 403]);
    expect(await tester.post('//rollback//open', canary)).toEqual([202, '']);
    expect(await checks()).toEqual([200, 200, 403, 403]);
    expect(await tester.post('/gate/close', canary)).toEqual([202, '']);
    expect(await checks()).toEqual([403, 200, 403, 403]);
    expect(JSON.parse((await tester.call('GET', '/gate/')).body)).toEqual({
      open: [{ kind: 'rollback', ...canary, openedAt: expect.stringMatching(/^2/) as unknown }],
    });
    expect(await tester.post('/rollback/check', canary)).toEqual([200, 'Approved']);
  });

  it('lets an approval be used by one revision when gates reset', async () => {
    const tester = await testers.start({ 'gate-reset': 'true' });
    await tester.post('/gate/open', canary);
    const check = async (checksum: string) => (await tester.post('/gate/check', { ...canary, checksum }))[0];
    expect([await check('1'), await check('1'), await check('2'), await check('1')]).toEqual([200, 200, 403, 403]);
  });

  it('runs the same background task once at a time', async () => {
    const tester = await testers.start();
    const sleep = task({ cmd: 'sleep 60' });
    const answers = [await tester.post('/', sleep), await tester.post('/', sleep), await tester.post('/', sleep)];
    expect(answers).toEqual([
      [202, ''],
      [202, ''],
      [202, ''],
    ]);
    const sample = `loadtester_tasks_started_total{name="a",namespace="team-x",type="cmd"}`;
    await until(async () => (await tester.metric(sample)) === 1);
    expect(await tester.metric('loadtester_tasks_running{type="cmd"}')).toBe(1);
    expect(await tester.metric(sample.replace('started', 'skipped'))).toBe(2);
  });

  it('makes load without a program of its own', async () => {
    const tester = await testers.start();
    const url = `${tester.url}/healthz`;
    const metadata = { type: 'load', url, host: 'app.example.com', rps: '200', duration: '50ms', logCmdOutput: 'true' };
    expect(await tester.post('/', task(metadata))).toEqual([202, '']);
    await until(() => testers.lines.some(({ message }) => message.startsWith('command finished')));
    expect(testers.lines.map(({ message }) => message)).toContainEqual(expect.stringContaining('answers: 200: 10\n'));
  });

  it('answers 500 to the call after a failed run where that is asked for', async () => {
    const tester = await testers.start();
    const failing = task({ cmd: 'echo no host; exit 1', failOnError: 'true' });
    await tester.post('/', failing);
    await until(() => testers.lines.some(({ message }) => message.startsWith('command failed')));
    expect(await tester.post('/', failing)).toEqual([
      500,
      'last run: command echo no host; exit 1 failed: no host\n: exit status 1',
    ]);
  });

  it('lists tasks and their last results', async () => {
    const tester = await testers.start();
    await tester.post('/', task({ type: 'bash', cmd: 'echo token=abc; false' }));
    await tester.post('/', task({ cmd: 'sleep 60' }));
    await until(() => testers.lines.some(({ message }) => message === 'task starting sleep 60'));
    expect(JSON.parse((await tester.call('GET', '/tasks')).body)).toMatchObject({
      tasks: [
        {
          ...canary,
          type: 'bash',
          cmd: 'echo token=[redacted]; false',
          state: 'failed',
          error: 'exit status 1',
          output: 'token=[redacted]\n',
        },
        { ...canary, type: 'cmd', cmd: 'sleep 60', state: 'running' },
      ],
    });
  });

  it('answers 429 when too many tasks wait, and says when to come again', async () => {
    const tester = await testers.start({ 'max-background-tasks': '1', 'max-queued-tasks': '1' });
    const [first, second, third] = [1, 2, 3].map((seconds) => task({ cmd: `sleep 60.${seconds}` }));
    expect([(await tester.post('/', first))[0], (await tester.post('/', second))[0]]).toEqual([202, 202]);
    const { status, headers } = await tester.call('POST', '/', third);
    expect({ status, retryAfter: headers['retry-after'] }).toEqual({ status: 429, retryAfter: '5' });
    expect(await tester.post('/', task({ type: 'bash', cmd: 'true' }))).toEqual([200, '']);
  });

  it('ends a blocking task at the time limit, with everything that it started', async () => {
    const tester = await testers.start({ timeout: '200ms' });
    const cmd = 'sleep 60 & sleep 60; true';
    expect(await tester.post('/', task({ type: 'bash', cmd }))).toEqual([
      500,
      `command ${cmd} failed: : signal: killed`,
    ]);
    expect(processesOf(testers.mark)).toEqual([]);
  });

  it('ends a blocking task when its caller goes', async () => {
    const tester = await testers.start();
    const body = JSON.stringify(task({ type: 'bash', cmd: 'sleep 60 | sleep 60' }));
    const socket = connect(Number(new URL(tester.url).port), '127.0.0.1');
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await until(() => processesOf(testers.mark).length >= 2);
    socket.destroy();
    await until(() => processesOf(testers.mark).length === 0);
  });

  it('refuses a body of more than 1 MiB and does not act on half a body', async () => {
    const tester = await testers.start();
    expect(await tester.post('/', task({ cmd: 'x'.repeat(2 ** 20) }))).toEqual([413, 'Body too large']);
    const socket = connect(Number(new URL(tester.url).port), '127.0.0.1');
    const body = JSON.stringify(canary);
    socket.write(`POST /gate/open HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length + 1}\r\n\r\n${body}`);
    socket.end();
    await new Promise((resolve) => socket.once('close', resolve).resume());
    expect((await tester.post('/gate/check', canary))[0]).toBe(403);
  });

  it('ends all tasks and answers their callers when it stops', async () => {
    const tester = await testers.start();
    await tester.post('/', task({ cmd: 'sleep 60 & sleep 60' }));
    const call = tester.post('/', task({ type: 'bash', cmd: 'sleep 60; true' }));
    await until(() => processesOf(testers.mark).length >= 4);
    await testers.stopAll();
    expect(await call).toEqual([500, 'command sleep 60; true failed: : signal: terminated']);
    expect(processesOf(testers.mark)).toEqual([]);
  });

  it('says at the start, once, that it lets everybody in', async () => {
    await testers.start();
    expect(testers.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      'No -auth-token-file: everybody who reaches the port can run commands and open gates',
      'Gates are kept in memory and close when the load tester restarts',
    ]);
  });
});

describe('access to the load tester', () => {
  it.each([
    { flag: 'namespace-regexp', value: '^team-', namespace: 'team-x', status: 403 },
    { flag: 'namespace-regexp', value: '^team-', namespace: 'other', status: 403 },
    { flag: 'allowed-namespaces', value: 'team-x,stage-*', namespace: 'stage-1', status: 202 },
  ])('for -$flag=$value is checked for $namespace', async ({ flag, value, namespace }) => {
    const tester = await testers.start({ [flag]: value });
    const isServed = namespace !== 'other';
    const expected = isServed ? [202, ''] : [403, 'Forbidden'];
    expect(await tester.post('/gate/open', { name: 'a', namespace })).toEqual(expected);
    expect(await tester.post('/', task({ cmd: 'true' }, { name: 'a', namespace }))).toEqual(expected);
  });

  it.each(['xteam-x', 'team-xy', 'team-x\n', 'stage', 'other', ''])(
    'is refused to %j when team-x and stage-* are served',
    async (namespace) => {
      const tester = await testers.start({ 'allowed-namespaces': 'team-x,stage-*' });
      expect(await tester.post('/gate/open', { name: 'a', namespace })).toEqual([403, 'Forbidden']);
      expect(await tester.post('/gate/approve', { name: 'a', namespace })).toEqual([200, 'OK']);
    },
  );

  const tokens = file('tokens', '# of the teams\n\nall-of-it\nof-team-x  team-x,stage-*\nof-team-y team-y\n');

  it.each([
    { path: '/', token: undefined, namespace: 'team-x', status: 401 },
    { path: '/gate/open', token: undefined, namespace: 'team-x', status: 401 },
    { path: '/gate/check', token: undefined, namespace: 'team-x', status: 401 },
    { path: '/rollback/open', token: 'wrong', namespace: 'team-x', status: 401 },
    { path: '/', token: 'wrong', namespace: 'team-x', status: 401 },
    { path: '/', token: 'team-x', namespace: 'team-x', status: 401 },
    { path: '/', token: '#', namespace: 'team-x', status: 401 },
    { path: '/', token: 'of-team-y', namespace: 'team-x', status: 403 },
    { path: '/', token: 'of-team-x', namespace: 'team-xy', status: 403 },
    { path: '/', token: 'of-team-x', namespace: 'team-x', status: 202 },
    { path: '/gate/open', token: 'of-team-x', namespace: 'stage-1', status: 202 },
    { path: '/gate/open', token: 'all-of-it', namespace: 'whatever', status: 202 },
    { path: '/gate/approve', token: undefined, namespace: 'team-x', status: 200 },
    { path: '/gate/halt', token: undefined, namespace: 'team-x', status: 403 },
  ])('$path with token $token in $namespace is answered $status', async ({ path, token, namespace, status }) => {
    const tester = await testers.start({ 'auth-token-file': tokens });
    const facts = { name: 'a', namespace };
    const header = token === undefined ? {} : { authorization: `Bearer ${token}` };
    expect((await tester.post(path, task({ cmd: 'true' }, facts), header))[0]).toBe(status);
    const inMetadata = token === undefined ? {} : { token };
    expect((await tester.post(path, task({ cmd: 'true', ...inMetadata }, facts)))[0]).toBe(status);
  });

  it('is refused to web pages', async () => {
    const tester = await testers.start();
    const headers = { origin: 'http://evil.example.com', 'content-type': 'text/plain' };
    expect(await tester.post('/gate/open', canary, headers)).toEqual([403, 'Forbidden']);
    expect(await tester.post('/', task({ type: 'bash', cmd: 'true' }), headers)).toEqual([403, 'Forbidden']);
    expect((await tester.post('/gate/check', canary))[0]).toBe(403);
  });

  it('shows in lists what the token is for', async () => {
    const tester = await testers.start({ 'auth-token-file': tokens });
    for (const namespace of ['team-x', 'team-y']) {
      await tester.post('/gate/open', { name: 'a', namespace }, { authorization: 'Bearer all-of-it' });
    }
    expect((await tester.call('GET', '/gate/')).status).toBe(401);
    expect((await tester.call('GET', '/tasks')).status).toBe(401);
    const { body } = await tester.call('GET', '/gate/', undefined, { authorization: 'Bearer of-team-x' });
    expect(JSON.parse(body)).toMatchObject({ open: [{ namespace: 'team-x' }] });
    expect(body).not.toContain('team-y');
  });

  it('follows a changed file of tokens at once, and lets nobody in without it', async () => {
    const path = file('rotated', 'old');
    const tester = await testers.start({ 'auth-token-file': path });
    const status = async (token: string) =>
      (await tester.post('/gate/close', canary, { authorization: `Bearer ${token}` }))[0];
    expect([await status('old'), await status('new')]).toEqual([202, 401]);
    writeFileSync(path, 'new');
    expect([await status('old'), await status('new')]).toEqual([401, 202]);
    rmSync(path);
    expect(await status('new')).toBe(503);
  });

  it.each([
    { name: 'missing', path: join(directory, 'none') },
    { name: 'empty', path: file('empty', '\n# nothing\n') },
  ])('does not start with a $name file of tokens', async ({ path }) => {
    await expect(testers.start({ 'auth-token-file': path })).rejects.toMatchObject({ code: 'UNUSABLE_TOKEN_FILE' });
  });

  it('never logs a token', async () => {
    const tester = await testers.start({ 'auth-token-file': tokens });
    await tester.post('/', task({ type: 'bash', cmd: 'false', token: 'of-team-x' }));
    await tester.post('/', task({ cmd: 'true', token: 'of-team-z' }));
    expect(JSON.stringify(testers.lines)).not.toMatch(/of-team-/);
  });

  it('starts the allowed commands alone', async () => {
    const tester = await testers.start({ 'allowed-commands': 'echo,tr' });
    const run = (cmd: string, type = 'bash') => tester.post('/', task({ type, cmd, returnCmdOutput: 'true' }));
    expect(await run("echo 'a  b' | tr a-z A-Z")).toEqual([200, 'A  B\n']);
    expect(await run('echo a; cat /etc/passwd')).toEqual([
      403,
      'Forbidden: command not allowed: cat is not among the allowed commands',
    ]);
    expect(await run('echo $(cat /etc/passwd)', 'cmd')).toEqual([
      403,
      'Forbidden: command not allowed: $ is not possible here',
    ]);
    expect((await run('version', 'kubectl'))[0]).toBe(403);
  });
});
