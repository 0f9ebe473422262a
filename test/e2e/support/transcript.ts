// SPDX-License-Identifier: Apache-2.0
import type { App } from './app.js';
import type { Answer, SteadyClient } from './steady-client.js';
import { eventsOf } from './events.js';

/** Shows a rollout as it happens, in plain lines on stdout: every Event, and each second what the client got. */
export class Transcript {
  private readonly shown = new Set<string>();
  private readonly startMs = Date.now();
  private timer: NodeJS.Timeout | undefined;
  private sinceMs = Date.now();

  constructor(
    private readonly app: App,
    private readonly client: SteadyClient,
  ) {}

  /** Starts to print when E2E_TRANSCRIPT is set; otherwise does nothing. */
  start(): this {
    if (process.env.E2E_TRANSCRIPT !== undefined) this.timer = setInterval(() => void this.tick(), 1_000);
    return this;
  }

  async stop(): Promise<void> {
    if (this.timer === undefined) return;
    clearInterval(this.timer);
    await this.tick();
  }

  /** A heading between two parts. */
  heading(text: string): void {
    if (this.timer !== undefined) process.stdout.write(`\n# ${text}\n`);
  }

  private async tick(): Promise<void> {
    const sinceMs = this.sinceMs;
    this.sinceMs = Date.now();
    const answers = this.client.answers(sinceMs);
    try {
      for (const { metadata, type, message } of await eventsOf(this.app.namespace)) {
        if (this.shown.has(metadata.name)) continue;
        this.shown.add(metadata.name);
        this.print(`${type.padEnd(7)}  ${message}`);
      }
      const { phase, canaryWeight } = await this.app.status();
      this.print(`         phase ${phase || '-'}, canary weight ${canaryWeight}, answers: ${countsOf(answers)}`);
    } catch {
      // Before the Canary exists there is nothing to show.
    }
  }

  private print(text: string): void {
    process.stdout.write(`${((Date.now() - this.startMs) / 1_000).toFixed(0).padStart(4)} s  ${text}\n`);
  }
}

/** "45 x 200 from 6.0.0, 5 x 200 from 4.0.6". */
function countsOf(answers: readonly Answer[]): string {
  const counts = new Map<string, number>();
  for (const { status, version, error } of answers) {
    const kind = `${status === 0 ? error : status}${version === '' ? '' : ` from ${version}`}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts.size === 0 ? 'none' : [...counts].map(([kind, count]) => `${count} x ${kind}`).join(', ');
}
