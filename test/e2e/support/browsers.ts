// SPDX-License-Identifier: Apache-2.0
import { setTimeout } from 'node:timers/promises';
import { proxyUrl } from '../bench/proxy.js';
import { HttpProbe } from '../../http-probe.js';

export interface Visit {
  readonly atMs: number;
  readonly status: number;
  readonly version: string;
}

/** Users who come again and again and keep the cookies that they are given. */
export class Browsers {
  private readonly probe = new HttpProbe();
  private readonly users: { readonly jar: Map<string, string>; readonly visits: Visit[] }[];
  private readonly stopping = new AbortController();
  private done: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly host: string,
    count: number,
  ) {
    this.users = Array.from({ length: count }, () => ({ jar: new Map(), visits: [] }));
  }

  /** Every user visits about once per `everyMs`, not all at the same time. */
  start(everyMs: number): this {
    const { signal } = this.stopping;
    this.done = Promise.all(
      this.users.map(async (user, index) => {
        await setTimeout((everyMs * index) / this.users.length, undefined, { signal });
        for (;;) {
          await this.visit(user);
          await setTimeout(everyMs, undefined, { signal });
        }
      }),
    ).catch(() => undefined);
    return this;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done;
    this.probe.close();
  }

  /** What each user met, in order, until `untilMs` (wall clock). */
  visits(untilMs = Number.POSITIVE_INFINITY): readonly (readonly Visit[])[] {
    return this.users.map(({ visits }) => visits.filter(({ atMs }) => atMs <= untilMs));
  }

  private async visit({ jar, visits }: (typeof this.users)[number]): Promise<void> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { host: this.host, ...(cookie === '' ? {} : { cookie }) };
    const atMs = Date.now();
    const answer = await this.probe.send({ url: proxyUrl, headers }).catch(() => undefined);
    const version = /"version":\s*"([^"]*)"/.exec(answer?.body ?? '')?.[1] ?? '';
    visits.push({ atMs, status: answer?.status ?? 0, version });
    for (const text of answer?.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
      jar.set(name, value);
    }
  }
}
