// SPDX-License-Identifier: Apache-2.0
// Runs a command beside a whole small cluster: main.ts --dir <folder for logs> -- <command> [arguments]
// Exits with the command's code. hack/e2e.sh gives it a network, mount and process namespace of its own.
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startControlPlane } from './control-plane.js';
import { serveControl } from './control.js';
import { startGuardedPrometheus } from './guarded-prometheus.js';
import { HookServer } from './hook-server.js';
import { startMetricsAdapter } from './metrics-adapter.js';
import { Pods } from './pods.js';
import { startPrometheus } from './prometheus.js';
import { startProxy } from './proxy.js';
import { startServiceProxy } from './service-proxy.js';
import { Supervisor } from './supervisor.js';
import { errorText } from '../../../src/lib/operator-error.js';

const {
  values: { dir },
  positionals: [command, ...commandArgs],
} = parseArgs({ options: { dir: { type: 'string' } }, allowPositionals: true });
if (dir === undefined || command === undefined) throw new Error('Usage: main.ts --dir <folder> -- <command>');

/**
 * What stands for other machines (control plane, proxy, pods) must keep time on a busy one, so it comes before the tests and
 * the operators that they start. Not everybody may.
 */
const precedence = 5;
try {
  setPriority(-precedence);
} catch {
  say('this user may not raise the priority of the bench; on a busy machine it will be late');
}

function say(message: string): void {
  process.stderr.write(`bench: ${message}\n`);
}

const supervisor = new Supervisor(dir, say);
const stopped = new AbortController();

async function start(logDir: string): Promise<Readonly<Record<string, string>>> {
  const data = join(logDir, 'data');
  const auditLog = join(logDir, 'audit.jsonl');
  const stages = join(process.env.E2E_TOOLS ?? '', 'kwok-stages');
  const credentials = await startControlPlane(supervisor, { data, auditLog, stages });
  const pods = new Pods();
  await pods.start(stopped.signal);
  const hooks = new HookServer();
  await hooks.listen('10.0.0.80', 80);
  // The guide's acceptance test calls it by this name.
  await startServiceProxy({ address: '10.0.0.81', port: 80, namespace: 'test', name: 'podinfo-canary' });
  await serveControl({ supervisor, pods, hooks });
  const proxy = await startProxy(supervisor);
  await startPrometheus(supervisor, data);
  await startGuardedPrometheus(supervisor, data);
  await startMetricsAdapter(data);
  say(
    `control plane, ${proxy === 'skipper' ? 'Skipper' : 'a double of Skipper'} and Prometheus run; logs in ${logDir}`,
  );
  return {
    KUBECONFIG: credentials.kubeconfig.bench,
    E2E_DIR: logDir,
    E2E_CA: credentials.caFile,
    E2E_AUDIT_LOG: auditLog,
  };
}

async function run(env: Readonly<Record<string, string>>, program: string): Promise<number> {
  const child = spawn('nice', ['-n', String(precedence), program, ...commandArgs], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve(127);
    });
    child.once('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}

let code = 1;
try {
  code = await run(await start(dir), command);
} catch (error) {
  say(errorText(error));
} finally {
  stopped.abort();
  await supervisor.stopAll();
}
process.exit(code);
