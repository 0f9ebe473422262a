// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';

export interface OperatorProcessSpec {
  /** The shipped build. */
  readonly bundle: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
}

/** Time to end by itself. */
const graceMs = 5_000;

/** The shipped operator as a process of its own. */
export class OperatorProcess {
  readonly #process: ChildProcess;

  constructor(private readonly spec: OperatorProcessSpec) {
    const log = openSync(spec.logFile, 'a');
    this.#process = spawn(process.execPath, [spec.bundle, ...spec.args], {
      stdio: ['ignore', log, log],
      // Nothing of the caller's: neither his cluster nor his proxies.
      env: spec.environment,
    });
  }

  isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** The end of its log. */
  lastLines(count: number): string {
    return readFileSync(this.spec.logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  }

  async stop(): Promise<void> {
    if (!this.isRunning()) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(timer);
  }
}
