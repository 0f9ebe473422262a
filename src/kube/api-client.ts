// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, ObjectKey } from '../api/kubernetes.js';
import type { Clock } from '../lib/clock.js';
import type { Random } from '../lib/random.js';
import { parseRetryAfterMs } from '../lib/retry-after.js';
import { describe, type ApiConnection, type HttpAnswer, type HttpRequest, type HttpStream } from './connection.js';
import { decodeObject, decodePage, type ObjectPage } from './decode.js';
import {
  badAnswer,
  errorOfAnswer,
  failedPatchTest,
  isExpired,
  isNotFound,
  MissingPreconditionError,
  NotLeadingError,
} from './errors.js';
import { isRecord, stringAt } from './json.js';
import type {
  DeleteOptions,
  JsonPatchOperation,
  KubeClient,
  ListOptions,
  MergePatch,
  PageOptions,
  PatchOptions,
  RequestOptions,
  WatchOptions,
} from './kube-client.js';
import { RateLimiter, type RateLimit } from './rate-limiter.js';
import { collectionPath, objectPath, type ResourceKind } from './resources.js';
import { defaultRetryPolicy, isRetriable, withRetry, type RetryDeps, type RetryPolicy } from './retry.js';
import { readFrames, type WatchFrame } from './watch-stream.js';

/** One request as it was sent, for metrics. */
export interface RequestRecord {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  /** The plural name of the kind. */
  readonly resource: string;
  /** HTTP status; 0 when there was no answer. */
  readonly code: number;
  /** Until the whole answer; of a watch, until its head. */
  readonly durationMs: number;
}

export interface KubeClientOptions {
  readonly connection: ApiConnection;
  readonly clock: Clock;
  readonly random: Random;
  readonly rateLimit: RateLimit;
  readonly retry?: RetryPolicy;
  /** Asked immediately before each write is sent, repetitions included; false refuses it. */
  readonly mayWrite?: () => boolean;
  /** Called after each request; must not throw. */
  readonly onRequest?: (record: RequestRecord) => void;
}

/** A client with a rate limit and a write guard of its own. Several may share one connection. */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  return new ApiClient(options);
}

const fieldManager = { fieldManager: 'flagger' };
const listPageSize = 500;
const metadataType = 'as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const metadataListType = 'as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** A request and what it is called in metrics. */
interface Call {
  readonly verb: RequestRecord['verb'];
  readonly resource: string;
  readonly request: HttpRequest;
}

class ApiClient implements KubeClient {
  readonly #options: KubeClientOptions;
  readonly #limiter: RateLimiter;

  constructor(options: KubeClientOptions) {
    this.#options = options;
    this.#limiter = new RateLimiter(options.rateLimit, options.clock);
  }

