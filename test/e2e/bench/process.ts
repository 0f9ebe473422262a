// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Receives what the process writes to stdout and stderr; kept over restarts. */
  readonly logFile: string;
}

/** One run of a program, known by its pid. */
export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves with the exit code, or the signal's name, when the process has ended. */
  readonly exited: Promise<number | NodeJS.Signals>;
  isRunning(): boolean;
  kill(signal: NodeJS.Signals): void;
  /** Sends `signal` and waits; after `graceMs` it sends SIGKILL. */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<void>;
}

/** Starts a program. Throws when it cannot be started at all. */
export function startProcess(spec: ProcessSpec): RunningProcess {
  const log = openSync(spec.logFile, 'a');
  const child = spawn(spec.command, [...spec.args], {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...spec.env },
  });
  closeSync(log);
  const exited = exitOf(child);
  if (child.pid === undefined) throw new Error(`Cannot start ${spec.name}: ${spec.command} is no program on PATH`);
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    name: spec.name,
    pid: child.pid,
    logFile: spec.logFile,
    exited,
    isRunning,
    kill: (signal) => void child.kill(signal),
    async stop(signal = 'SIGTERM', graceMs = 10_000) {
      if (!isRunning()) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve(127);
    });
    child.once('exit', (code, signal) => {
      resolve(code ?? signal ?? 1);
    });
  });
}

/** The end of a log, for messages about a process that did not do what it should; empty when it never wrote one. */
export function lastLines(file: string, count = 15): string {
  if (!existsSync(file)) return '';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
}
