// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '../lib/logger.js';
import { redactCommand } from './redact-command.js';
import type { Outcome } from './task-run.js';
import type { Task } from './task.js';

/** Writes the log lines of tasks, by Flagger's texts. Whoever reads them looks for the command, so that it is in the text. */
export interface TaskLog {
  started(task: Task): void;
  skipped(task: Task): void;
  finished(task: Task, outcome: Outcome): void;
}

export function createTaskLog(log: Logger): TaskLog {
  const about = ({ canary, type }: Task): Logger => log.child({ canary: `${canary.name}.${canary.namespace}`, type });
  return {
    started: (task) => about(task).info({}, `${startText(task)} ${redactCommand(task.text)}`),
    skipped: (task) => about(task).info({}, `command skipped ${redactCommand(task.text)} is already running`),
    finished: (task, { failure, output }) => {
      const lines = about(task);
      const text = redactCommand(task.text);
      const shownOutput = redactCommand(output);
      if (failure !== undefined) {
        lines.error({}, `command failed ${text} ${failure} ${shownOutput}`);
        return;
      }
      if (task.logsOutput && output !== '') lines.info({}, shownOutput);
      lines.info({}, `command finished ${text}`);
    },
  };
}

function startText(task: Task): string {
  switch (task.type) {
    case 'cmd':
    case 'load':
      return 'task starting';
    case 'bash':
      return 'bash command';
    case 'helm':
    case 'helmv3':
    case 'kubectl':
      return `running command ${task.type}`;
  }
}