  async get<T extends KubeObject>(
    kind: ResourceKind<T>,
    key: ObjectKey,
    options: RequestOptions = {},
  ): Promise<T | undefined> {
    try {
      const request: HttpRequest = { method: 'GET', path: objectPath(kind, key), signal: options.signal };
      return await this.#object(kind, { verb: 'get', resource: kind.plural, request }, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(
    kind: ResourceKind<T>,
    namespace: string | undefined,
    options: ListOptions = {},
  ): Promise<readonly T[]> {
    // A page that fails, or a token that expired between two pages, starts the list again: pages of two lists do not match.
    const shouldRetry = (error: unknown): boolean => isRetriable(error) || isExpired(error);
    return withRetry(() => this.#listOnce(kind, namespace, options), { ...this.#retryDeps(options), shouldRetry });
  }

  async #listOnce<T extends KubeObject>(
    kind: ResourceKind<T>,
    namespace: string | undefined,
    options: ListOptions,
  ): Promise<readonly T[]> {
    const objects: T[] = [];
    let continueToken: string | undefined;
    do {
      const page = await this.listPage(kind, namespace, { ...options, limit: listPageSize, continueToken });
      objects.push(...page.objects);
      continueToken = page.continueToken;
    } while (continueToken !== undefined);
    return objects;
  }

  async listPage<T extends KubeObject>(
    kind: ResourceKind<T>,
    namespace: string | undefined,
    options: PageOptions,
  ): Promise<ObjectPage<T>> {
    const request: HttpRequest = {
      method: 'GET',
      path: collectionPath(kind, namespace),
      query: {
        limit: String(options.limit),
        continue: options.continueToken,
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
      },
      accept: options.metadataOnly === true ? `application/json;${metadataListType}` : 'application/json',
      signal: options.signal,
    };
    const answer = await this.#send({ verb: 'list', resource: kind.plural, request });
    const page = decodePage(kind, parseJson(answer.body));
    if (page === undefined) throw badAnswer(describe(request), 'something that is no list');
    return page;
  }

  async watch<T extends KubeObject>(
    kind: ResourceKind<T>,
    namespace: string | undefined,
    options: WatchOptions,
  ): Promise<AsyncGenerator<WatchFrame<T>>> {
    const request: HttpRequest = {
      method: 'GET',
      path: collectionPath(kind, namespace),
      query: {
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: options.resourceVersion,
        timeoutSeconds: String(options.timeoutSeconds),
      },
      accept: options.metadataOnly === true ? `application/json;${metadataType}` : 'application/json',
      signal: options.signal,
    };
    const answer = await this.#measured({ verb: 'watch', resource: kind.plural, request }, () =>
      this.#options.connection.stream(request),
    );
    if (answer.kind === 'answer') throw badAnswer(describe(request), `HTTP ${answer.status} instead of a watch`);
    return readFrames(kind, answer.chunks);
  }

  async create<T extends KubeObject>(kind: ResourceKind<T>, object: T, options: RequestOptions = {}): Promise<T> {
    const request: HttpRequest = {
      method: 'POST',
      path: collectionPath(kind, object.metadata.namespace ?? ''),
      query: fieldManager,
      body: object,
      signal: options.signal,
    };
    return this.#object(kind, { verb: 'create', resource: kind.plural, request }, options);
  }

  async replace<T extends KubeObject>(kind: ResourceKind<T>, object: T, options: RequestOptions = {}): Promise<T> {
    return this.#put(kind, object, '', options);
  }

  async replaceStatus<T extends KubeObject>(
    kind: ResourceKind<T>,
    object: T,
    options: RequestOptions = {},
  ): Promise<T> {
    return this.#put(kind, object, '/status', options);
  }

  async mergePatch<T extends KubeObject>(
    kind: ResourceKind<T>,
    key: ObjectKey,
    patch: MergePatch,
    options: PatchOptions = {},
  ): Promise<T> {
    const { resourceVersion } = options;
    const metadata = isRecord(patch.metadata) ? patch.metadata : {};
    const body = resourceVersion === undefined ? patch : { ...patch, metadata: { ...metadata, resourceVersion } };
    return this.#patch(kind, key, { contentType: 'application/merge-patch+json', body }, options);
  }

  async jsonPatch<T extends KubeObject>(
    kind: ResourceKind<T>,
    key: ObjectKey,
    operations: readonly JsonPatchOperation[],
    options: PatchOptions = {},
  ): Promise<T> {
    const { resourceVersion } = options;
    const path = '/metadata/resourceVersion';
    const precondition = resourceVersion === undefined ? [] : [{ op: 'replace', path, value: resourceVersion }];
    const body = [...precondition, ...operations];
    try {
      return await this.#patch(kind, key, { contentType: 'application/json-patch+json', body }, options);
    } catch (error) {
      const hasTest = operations.some((operation) => operation.op === 'test');
      throw (hasTest ? failedPatchTest(error, `PATCH ${objectPath(kind, key)}`) : undefined) ?? error;
    }
  }

