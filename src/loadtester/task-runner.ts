// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../lib/clock.js';
import { type ConcurrencyLimit, createConcurrencyLimit } from '../lib/concurrency-limit.js';
import { errorText } from '../lib/operator-error.js';
import { TaskHistory, type EndedTask } from './task-history.js';
import type { TaskLog } from './task-log.js';
import type { TaskMetrics } from './task-metrics.js';
import type { Outcome, TaskRun } from './task-run.js';
import type { BackgroundTask, BlockingTask, Task } from './task.js';

export interface TaskLimits {
  /** Background tasks that run at the same time. */
  readonly background: number;
  /** Blocking tasks that run at the same time. */
  readonly blocking: number;
  /** Tasks of each of the two kinds that may wait for a place. */
  readonly queued: number;
}

export interface TaskRunnerDeps {
  /** Starts a task at once; it is ended by the signal. */
  readonly start: (task: Task, signal: AbortSignal) => TaskRun;
  readonly limits: TaskLimits;
  readonly clock: Clock;
  readonly log: TaskLog;
  readonly metrics: TaskMetrics;
}

export type Launch =
  | {
      readonly kind: 'queued';
      /** How the run before this one failed, if it did. */
      readonly lastFailure: Outcome | undefined;
    }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'full' };

export type Waited = { readonly kind: 'ended'; readonly outcome: Outcome } | { readonly kind: 'full' };

/** A task that has not ended. */
export interface OpenTask {
  readonly task: Task;
  readonly state: 'queued' | 'running';
}

interface Entry {
  readonly key: string;
  readonly task: Task;
  readonly abort: AbortController;
  readonly outcome: Promise<Outcome>;
  readonly resolve: (outcome: Outcome) => void;
  state: 'queued' | 'running';
  /** Calls that wait for the outcome. */
  waiters: number;
}

const rememberedTasks = 200;

/**
 * Runs tasks, at most so many at a time. Identical ones of one Canary run once: a background task that is there already
 * is skipped, and blocking calls that ask for the same share one run.
 */
export class TaskRunner {
  private readonly entries = new Map<string, Entry>();
  /** Every task of which anything is left: those above, and those that ended with processes in the background. */
  private readonly alive = new Map<Entry, Promise<void>>();
  private readonly history = new TaskHistory(rememberedTasks);
  private readonly places: Readonly<Record<Task['kind'], ConcurrencyLimit>>;
  private stopping = false;

  constructor(private readonly deps: TaskRunnerDeps) {
    const { background, blocking } = deps.limits;
    this.places = { background: createConcurrencyLimit(background), blocking: createConcurrencyLimit(blocking) };
  }

  /** Lets a task run beside the calls. */
  launch(task: BackgroundTask): Launch {
    const key = keyOf(task);
    if (this.entries.has(key)) {
      this.deps.log.skipped(task);
      this.deps.metrics.skipped(task);
      return { kind: 'skipped' };
    }
    const last = this.history.last(key)?.outcome;
    if (this.enter(key, task) === undefined) return { kind: 'full' };
    return { kind: 'queued', lastFailure: last?.failure === undefined ? undefined : last };
  }

  /**
   * Runs a task and waits for it. When the caller goes away, and nobody else waits for the same run, the task is ended.
   */
  async runAndWait(task: BlockingTask, caller: AbortSignal): Promise<Waited> {
    const key = keyOf(task);
    const entry = this.entries.get(key) ?? this.enter(key, task);
    if (entry === undefined) return { kind: 'full' };
    entry.waiters += 1;
    const leave = (): void => {
      entry.waiters -= 1;
      if (entry.waiters === 0) this.abandon(entry);
    };
    caller.addEventListener('abort', leave, { once: true });
    if (caller.aborted) leave();
    const outcome = await entry.outcome;
    caller.removeEventListener('abort', leave);
    return { kind: 'ended', outcome };
  }

  open(): readonly OpenTask[] {
    return [...this.entries.values()].map(({ task, state }) => ({ task, state }));
  }

  /** The last run of each task that was asked for lately. */
  ended(): readonly EndedTask[] {
    return this.history.all();
  }

  /** Takes no more tasks, ends all, and resolves when nothing of them is left. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const entry of this.alive.keys()) entry.abort.abort();
    await Promise.all(this.alive.values());
  }

  /** @returns undefined when there is no place left, not even for waiting */
  private enter(key: string, task: Task): Entry | undefined {
    const { limits, metrics } = this.deps;
    const alike = [...this.alive.keys()].filter((entry) => entry.task.kind === task.kind);
    if (this.stopping || alike.length >= limits[task.kind] + limits.queued) {
      metrics.rejected(task);
      return undefined;
    }
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const entry: Entry = {
      key,
      task,
      abort: new AbortController(),
      outcome: promise,
      resolve,
      state: 'queued',
      waiters: 0,
    };
    this.entries.set(key, entry);
    this.alive.set(entry, this.process(entry));
    return entry;
  }

  private async process(entry: Entry): Promise<void> {
    const { task, abort } = entry;
    try {
      await this.places[task.kind].run(task.kind, () => this.execute(entry), abort.signal);
    } catch (error) {
      // Aborted while it waited for a place.
      entry.resolve({ failure: errorText(error), output: '' });
    }
    this.forget(entry);
    this.alive.delete(entry);
  }

  private async execute(entry: Entry): Promise<void> {
    const { clock, log, metrics, start } = this.deps;
    const { task, key, abort } = entry;
    entry.state = 'running';
    const startedMs = clock.monotonicMs();
    const startedAtMs = clock.nowMs();
    log.started(task);
    metrics.started(task);
    const run = start(task, abort.signal);
    const outcome = await run.finished;
    const durationMs = clock.monotonicMs() - startedMs;
    this.history.add(key, { task, startedAtMs, durationMs, outcome });
    metrics.finished(task, outcome, durationMs);
    log.finished(task, outcome);
    // The next call asks for a new result; a background task is the same as long as anything of it runs.
    if (task.kind === 'blocking') this.forget(entry);
    entry.resolve(outcome);
    await run.gone;
    metrics.gone(task);
  }

  /** Ends a run that nobody waits for; an identical call from now on gets one of its own. */
  private abandon(entry: Entry): void {
    this.forget(entry);
    entry.abort.abort();
  }

  private forget(entry: Entry): void {
    if (this.entries.get(entry.key) === entry) this.entries.delete(entry.key);
  }
}

/** Equal for tasks that need not run twice at the same time. */
function keyOf({ canary, type, text }: Task): string {
  return JSON.stringify([canary.namespace, canary.name, type, text]);
}
