// SPDX-License-Identifier: Apache-2.0
/* Entry point of the process: parse the command line, run what it asks for, exit with its code. */
import { runOperator } from './app.js';
import { type Invocation, parseCommandLine } from './cli/index.js';
import { processEnvironment } from './config/index.js';
import { runLoadTester } from './loadtester/index.js';

/** Aborted by the first SIGINT or SIGTERM; the second ends the process at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(1);
      stop.abort();
    });
  }
  return stop.signal;
}

/** Loaded only here: the operator does without it. */
async function simulate(settings: Extract<Invocation, { kind: 'simulate' }>['settings']): Promise<void> {
  const { runForecast } = await import('./forecast/index.js');
  const { stdout, stderr, exitCode } = await runForecast(settings);
  process.stderr.write(stderr);
  process.stdout.write(stdout);
  process.exitCode = exitCode;
}

async function execute(invocation: Invocation): Promise<void> {
  switch (invocation.kind) {
    case 'print':
      process[invocation.stream].write(invocation.text);
      process.exitCode = invocation.exitCode;
      return;
    case 'run':
      // An exit on purpose: connections that are still open must not keep a stopped operator alive.
      process.exit(await runOperator(invocation.settings, stopSignal()));
      break;
    case 'loadTester':
      process.exit(await runLoadTester(invocation.settings, stopSignal()));
      break;
    case 'simulate':
      await simulate(invocation.settings);
  }
}

await execute(await parseCommandLine(process.argv.slice(2), processEnvironment));
