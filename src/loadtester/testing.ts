// SPDX-License-Identifier: Apache-2.0
/** Support for the tests of this folder. Not part of the program. */
import { readdirSync, readFileSync } from 'node:fs';
import { systemClock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';

/** Waits in real time until the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 4_000): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + limitMs;
  while (!(await condition())) {
    if (systemClock.monotonicMs() > deadlineMs) throw new Error(`waited in vain for: ${condition.toString()}`);
    await systemClock.sleep(5);
  }
}

/** Ids of the living processes whose command line begins with the text. */
export function processesWith(mark: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && commandLine(name).startsWith(mark))
    .map(Number);
}

/** Empty for a process that is gone, or dead and not collected yet. */
function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps its lines. */
export function recordingLogger(lines: LogLine[], bindings: Readonly<Record<string, unknown>> = {}): Logger {
  const at =
    (level: LogLine['level']): Logger['info'] =>
    (fields, message) =>
      void lines.push({ level, message, fields: { ...bindings, ...fields } });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => recordingLogger(lines, { ...bindings, ...fields }),
  };
}
