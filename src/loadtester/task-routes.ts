// SPDX-License-Identifier: Apache-2.0
import { type Answer, forbidden, jsonAnswer, type Route, textAnswer, tooManyTasks } from './answer.js';
import { type GuardDeps, listRoute, payloadRoute } from './guarded-route.js';
import { redactCommand } from './redact-command.js';
import type { EndedTask } from './task-history.js';
import type { Outcome } from './task-run.js';
import type { OpenTask, TaskRunner } from './task-runner.js';
import { type BackgroundTask, type BlockingTask, readTask, type Task } from './task.js';

export interface TaskRouteDeps extends GuardDeps {
  readonly runner: TaskRunner;
  /** Programs that tasks may start; empty allows all. */
  readonly allowedCommands: ReadonlySet<string>;
}

/** Starts tasks. */
export function taskRoute(deps: TaskRouteDeps): Route {
  const { runner, allowedCommands, log } = deps;
  return payloadRoute(deps, async (payload, { signal }) => {
    const reading = readTask(payload, allowedCommands);
    switch (reading.kind) {
      case 'malformed':
        return textAnswer(400, reading.reason);
      case 'forbidden':
        log.warn({ name: payload.name, namespace: payload.namespace }, `call refused: ${reading.reason}`);
        return { ...forbidden, body: `Forbidden: ${reading.reason}` };
      case 'task':
        return reading.task.kind === 'background' ? launch(runner, reading.task) : wait(runner, reading.task, signal);
    }
  });
}

function launch(runner: TaskRunner, task: BackgroundTask): Answer {
  const launched = runner.launch(task);
  switch (launched.kind) {
    case 'full':
      return tooManyTasks;
    case 'skipped':
      return textAnswer(202);
    case 'queued': {
      const { lastFailure } = launched;
      if (lastFailure === undefined || !task.failsNextCall) return textAnswer(202);
      return textAnswer(500, `last run: ${failureText(task, lastFailure)}`);
    }
  }
}

async function wait(runner: TaskRunner, task: BlockingTask, caller: AbortSignal): Promise<Answer> {
  const waited = await runner.runAndWait(task, caller);
  if (waited.kind === 'full') return tooManyTasks;
  const { outcome } = waited;
  if (outcome.failure !== undefined) return textAnswer(500, failureText(task, outcome));
  return textAnswer(200, task.returnsOutput ? outcome.output : '');
}

/** Flagger's text. */
function failureText({ text }: Task, { failure = '', output }: Outcome): string {
  return `command ${text} failed: ${output}: ${failure}`;
}

const shownOutputCharacters = 1_000;

/** The tasks that are queued or running, and the last runs of those that ended. */
export function taskListRoute(deps: TaskRouteDeps): Route {
  const { runner } = deps;
  return listRoute(deps, (isVisible) => {
    const tasks = [...runner.ended().map(endedRow), ...runner.open().map(openRow)];
    return Promise.resolve(jsonAnswer({ tasks: tasks.filter(({ namespace }) => isVisible(namespace)) }));
  });
}

/** A task as the list shows it. */
interface TaskRow {
  readonly name: string;
  readonly namespace: string;
  readonly type: string;
  readonly cmd: string;
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed';
  readonly startedAt?: string;
  readonly durationSeconds?: number;
  readonly error?: string;
  readonly output?: string;
}

function openRow({ task, state }: OpenTask): TaskRow {
  return { ...taskColumns(task), state };
}

function endedRow({ task, startedAtMs, durationMs, outcome: { failure, output } }: EndedTask): TaskRow {
  return {
    ...taskColumns(task),
    state: failure === undefined ? 'succeeded' : 'failed',
    startedAt: new Date(startedAtMs).toISOString(),
    durationSeconds: Math.round(durationMs) / 1_000,
    ...(failure === undefined ? {} : { error: failure }),
    output: redactCommand(output).slice(-shownOutputCharacters),
  };
}

function taskColumns({ canary, type, text }: Task): Pick<TaskRow, 'name' | 'namespace' | 'type' | 'cmd'> {
  return { ...canary, type, cmd: redactCommand(text) };
}
