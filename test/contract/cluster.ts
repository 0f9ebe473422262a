// SPDX-License-Identifier: Apache-2.0
import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';

/** An API server to hold against the contract, reached by an administrator. */
export interface ContractCluster {
  /** `https://host:port` or `http://host:port`, without a slash at the end. */
  readonly url: string;
  /** Left out where a proxy on the way knows one. */
  readonly token?: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly ca?: string;
}

export interface Answer {
  readonly status: number;
  /** Parsed JSON, or text that is none. `at` looks into it. */
  readonly body: unknown;
  /** Texts of the Warning headers. */
  readonly warnings: readonly string[];
}

export interface Frame {
  readonly type: string;
  readonly object: unknown;
}

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

export const asTable = 'application/json;as=Table;g=meta.k8s.io;v=v1';
export const asMetadata = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
export const asMetadataList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

interface RequestParts {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
}

/** HTTP with an API server, as a client without any knowledge of Kubernetes. */
export class ContractClient {
  readonly #agent: http.Agent;

  constructor(private readonly cluster: ContractCluster) {
    const { ca } = cluster;
    const options = { keepAlive: true, maxSockets: 8 };
    this.#agent = this.#isTls
      ? new https.Agent({ ...options, ...(ca !== undefined && { ca }) })
      : new http.Agent(options);
  }

  close(): void {
    this.#agent.destroy();
  }

  get(path: string, accept?: string): Promise<Answer> {
    return this.request({ method: 'GET', path, ...(accept !== undefined && { accept }) });
  }

  post(path: string, body: unknown, contentType?: string): Promise<Answer> {
    return this.request({ method: 'POST', path, body, ...(contentType !== undefined && { contentType }) });
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.request({ method: 'PUT', path, body });
  }

  patch(path: string, type: keyof typeof patchTypes, body: unknown): Promise<Answer> {
    return this.request({ method: 'PATCH', path, body, contentType: patchTypes[type] });
  }

  delete(path: string, body?: unknown): Promise<Answer> {
    return this.request({ method: 'DELETE', path, ...(body !== undefined && { body }) });
  }

  async request(parts: RequestParts): Promise<Answer> {
    const response = await this.#send(parts);
    const content = await text(response);
    const warnings = (response.headersDistinct.warning ?? []).map(
      (header) => /^299 - "(.*)"$/s.exec(header)?.[1] ?? header,
    );
    return { status: response.statusCode ?? 0, body: parsed(content), warnings };
  }

  /**
   * Watches until the server ends it or `until` says that it has seen enough. The path holds resourceVersion and
   * timeoutSeconds; `onOpen` is called when the watch is open.
   */
  async watch(path: string, options: WatchOptions = {}): Promise<readonly Frame[]> {
    const separator = path.includes('?') ? '&' : '?';
    const accept = options.accept;
    const watchPath = `${path}${separator}watch=true`;
    const response = await this.#send({ method: 'GET', path: watchPath, ...(accept !== undefined && { accept }) });
    if (response.statusCode !== 200) throw new Error(`watch ${path}: ${await text(response)}`);
    // Failures show in the frames that are awaited below.
    const opened = options.onOpen?.();
    const frames: Frame[] = [];
    let pending = '';
    // A response without encoding gives Buffers, which its type does not say.
    for await (const chunk of response as AsyncIterable<Buffer>) {
      pending += chunk.toString('utf8');
      const lines = pending.split('\n');
      pending = lines.pop() ?? '';
      frames.push(...lines.map((line) => JSON.parse(line) as Frame));
      if (options.until?.(frames) === true) break;
    }
    response.destroy();
    await opened;
    return frames;
  }

  get #isTls(): boolean {
    return this.cluster.url.startsWith('https:');
  }

  #send({ method, path, body, contentType = 'application/json', accept }: RequestParts): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      const content = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
      const { token } = this.cluster;
      const headers = {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        'user-agent': 'contract/1.0',
        accept: accept ?? 'application/json',
        ...(content !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(content) }),
      };
      const request = (this.#isTls ? https : http).request(
        this.cluster.url + path,
        { method, headers, agent: this.#agent },
        resolve,
      );
      request.on('error', reject);
      request.end(content);
    });
  }
}

export interface WatchOptions {
  readonly accept?: string;
  readonly onOpen?: () => Promise<unknown>;
  readonly until?: (frames: readonly Frame[]) => boolean;
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}

/** The value at a path of parsed JSON: `items.0.metadata.name`. Undefined when there is none. */
export function at(value: unknown, path: string): unknown {
  let found = value;
  for (const step of path.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined;
    // Parse boundary: whatever JSON holds under a name.
    found = (found as Readonly<Record<string, unknown>>)[step];
  }
  return found;
}

export function textAt(value: unknown, path: string): string {
  const found = at(value, path);
  return typeof found === 'string' ? found : '';
}

export function listAt(value: unknown, path: string): readonly unknown[] {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
}
