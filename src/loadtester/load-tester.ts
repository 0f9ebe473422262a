// SPDX-License-Identifier: Apache-2.0
import { Registry } from 'prom-client';
import {
  type LoadTesterSettings,
  namedLoadTesterSettings,
  processEnvironment,
  shownSettings,
  version,
} from '../config/index.js';
import { type Clock, systemClock } from '../lib/clock.js';
import { compileGoRegExp } from '../lib/go-regexp.js';
import type { Logger } from '../lib/logger.js';
import { errorText } from '../lib/operator-error.js';
import { systemRandom } from '../lib/random.js';
import { collectProcessMetrics, createLogger } from '../observability/index.js';
import { type Access, createAccess } from './access.js';
import { type CommandDeps, startCommand } from './command-run.js';
import { findGatePlace } from './gate-place.js';
import { createGates } from './gates.js';
import { startLoad } from './load-run.js';
import { namespaceMatcher, type NamespaceMatcher } from './namespace-matcher.js';
import { createRoutes } from './routes.js';
import { createTaskLog } from './task-log.js';
import { createTaskMetrics } from './task-metrics.js';
import type { TaskRun } from './task-run.js';
import { TaskRunner } from './task-runner.js';
import type { Task } from './task.js';
import { startTesterServer } from './tester-server.js';
import { createTokenFile } from './token-file.js';

/** How much of a task's output is kept: its end. */
const outputBytes = 64 * 2 ** 10;
/** Time that processes have to end when they are asked to. */
const graceMs = 5_000;

/**
 * Runs the load tester until the signal is aborted.
 * @returns the exit code of the process: 0 after an abort, 1 when it cannot start
 */
export async function runLoadTester(settings: LoadTesterSettings, signal: AbortSignal): Promise<number> {
  const log = createLogger({ level: settings.logLevel, encoding: settings.zapEncoding, clock: systemClock });
  try {
    const tester = await startLoadTester(settings, { clock: systemClock, environment: processEnvironment, log });
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await tester.stop();
    return 0;
  } catch (error) {
    log.fatal({ error }, errorText(error));
    return 1;
  }
}

export interface LoadTesterDeps {
  readonly clock: Clock;
  /** What commands find in their environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

export interface LoadTester {
  /** The port of the API. */
  readonly port: number;
  /** Ends all tasks and the API. */
  stop(): Promise<void>;
}

/** @throws UnusableTokenFile, TesterServerFailed */
export async function startLoadTester(settings: LoadTesterSettings, deps: LoadTesterDeps): Promise<LoadTester> {
  const { clock, environment, log } = deps;
  log.info(
    { settings: shownSettings(namedLoadTesterSettings, settings) },
    `Starting load tester v${version} API on port ${settings.port}`,
  );
  const access = await createCallAccess(settings, log);
  const store = await findGatePlace({ settings, environment, clock, random: systemRandom, log });
  const registry = new Registry();
  collectProcessMetrics(registry);
  const runner = createRunner(settings, deps, registry);
  const route = createRoutes({
    runner,
    access,
    registry,
    log,
    allowedCommands: new Set(settings.allowedCommands),
    gates: createGates({ store, resets: settings.gateReset, clock, log }),
  });
  const server = await startTesterServer(settings.port, route, clock);
  log.info({}, `HTTP server listening on port ${server.port}`);
  return {
    port: server.port,
    async stop() {
      log.info({}, 'shutting down the task runner');
      await server.stop(runner.stop());
      log.info({}, 'HTTP server stopped');
    },
  };
}

async function createCallAccess(settings: LoadTesterSettings, log: Logger): Promise<Access> {
  const { authTokenFile } = settings;
  const tokens = authTokenFile === undefined ? undefined : createTokenFile(authTokenFile);
  if (tokens === undefined) {
    log.warn({}, 'No -auth-token-file: everybody who reaches the port can run commands and open gates');
  }
  // An unusable file stops the start instead of every call.
  await tokens?.scopeOf('');
  return createAccess({ tokens, isServed: servedNamespaces(settings) });
}

function servedNamespaces({ allowedNamespaces, namespaceRegExp }: LoadTesterSettings): NamespaceMatcher {
  const isAllowed = allowedNamespaces.length === 0 ? () => true : namespaceMatcher(allowedNamespaces);
  const expression = namespaceRegExp === undefined ? undefined : compileGoRegExp(namespaceRegExp);
  return (namespace) => isAllowed(namespace) && expression?.test(namespace) !== false;
}

function createRunner(
  settings: LoadTesterSettings,
  { clock, environment, log }: LoadTesterDeps,
  registry: Registry,
): TaskRunner {
  const commandDeps: CommandDeps = { clock, environment, limitMs: settings.timeoutMs, graceMs, outputBytes };
  return new TaskRunner({
    start: (task, signal) => startTask(task, commandDeps, signal),
    limits: {
      background: settings.maxBackgroundTasks,
      blocking: settings.maxBlockingTasks,
      queued: settings.maxQueuedTasks,
    },
    clock,
    log: createTaskLog(log),
    metrics: createTaskMetrics(registry),
  });
}

function startTask({ work }: Task, deps: CommandDeps, signal: AbortSignal): TaskRun {
  switch (work.kind) {
    case 'command':
      return startCommand(work.command, deps, signal);
    case 'load':
      return startLoad(work.plan, deps, signal);
  }
}
