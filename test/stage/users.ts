// SPDX-License-Identifier: Apache-2.0
import { host, type Stage } from './stage.js';
import type { Answer } from './skippers.js';

export interface Visit extends Answer {
  readonly atMs: number;
}

/** One who comes again and again, and keeps the cookies that it is given. */
export class User {
  readonly visits: Visit[] = [];
  readonly #jar = new Map<string, string>();

  constructor(
    private readonly stage: Stage,
    private readonly headers: Readonly<Record<string, string>> = {},
    private readonly keepsCookies = false,
  ) {}

  visit(target = '/'): Visit {
    const { clock, skippers } = this.stage;
    const own = this.headers.cookie === undefined ? [] : [this.headers.cookie];
    const cookie = [...own, ...[...this.#jar].map(([name, value]) => `${name}=${value}`)].join('; ');
    const lines = Object.entries({ ...this.headers, ...(cookie !== '' && { cookie }) });
    const answer = skippers.ask({
      method: 'GET',
      host,
      target,
      headers: Object.fromEntries(lines.map(([name, value]) => [name, [value]])),
    });
    const visit = { ...answer, atMs: clock.monotonicMs() };
    this.visits.push(visit);
    if (this.keepsCookies) this.#keep(answer.cookies);
    return visit;
  }

  /** Visits ten times a second, for ever, in bursts that come so often. */
  stay(everyMs = 5_000): this {
    this.stage.clock.schedule(everyMs, () => {
      for (let left = everyMs / 100; left > 0; left -= 1) this.visit();
      this.stay(everyMs);
    });
    return this;
  }

  get failures(): readonly Visit[] {
    return this.visits.filter(({ status }) => status !== 200);
  }

  /** The versions that it met, each change counted. */
  get path(): readonly string[] {
    const versions = this.visits.map(({ version }) => version);
    return versions.filter((version, index) => version !== versions[index - 1]);
  }

  #keep(lines: readonly string[]): void {
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.#jar.set(name, value);
    }
  }
}
