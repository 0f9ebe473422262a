// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const directory = mkdtempSync(join(tmpdir(), 'flagger-bundle-'));

beforeAll(() => {
  execFileSync(process.execPath, ['node_modules/tsx/dist/cli.mjs', 'hack/build.ts', directory], {
    env: { ...process.env, VERSION: '1.2.3', REVISION: 'abc' },
  });
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

function flagger(...argv: readonly string[]) {
  return flaggerWith('', ...argv);
}

function flaggerWith(input: string, ...argv: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(directory, 'flagger.mjs'), ...argv], {
    input,
    encoding: 'utf8',
    // Outside the repository, so that nothing can be found in node_modules.
    cwd: directory,
    env: {},
  });
  return { status, stdout, stderr };
}

describe('the shipped bundle', () => {
  it('prints the version and the revision that it was built with', () => {
    expect(flagger('-version')).toEqual({
      status: 0,
      stdout: 'Flagger version 1.2.3 revision  abc\n',
      stderr: '',
    });
  });

  it('refuses an unknown flag with one line and the usage on stderr', () => {
    const { status, stdout, stderr } = flagger('-unknown');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^flagger: Unknown argument: unknown\n\nflagger \[run] \[flags]\n/);
  });

  it('refuses contradictory settings with one line on stderr', () => {
    expect(flagger('-metrics-server=')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'flagger: Error building prometheus client: prometheus address  is not a valid URL\n',
    });
  });

  it('says in a log line why it cannot start', () => {
    const { status, stderr } = flagger('-kubeconfig=/nowhere', '-port=0');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^{"level":"fatal","ts":"[^"]+".*"msg":"[^"]+"}$/m);
  });

  it('is the load tester, too, and ends it with code 0 after SIGTERM', async () => {
    const tester = spawn(process.execPath, [join(directory, 'flagger.mjs'), 'loadtester', '-port=0'], {
      cwd: directory,
    });
    const ended = once(tester, 'exit');
    let log = '';
    for await (const chunk of tester.stderr) {
      log += String(chunk);
      if (log.includes('HTTP server listening')) tester.kill();
    }
    expect(log).toContain('"msg":"Starting load tester v1.2.3 API on port 0"');
    expect(await ended).toEqual([0, null]);
  });

  it('foretells a rollout with the file beside it, by a Canary on the standard input', () => {
    const canary = readFileSync('test/fixtures/guide/podinfo-canary.yaml', 'utf8');
    const { status, stdout, stderr } = flaggerWith(canary, 'simulate', '-f', '-', '-latency', '800ms', '-o=json');
    expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ outcome: { result: 'rolledBack', atSeconds: 105, mostPercent: 5 } });
  });

  it('does not load for the operator what only simulate needs', () => {
    const hasIt = (file: string) => readFileSync(join(directory, file), 'utf8').includes('flagger.app/forecast/v1');
    expect(['flagger.mjs', 'forecast.mjs'].map(hasIt)).toEqual([false, true]);
  });

  it('needs little memory: of the Kubernetes client it has what is used', () => {
    expect(statSync(join(directory, 'flagger.mjs')).size).toBeLessThan(2.5 * 1024 * 1024);
  });

  it('comes with the licences of what is in it', () => {
    expect(readFileSync(join(directory, 'THIRD-PARTY-LICENSES'), 'utf8')).toMatch(/^pino \S+\nMIT\n/m);
  });
});
