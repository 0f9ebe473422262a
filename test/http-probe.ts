// SPDX-License-Identifier: Apache-2.0
import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';

export interface ProbeRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ProbeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An HTTP client that may set any header, Host included, and keeps its connections. */
export class HttpProbe {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 32 });

  /** Rejects when the connection fails or breaks. */
  async send({ url, method = 'GET', headers = {}, body }: ProbeRequest): Promise<ProbeAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { agent: this.agent, method, headers }, (response) => {
        text(response).then(
          (answer) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: answer }),
          reject,
        );
      });
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
