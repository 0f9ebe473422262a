// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { apiServerAddress, apiServerPort } from '../bench/control-plane.js';
import { type RunningProcess, lastLines, startProcess } from '../bench/process.js';
import { waitFor } from '../bench/wait.js';
import { accountFolder } from './account-folder.js';

export interface OperatorSpec {
  /** For its log file, and the host name that its pod would have. */
  readonly name: string;
  /** Where its ServiceAccount is. */
  readonly namespace: string;
  readonly serviceAccount?: string;
  readonly args: readonly string[];
  /** Default: the next free one. The cluster-wide install has 8080, as its manifests say. */
  readonly port?: number;
  /** Default: the API server itself. */
  readonly apiServer?: { readonly host: string; readonly port: number };
}

/** One line of the operator's JSON log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

const imageLayout = resolve('dist/image');
const launcher = resolve('test/e2e/bench/run-operator.sh');
const clockTicksPerSecond = 100;

/** Workers of jest are processes; each takes its ports from a range of its own. */
let nextPort = 20_000 + 1_000 * Number(process.env.JEST_WORKER_ID ?? '0');

/** One replica of the shipped build. It may be killed and started again; its log goes on in the same file. */
export class Operator {
  private process: RunningProcess | undefined;
  readonly port: number;
  readonly logFile: string;

  constructor(private readonly spec: OperatorSpec) {
    this.port = spec.port ?? nextPort++;
    this.logFile = join(process.env.E2E_DIR ?? '', `operator-${spec.name}.log`);
  }

  /** As the audit log names it. */
  get user(): string {
    return `system:serviceaccount:${this.spec.namespace}:${this.account}`;
  }

  /** Starts the process with a fresh token of its ServiceAccount, and waits until it reports that its caches are filled. */
  async start(): Promise<this> {
    await this.startWithoutWaiting();
    await waitFor(
      `operator ${this.spec.name} is ready`,
      async () => {
        if (!this.isRunning()) throw new Error(`it ended:\n${lastLines(this.logFile)}`);
        return (await fetch(`http://127.0.0.1:${this.port}/readyz`)).ok;
      },
      { timeoutMs: 60_000, everyMs: 100 },
    );
    return this;
  }

  /** Like `start`, for a replica that cannot become ready yet. */
  async startWithoutWaiting(): Promise<void> {
    const { name, args, apiServer = { host: apiServerAddress, port: apiServerPort } } = this.spec;
    const { namespace } = this.spec;
    const account = await accountFolder({ pod: name, namespace, serviceAccount: this.account });
    this.process = startProcess({
      name,
      command: 'unshare',
      args: ['--mount', '--uts', launcher, imageLayout, account, ...args, `-port=${this.port}`],
      env: { E2E_API_HOST: apiServer.host, E2E_API_PORT: String(apiServer.port), E2E_HOSTNAME: name },
      logFile: this.logFile,
    });
  }

  isRunning(): boolean {
    return this.process?.isRunning() === true;
  }

  /** Sends a signal and waits for the end. Resolves with the exit code or the signal that ended it. */
  async kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    if (this.process === undefined) throw new Error(`Operator ${this.spec.name} was never started`);
    await this.process.stop(signal, 15_000);
    return this.process.exited;
  }

  async stop(): Promise<void> {
    if (this.isRunning()) await this.kill('SIGTERM');
  }

  log(): readonly LogLine[] {
    return readFileSync(this.logFile, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine); // Parse boundary: pino writes one object a line.
  }

  /** Its `/metrics`, as text. */
  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.port}/metrics`)).text();
  }

  /** Resident memory, MiB. */
  memoryMib(): number {
    const [, kib = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(this.proc('status')) ?? [];
    return Number(kib) / 1024;
  }

  /** Processor time that the process has used so far, seconds. */
  cpuSeconds(): number {
    const fields = this.proc('stat')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
  }

  private proc(file: string): string {
    return readFileSync(`/proc/${this.process?.pid ?? 0}/${file}`, 'utf8');
  }

  private get account(): string {
    return this.spec.serviceAccount ?? 'flagger';
  }
}
