// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { LoopbackServers } from './loopback-server.js';

export interface SeenQuery {
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingMessage['headers'];
}

/** The body of a vector answer with one series per number text. */
export function vector(...numbers: readonly string[]): string {
  const result = numbers.map((number, index) => ({
    metric: { series: String(index) },
    value: [1_767_225_600, number],
  }));
  return JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
}

/** What the fake answers: a body with status 200, or anything by hand. */
export type FakeAnswer = string | ((response: ServerResponse, request: IncomingMessage) => void);

/** A Prometheus that answers the first rule whose text is part of the query, else an empty vector. */
export class FakePrometheus {
  readonly seen: SeenQuery[] = [];
  url = '';
  private readonly rules: (readonly [part: string, answer: FakeAnswer])[] = [];

  static async start(servers: LoopbackServers): Promise<FakePrometheus> {
    const fake = new FakePrometheus();
    fake.url = await servers.serve((request, response) => {
      fake.answer(request, response);
    });
    return fake;
  }

  /** Later rules win. */
  when(part: string, answer: FakeAnswer): this {
    this.rules.unshift([part, answer]);
    return this;
  }

  get queries(): readonly string[] {
    return this.seen.map(({ query }) => query);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    const query = searchParams.get('query') ?? '';
    this.seen.push({ path: pathname, query, headers: request.headers });
    const answer = this.rules.find(([part]) => query.includes(part))?.[1] ?? vector();
    if (typeof answer === 'string') response.setHeader('content-type', 'application/json').end(answer);
    else answer(response, request);
  }
}