  async delete(kind: ResourceKind, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    const { uid, resourceVersion } = options;
    const request: HttpRequest = {
      method: 'DELETE',
      path: objectPath(kind, key),
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: 'Background',
        preconditions: { uid, resourceVersion },
      },
      signal: options.signal,
    };
    try {
      await this.#retried({ verb: 'delete', resource: kind.plural, request }, options);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async serverVersion(options: RequestOptions = {}): Promise<string> {
    const request: HttpRequest = { method: 'GET', path: '/version', signal: options.signal };
    const answer = await this.#retried({ verb: 'get', resource: 'version', request }, options);
    const body = parseJson(answer.body);
    const version = isRecord(body) ? stringAt(body, 'gitVersion') : undefined;
    if (version === undefined) throw badAnswer(describe(request), 'something that is no version');
    return version;
  }

  async #put<T extends KubeObject>(
    kind: ResourceKind<T>,
    object: T,
    subresource: '' | '/status',
    options: RequestOptions,
  ): Promise<T> {
    const { name, namespace = '', resourceVersion = '' } = object.metadata;
    const request: HttpRequest = {
      method: 'PUT',
      path: objectPath(kind, { namespace, name }) + subresource,
      query: fieldManager,
      body: object,
      signal: options.signal,
    };
    // Without it the apiserver overwrites whatever is there.
    if (resourceVersion === '') throw new MissingPreconditionError(describe(request));
    return this.#object(kind, { verb: 'update', resource: kind.plural, request }, options);
  }

  async #patch<T extends KubeObject>(
    kind: ResourceKind<T>,
    key: ObjectKey,
    content: { readonly contentType: string; readonly body: unknown },
    options: RequestOptions,
  ): Promise<T> {
    const request: HttpRequest = {
      method: 'PATCH',
      path: objectPath(kind, key),
      query: fieldManager,
      ...content,
      signal: options.signal,
    };
    return this.#object(kind, { verb: 'patch', resource: kind.plural, request }, options);
  }

  async #object<T extends KubeObject>(kind: ResourceKind<T>, call: Call, options: RequestOptions): Promise<T> {
    const answer = await this.#retried(call, options);
    const object = decodeObject(kind, parseJson(answer.body));
    if (object === undefined) throw badAnswer(describe(call.request), 'something that is no object');
    return object;
  }

  #retried(call: Call, options: RequestOptions): Promise<HttpAnswer> {
    return withRetry(() => this.#send(call), this.#retryDeps(options));
  }

  #retryDeps(options: RequestOptions): RetryDeps {
    const { clock, random, retry = defaultRetryPolicy } = this.#options;
    const policy = options.attempts === undefined ? retry : { ...retry, attempts: options.attempts };
    return { policy, clock, random, signal: options.signal };
  }

  #send(call: Call): Promise<HttpAnswer> {
    const { request } = call;
    const beforeSend = (): void => {
      if (this.#options.mayWrite?.() === false) throw new NotLeadingError(describe(request));
    };
    const guarded = request.method === 'GET' ? request : { ...request, beforeSend };
    return this.#measured(call, () => this.#options.connection.send(guarded));
  }

  /** Sends one request within the rate limit and throws what its status means. */
  async #measured<A extends HttpAnswer | HttpStream>(call: Call, send: () => Promise<A>): Promise<A> {
    const { clock, onRequest } = this.#options;
    const { request, verb, resource } = call;
    await this.#limiter.acquire(request.signal);
    request.signal?.throwIfAborted();
    const startedMs = clock.monotonicMs();
    let code = 0;
    try {
      const answer = await send();
      code = answer.kind === 'answer' ? answer.status : 200;
      if (answer.kind === 'answer' && (code < 200 || code > 299)) {
        const retryAfterMs = parseRetryAfterMs(answer.retryAfter, clock);
        throw errorOfAnswer({ ...answer, request: describe(request), retryAfterMs });
      }
      return answer;
    } finally {
      onRequest?.({ verb, resource, code, durationMs: clock.monotonicMs() - startedMs });
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller reports what it got instead of what it expected.
    return undefined;
  }
}
