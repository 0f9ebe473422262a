// SPDX-License-Identifier: Apache-2.0
/** Support for the tests of this folder. Not part of the program. */
import { readdirSync, readFileSync } from 'node:fs';
import { HttpProbe, type ProbeAnswer, type ProbeRequest } from '../../test/http-probe.js';
import { loadLoadTesterSettings, processEnvironment } from '../config/index.js';
import { systemClock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { type LoadTester, startLoadTester } from './load-tester.js';

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

/** Ids of the living processes that have this variable in their environment. */
export function processesOf(variable: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(variable))
    .map(Number);
}

function environmentOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    // Gone, or another user's.
    return [];
  }
}

/** Load testers on free ports, for one test file; call `stopAll` after each test. */
export class LoadTesters {
  /** In the environment of every command that they start. */
  readonly mark = `LOADTESTER_TEST=${process.pid}`;
  readonly lines: LogLine[] = [];
  private readonly running: LoadTester[] = [];
  private readonly probe = new HttpProbe();

  /** @returns sends calls to the load tester that was started with these flags */
  async start(
    flags: Readonly<Record<string, string>> = {},
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Caller> {
    const settings = loadLoadTesterSettings(new Map(Object.entries({ port: '0', ...flags })));
    const [name = '', value = ''] = this.mark.split('=');
    const tester = await startLoadTester(settings, {
      clock: systemClock,
      environment: { PATH: processEnvironment.PATH, [name]: value, ...environment },
      log: recordingLogger(this.lines),
    });
    this.running.push(tester);
    return new Caller(this.probe, `http://127.0.0.1:${tester.port}`);
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.running.splice(0).map((tester) => tester.stop()));
    this.lines.length = 0;
  }
}

/** Calls one load tester. */
export class Caller {
  constructor(
    private readonly probe: HttpProbe,
    readonly url: string,
  ) {}

  /** @param body sent as it is when it is text, else as JSON */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: ProbeRequest['headers'] = {},
  ): Promise<ProbeAnswer> {
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    return this.probe.send({ url: this.url + path, method, headers, ...(text === undefined ? {} : { body: text }) });
  }

  /** Status and body of the answer to a POST. */
  async post(path: string, body?: unknown, headers?: ProbeRequest['headers']): Promise<readonly [number, string]> {
    const answer = await this.call('POST', path, body, headers);
    return [answer.status, answer.body];
  }

  async metric(sample: string): Promise<number> {
    const { body } = await this.call('GET', '/metrics');
    const line = body.split('\n').find((text) => text.startsWith(`${sample} `));
    return Number(line?.slice(sample.length + 1) ?? 0);
  }
}
