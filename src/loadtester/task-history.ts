// SPDX-License-Identifier: Apache-2.0
import type { Outcome } from './task-run.js';
import type { Task } from './task.js';

/** A task that ended, and how. */
export interface EndedTask {
  readonly task: Task;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly outcome: Outcome;
}

/** Remembers the last run of each task, of as many tasks as are kept. */
export class TaskHistory {
  private readonly endedByKey = new Map<string, EndedTask>();

  /** @param mostTasks how many are kept; the ones that ended first are forgotten first */
  constructor(private readonly mostTasks: number) {}

  add(key: string, ended: EndedTask): void {
    this.endedByKey.delete(key);
    this.endedByKey.set(key, ended);
    const [oldest] = this.endedByKey.keys();
    if (this.endedByKey.size > this.mostTasks && oldest !== undefined) this.endedByKey.delete(oldest);
  }

  last(key: string): EndedTask | undefined {
    return this.endedByKey.get(key);
  }

  /** In the order in which they ended. */
  all(): readonly EndedTask[] {
    return [...this.endedByKey.values()];
  }
}
