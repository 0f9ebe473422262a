// SPDX-License-Identifier: Apache-2.0
import type { HttpAnswer, HttpClient, HttpRequest } from '../../src/lib/http-client.js';
import { HttpFailure } from '../../src/lib/http-failure.js';

const bounds = [0.1, 0.5, 1];

interface Series {
  count: number;
  seconds: number;
  readonly upTo: number[];
}

/** The counters of one Skipper process. */
export class FakeSkipper {
  private readonly series = new Map<string, Series>();
  /** Anything else that it answers instead. */
  text: string | undefined;
  /** Why it does not answer. */
  failure: string | undefined;
  /** What it waits for before it answers. */
  delay: (() => Promise<void>) | undefined;

  /** @param startSeconds undefined: it does not tell when it started */
  constructor(private startSeconds: number | undefined = 1_000) {}

  /** Finishes requests to a route. */
  serve(route: string, code: number, { times = 1, seconds = 0.05 } = {}): void {
    const labels = `code="${code}",method="GET",route="${route}"`;
    const series = this.series.get(labels) ?? { count: 0, seconds: 0, upTo: bounds.map(() => 0) };
    this.series.set(labels, series);
    series.count += times;
    series.seconds += times * seconds;
    bounds.forEach((bound, index) => {
      if (seconds <= bound) series.upTo[index] = (series.upTo[index] ?? 0) + times;
    });
  }

  /** All counters begin again from zero. */
  restart(): void {
    this.series.clear();
    if (this.startSeconds !== undefined) this.startSeconds += 100;
  }

  page(): string {
    if (this.text !== undefined) return this.text;
    const name = 'skipper_serve_route_duration_seconds';
    const lines = [...this.series].flatMap(([labels, { count, seconds, upTo }]) => [
      ...bounds.map((bound, index) => `${name}_bucket{${labels},le="${bound}"} ${upTo[index] ?? 0}`),
      `${name}_bucket{${labels},le="+Inf"} ${count}`,
      `${name}_sum{${labels}} ${seconds}`,
      `${name}_count{${labels}} ${count}`,
    ]);
    const start = this.startSeconds === undefined ? [] : [`process_start_time_seconds ${this.startSeconds}`];
    return [...start, ...lines, ''].join('\n');
  }
}

/** A network of Skipper replicas by base URL. Answers come in a few pieces. */
export class FakeSkippers implements HttpClient {
  readonly replicas = new Map<string, FakeSkipper>();
  readonly requests: HttpRequest[] = [];

  add(address: string, replica = new FakeSkipper()): FakeSkipper {
    this.replicas.set(address, replica);
    return replica;
  }

  async send(request: HttpRequest): Promise<HttpAnswer> {
    this.requests.push(request);
    const replica = this.replicas.get(new URL(request.url).origin);
    await replica?.delay?.();
    const failure = replica === undefined ? 'connect ECONNREFUSED' : replica.failure;
    if (failure !== undefined) throw new HttpFailure('connection', failure);
    const body = Buffer.from(replica?.page() ?? '');
    const cut = Math.floor(body.length / 3);
    for (const piece of [body.subarray(0, cut), body.subarray(cut)]) request.sink?.(piece);
    return { status: 200, statusText: 'OK', headers: {}, body: '', isTruncated: false };
  }

  close(): void {
    this.replicas.clear();
  }
}
