// SPDX-License-Identifier: Apache-2.0
import { Agent, type ClientRequest, request } from 'node:http';
import { proxyUrl } from '../bench/proxy.js';

/** One answer, or the lack of one. */
export interface Answer {
  readonly atMs: number;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** What podinfo says it is; empty when the answer is not podinfo's. */
  readonly version: string;
  readonly error: string;
}

export interface SteadyClientOptions {
  readonly host: string;
  readonly path?: string;
  readonly requestsPerSecond?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Far longer than a starved machine delays an answer; one that never comes is found all the same. */
const giveUpMs = 30_000;

/** Says how far the request came, to tell a proxy that does not answer from one that could not be reached. */
function unanswered({ socket, reusedSocket }: ClientRequest): Error {
  const connection =
    socket?.connecting === true ? 'still connecting' : reusedSocket ? 'kept connection' : 'new connection';
  const port = socket?.localPort ?? 0;
  return new Error(`no answer within ${giveUpMs / 1000} s (${connection} from port ${port})`);
}

/** A user of the app: sends requests through the proxy at a steady pace, whatever comes back, and remembers every answer. */
export class SteadyClient {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly received: Answer[] = [];
  private readonly pending = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: SteadyClientOptions) {}

  start(): this {
    if (this.timer !== undefined) return this;
    const everyMs = 1_000 / (this.options.requestsPerSecond ?? 50);
    this.timer = setInterval(() => {
      const sent = this.send();
      this.pending.add(sent);
      void sent.then(() => this.pending.delete(sent));
    }, everyMs);
    return this;
  }

  /** Stops sending and waits for the answers that are still due. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.pending);
    this.agent.destroy();
  }

  /** Drops all answers so far. */
  forget(): void {
    this.received.length = 0;
  }

  /** Answers to requests sent since `sinceMs` (wall clock). */
  answers(sinceMs = 0): readonly Answer[] {
    return this.received.filter(({ atMs }) => atMs >= sinceMs);
  }

  /** Everything that was no success, one line each, for `expect(...).toEqual([])`. */
  failures(sinceMs = 0): readonly string[] {
    return this.answers(sinceMs)
      .filter(({ status }) => status < 200 || status > 299)
      .map(({ atMs, status, version, error }) =>
        [new Date(atMs).toISOString(), status, version, error].filter((part) => part !== '').join(' '),
      );
  }

  /** Percent of the successful answers since `sinceMs` that this version gave; NaN when there were none. */
  share(version: string, sinceMs: number): number {
    const good = this.answers(sinceMs).filter(({ status }) => status === 200);
    return (100 * good.filter((answer) => answer.version === version).length) / good.length;
  }

  private send(): Promise<void> {
    const atMs = Date.now();
    return new Promise((resolve) => {
      const finish = (answer: Omit<Answer, 'atMs'>): void => {
        this.received.push({ atMs, ...answer });
        resolve();
      };
      const { host, path = '/', headers = {} } = this.options;
      const options = { agent: this.agent, headers: { ...headers, Host: host }, timeout: giveUpMs };
      const sent = request(proxyUrl + path, options);
      // After a standstill of the whole machine timers come first: what has arrived meanwhile is read before giving up.
      sent.on('timeout', () => setImmediate(() => sent.destroy(unanswered(sent))));
      sent.on('error', ({ message }) => {
        finish({ status: 0, version: '', error: message });
      });
      sent.on('response', (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => (body += text));
        response.on('error', ({ message }) => {
          finish({ status: 0, version: '', error: message });
        });
        response.on('end', () => {
          const version = /"version":\s*"([^"]*)"/.exec(body)?.[1] ?? '';
          const status = response.statusCode ?? 0;
          finish({ status, version, error: status === 200 ? '' : body.trim().slice(0, 80) });
        });
      });
      sent.end();
    });
  }
}
