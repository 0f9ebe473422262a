// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { type ProcessSpec, type RunningProcess, lastLines, startProcess } from './process.js';

type NamedProcess = Omit<ProcessSpec, 'logFile'>;

/** Keeps the bench's programs: starts them with a log each, can kill and restart one by name, stops all in reverse order. */
export class Supervisor {
  private readonly specs = new Map<string, ProcessSpec>();
  private readonly running = new Map<string, RunningProcess>();
  /** Ended on purpose; anything else that ends is an accident. */
  private readonly expectedToEnd = new Set<number>();

  constructor(
    private readonly logDir: string,
    private readonly onAccident: (message: string) => void,
  ) {}

  start(spec: NamedProcess): void {
    this.specs.set(spec.name, { ...spec, logFile: join(this.logDir, `${spec.name}.log`) });
    this.restart(spec.name);
  }

  /** Starts a known program again with the arguments that it had. */
  restart(name: string): void {
    const spec = this.specs.get(name);
    if (spec === undefined) throw new Error(`The bench runs no ${name}`);
    const started = startProcess(spec);
    this.running.set(name, started);
    void started.exited.then((exit) => {
      if (this.expectedToEnd.has(started.pid)) return;
      this.onAccident(`${name} ended with ${exit}:\n${lastLines(started.logFile)}`);
    });
  }

  async stop(name: string, signal: NodeJS.Signals): Promise<void> {
    const found = this.running.get(name);
    if (found === undefined) throw new Error(`The bench runs no ${name}`);
    this.expectedToEnd.add(found.pid);
    await found.stop(signal);
  }

  async stopAll(): Promise<void> {
    for (const name of [...this.running.keys()].reverse()) await this.stop(name, 'SIGKILL');
  }
}
