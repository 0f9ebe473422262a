// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../lib/clock.js';
import { exitText, startFailureText } from './exit-text.js';
import { OutputTail } from './output-tail.js';
import { type ProcessGroup, processGroup } from './process-group.js';
import type { Outcome, TaskRun } from './task-run.js';

export interface CommandDeps {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Longest life of a command and of all that it starts. */
  readonly limitMs: number;
  /** Time between asking processes to end and killing them. */
  readonly graceMs: number;
  /** How much of the output is kept. */
  readonly outputBytes: number;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * Starts a program in a process group of its own. At the time limit, or when the signal is aborted, the whole group is
 * ended. What it left in the background after it ended may go on until then.
 * As with Flagger the result waits for the output to be closed by everyone who holds it.
 */
export function startCommand(command: Command, deps: CommandDeps, signal: AbortSignal): TaskRun {
  let child: ChildProcess;
  try {
    child = spawn(command.program, command.args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...deps.environment },
    });
  } catch (error) {
    return notStarted(command, error);
  }
  if (child.pid === undefined) {
    const failed = new Promise<Outcome>((resolve) => {
      child.once('error', (error) => resolve(failure(command, error)));
    });
    return { finished: failed, gone: failed.then(() => undefined) };
  }
  const group = processGroup(child.pid, deps.clock);
  return supervise(child, group, deps, signal);
}

function supervise(child: ChildProcess, group: ProcessGroup, deps: CommandDeps, signal: AbortSignal): TaskRun {
  const end = new AbortController();
  let reachedLimit = false;
  const cancelLimit = deps.clock.schedule(deps.limitMs, () => {
    reachedLimit = true;
    end.abort();
  });
  const abort = (): void => end.abort();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();

  const output = collectOutput(child, deps.outputBytes);
  const ended = endOnAbort(child, group, deps, end.signal);
  const finished = exit(child).then(({ code, signal: by }): Outcome => {
    // Flagger's text, whichever signal it took.
    return { failure: reachedLimit ? exitText(null, 'SIGKILL') : exitText(code, by), output: output.text() };
  });
  const gone = finished
    .then(() => Promise.race([group.whenGone(end.signal), ended]))
    .then(() => (end.signal.aborted ? ended : undefined))
    .finally(() => {
      cancelLimit();
      signal.removeEventListener('abort', abort);
    });
  return { finished, gone };
}

/** Ends the group once the signal is aborted; resolves when that is done. */
async function endOnAbort(
  child: ChildProcess,
  group: ProcessGroup,
  { graceMs }: CommandDeps,
  signal: AbortSignal,
): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await group.end(graceMs);
  // A process that left the group may hold the pipes: nobody waits for what it writes.
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function collectOutput(child: ChildProcess, limitBytes: number): OutputTail {
  const tail = new OutputTail(limitBytes);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => tail.append(chunk));
    // Breaks off when the pipe is destroyed on purpose; the exit status tells the rest.
    stream?.on('error', () => undefined);
  }
  return tail;
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The exit of the process, after its output was closed. */
function exit(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
    child.on('error', () => undefined);
  });
}

function notStarted(command: Command, error: unknown): TaskRun {
  return { finished: Promise.resolve(failure(command, error)), gone: Promise.resolve() };
}

function failure({ program }: Command, error: unknown): Outcome {
  return { failure: startFailureText(program, error), output: '' };
}
